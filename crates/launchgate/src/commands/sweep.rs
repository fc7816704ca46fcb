//! `launchgate sweep`: removes what a killed run left behind.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use gate_exchange::{Actor, Client, Options, Outgoing, Purpose, Request, Target as _};
use gate_model::{IdentityName, SharedRedactor, Verdict};
use gate_objects::{Journal, JournalEntry};
use gate_plan::Draft;
use gate_spec::{Method, RequestTemplate, Spec};

use super::WORK_FOLDER;
use super::passwords;
use super::unfinished::{self, Unfinished};
use super::users;
use crate::cli::SweepArgs;
use crate::load::{self, LoadError};
use crate::output;

/// Removes what the journals of earlier runs against this plan's target still owe.
pub(super) async fn sweep(args: &SweepArgs) -> Result<u8, LoadError> {
    let journals = Journal::list(Path::new(WORK_FOLDER)).context("failed to look for journals")?;
    if journals.is_empty() {
        output::print("nothing to sweep: no run left a journal here\n");
        return Ok(0);
    }
    let (plan, draft) = load::draft(&args.plan)?;
    let spec = Arc::new(whole(draft, &plan).await);
    let client = Client::new(
        Arc::clone(&spec),
        Options::from(&spec.settings.limits),
        SharedRedactor::default(),
    )
    .map_err(|error| LoadError::Unreadable(error.into()))?;
    let mut stayed = 0;
    for path in journals {
        let gate_objects::Read { run, owed, gone } = Journal::read(&path).context("failed to read a journal")?;
        let target = match &run {
            Some(JournalEntry::Run { target, .. }) => target.as_str(),
            _ => "",
        };
        if target != spec.target.url {
            output::complain(&format!(
                "{}: is about {target}, not about {}; left alone",
                path.display(),
                spec.target.url
            ));
            stayed += 1;
            continue;
        }
        let mut left = 0;
        let mut passwords = Passwords::default();
        for entry in &owed {
            if let JournalEntry::Password { owner, .. } = entry {
                passwords.note(owner, passwords::set_back(&client, &spec, entry, args.dry_run).await);
                continue;
            }
            let unfinished = match entry {
                JournalEntry::Intent { .. } => match unfinished::find(&client, &spec, entry, &owed, &gone).await {
                    Ok(Unfinished::Nothing(line)) => {
                        output::print(&format!("{line}\n"));
                        continue;
                    }
                    Ok(Unfinished::Object(created)) => Some(created),
                    Err(line) => {
                        output::complain(&line);
                        left += 1;
                        continue;
                    }
                },
                _ => None,
            };
            let came = match entry {
                JournalEntry::Action { .. } => told(users::take_back(&client, &spec, entry, args.dry_run).await),
                JournalEntry::ApiKey { .. } => told(users::revoke_key(&client, &spec, entry, args.dry_run).await),
                _ => remove(&client, &spec, unfinished.as_ref().unwrap_or(entry), args.dry_run).await,
            };
            match came {
                Ok(line) => output::print(&format!("{line}\n")),
                Err(line) => {
                    output::complain(&line);
                    left += 1;
                }
            }
        }
        left += passwords.tell();
        if left == 0 && !args.dry_run {
            std::fs::remove_file(&path).with_context(|| format!("failed to remove {}", path.display()))?;
        }
        stayed += left;
    }
    // Only an empty folder goes.
    let _ = std::fs::remove_dir(WORK_FOLDER);
    Ok(if stayed == 0 { 0 } else { Verdict::Undecided.exit_code() })
}

/// What became of the notes about passwords: one that helps is enough for an identity.
#[derive(Default)]
struct Passwords {
    notes: Vec<(String, Result<String, String>)>,
}

impl Passwords {
    fn note(&mut self, owner: &str, came: Result<String, String>) {
        match self.notes.iter_mut().find(|(known, _)| known == owner) {
            Some((_, known)) if known.is_ok() => {}
            Some((_, known)) => *known = came,
            None => self.notes.push((owner.to_owned(), came)),
        }
    }

    /// Prints them; how many identities are still without their password.
    fn tell(&self) -> usize {
        let mut left = 0;
        for (_, came) in &self.notes {
            match came {
                Ok(line) => output::print(&format!("{}\n", visible(line))),
                Err(line) => {
                    output::complain(&visible(line));
                    left += 1;
                }
            }
        }
        left
    }
}

/// The plan with its document, which may hold the login and the lists; where it cannot be had, what the plan says alone.
async fn whole(draft: Draft, plan: &Path) -> Spec {
    let outline = draft.outline();
    let folder = plan.parent().unwrap_or(Path::new("."));
    let options = Options::from(&outline.settings.limits);
    match load::finish(draft, folder, options, &SharedRedactor::default()).await {
        Ok(spec) => spec,
        Err(error) => {
            output::complain(&format!("warning: going on without the OpenAPI document: {error}"));
            outline
        }
    }
}

async fn remove(client: &Client, spec: &Spec, entry: &JournalEntry, dry_run: bool) -> Result<String, String> {
    let (owner, method, path) = match entry {
        JournalEntry::Created {
            owner,
            delete: Some((method, path)),
            ..
        } => (owner, method, path),
        JournalEntry::Undo {
            owner,
            request: (method, path),
            ..
        } => (owner, method, path),
        JournalEntry::Created {
            owner,
            path,
            resource,
            delete: None,
            ..
        } => {
            return Err(format!(
                "{resource} {path} of {owner}: the plan knows no operation that removes it"
            ));
        }
        JournalEntry::Run { .. }
        | JournalEntry::Intent { .. }
        | JournalEntry::Password { .. }
        | JournalEntry::Action { .. }
        | JournalEntry::ApiKey { .. }
        | JournalEntry::Gone { .. } => return Ok(String::new()),
    };
    let owner = IdentityName::new(owner);
    let what = visible(&format!("{method} {path} as {owner}"));
    if !spec.identities.contains_key(&owner) {
        return Err(format!("{what}: the plan no longer knows this identity"));
    }
    let method: Method = method.parse().map_err(|()| format!("{what}: not a method"))?;
    // A journal is a file that anybody may have written: only what the plan itself would send is sent.
    if !is_planned(spec, entry, method, path) {
        return Err(format!("{what}: the plan has no such removal; left alone"));
    }
    if dry_run {
        return Ok(format!("would send {what}"));
    }
    let outgoing = Outgoing::new(
        &Actor::identity(&owner),
        Purpose::Cleanup,
        Request::new(method, path.clone()),
    );
    match client.send(outgoing).await {
        Ok(exchange) if exchange.is_success() || matches!(exchange.status, 404 | 410) => {
            Ok(format!("{what}: gone ({})", exchange.status))
        }
        Ok(exchange) => Err(format!("{what}: answered {}", exchange.status)),
        Err(reason) => Err(format!("{what}: {}", reason.detail)),
    }
}

/// Whether the plan removes objects of this kind, or undoes a step of its setup, with such a request.
fn is_planned(spec: &Spec, entry: &JournalEntry, method: Method, path: &str) -> bool {
    let fits = |request: &RequestTemplate| request.method == method && fits_template(&request.path.to_string(), path);
    match entry {
        JournalEntry::Created { resource, .. } => spec
            .resources
            .get(resource.as_str())
            .and_then(|resource| resource.delete.as_ref())
            .is_some_and(|call| fits(&call.request)),
        JournalEntry::Undo { .. } => spec
            .settings
            .setup
            .iter()
            .filter_map(|step| step.undo.as_ref())
            .any(fits),
        JournalEntry::Run { .. }
        | JournalEntry::Intent { .. }
        | JournalEntry::Password { .. }
        | JournalEntry::Action { .. }
        | JournalEntry::ApiKey { .. }
        | JournalEntry::Gone { .. } => false,
    }
}

/// Whether a path is a filled template: the same segments, and one plain value for each placeholder.
pub(super) fn fits_template(template: &str, path: &str) -> bool {
    let plain = |value: &str| {
        // Some servers decode a slash before they look for dots.
        let decoded = value
            .to_ascii_lowercase()
            .replace("%2e", ".")
            .replace("%2f", "/")
            .replace("%5c", "/");
        !value.is_empty()
            && !decoded.split('/').any(|part| part == "." || part == "..")
            && !value.contains(['\\', '?', '#'])
            && !value.contains(char::is_control)
    };
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted
            .iter()
            .zip(given)
            .all(|(wanted, given)| match (wanted.find("{{"), wanted.rfind("}}")) {
                (Some(open), Some(close)) => given
                    .strip_prefix(&wanted[..open])
                    .and_then(|rest| rest.strip_suffix(&wanted[close + 2..]))
                    .is_some_and(plain),
                _ => *wanted == given,
            })
}

/// What came of a note, fit for a terminal.
fn told(came: Result<String, String>) -> Result<String, String> {
    came.map(|line| visible(&line)).map_err(|line| visible(&line))
}

/// A text of a foreign file, fit for a terminal.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_filled_template_is_sent() {
        assert!(fits_template("/projects/{{projectId}}", "/projects/7d44-4840"));
        assert!(fits_template("/a/{{x}}/b/{{y}}", "/a/1/b/2"));
        assert!(fits_template("/files/{{path}}", "/files/a%2Fb..c"));
        for forged in [
            "/projects",
            "/projects/",
            "/projects/..",
            "/projects/%2e%2E",
            "/projects/..%2Fadmin",
            "/projects/x%2f%2e%2e%5Cadmin",
            "/projects/1/2",
            "/admin/1",
            "/projects/1?all=1",
            "/projects/a\\b",
        ] {
            assert!(!fits_template("/projects/{{projectId}}", forged), "{forged}");
        }
        assert_eq!(visible("a\u{1b}[2J"), "a\\u{1b}[2J");
    }
}
