//! Looks for the addresses of the plan's users in answers to strangers, and for lists of addresses in answers to nobody in particular.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use gate_check::{Ctx, FindingText, Judgement, Verdict, Watched, Watcher};
use gate_exchange::{Exchange, Observer, Presented, Purpose};
use gate_model::{Case, CheckPage, Finding, Fingerprint, IdentityName, OperationId, Severity};
use gate_spec::Spec;

use crate::answers::{Looked, illustrates, texts};
use crate::sensitive_fields::squashed;
use crate::users::Users;

/// Findings that are kept.
const MAX_HITS: usize = 20;
/// So many addresses in a list are those of users; a single one may be that of a service.
const A_LIST: usize = 2;

pub(super) struct ContactWatch {
    text: FindingText,
    spec: Arc<Spec>,
    case: Case,
    users: Users,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    looked: Looked,
    /// Answers in which it would have been a finding.
    foreign: u64,
    /// Who tried to write to what is another's: the history of it may rightly name him.
    wrote: HashSet<IdentityName>,
    hits: Vec<Hit>,
}

struct Hit {
    operation: OperationId,
    path: String,
    /// Whose address it is, where the plan knows.
    owner: Option<IdentityName>,
    exchange: Exchange,
}

impl ContactWatch {
    pub(super) fn new(page: &Arc<CheckPage>, spec: &Arc<Spec>, case: Case) -> Self {
        Self {
            text: FindingText {
                page: Arc::clone(page),
                verb: "see the address of",
            },
            users: Users::of(spec),
            spec: Arc::clone(spec),
            case,
            seen: Mutex::default(),
        }
    }

    /// Whether the plan lets the reader see everybody's objects with this operation.
    fn is_granted(&self, operation: &OperationId, reader: Option<&IdentityName>) -> bool {
        let identity = reader.and_then(|name| self.spec.identities.get(name));
        match (identity, self.spec.operations.get(operation)) {
            (Some(identity), Some(operation)) => {
                operation.public.is_none() && self.spec.open_to_other_tenants(identity, operation)
            }
            _ => false,
        }
    }

    /// The first address that the reader has no business with.
    fn found(&self, exchange: &Exchange, operation: &OperationId, wrote: &HashSet<IdentityName>) -> Option<Hit> {
        let sent = &exchange.sent;
        let reader = sent.actor.identity.as_ref();
        let json = exchange.json()?;
        let body = String::from_utf8_lossy(sent.request.body_bytes()).to_lowercase();
        let path_sent = sent.request.path.to_lowercase();
        let mut found: Option<(String, Option<IdentityName>)> = None;
        let (mut listed, mut listed_at): (HashSet<&str>, Option<String>) = (HashSet::new(), None);
        texts(&json, |path, name, text| {
            if found.is_some() || illustrates(path) {
                return;
            }
            let contact = self.users.contact(text, reader);
            if let Some(owner) = contact.filter(|owner| reader.is_none() || !wrote.contains(*owner)) {
                let lower = text.trim().to_lowercase();
                let echoed = body.contains(&lower)
                    || path_sent.contains(&lower)
                    || path_sent.contains(&lower.replace('@', "%40"));
                if !echoed {
                    found = Some((path.to_owned(), Some(owner.clone())));
                }
            } else if reader.is_none() && path.contains("[]") && is_address(name, text) {
                listed.insert(text);
                listed_at.get_or_insert_with(|| path.to_owned());
            }
        });
        if found.is_none() && listed.len() >= A_LIST {
            found = listed_at.map(|path| (path, None));
        }
        let (path, owner) = found?;
        let accepted = self.spec.settings.sensitive_fields.accepted(operation.as_str(), &path);
        accepted.is_none().then(|| Hit {
            operation: operation.clone(),
            path,
            owner,
            exchange: exchange.clone(),
        })
    }
}

/// Whether a field holds the e-mail address of a person.
fn is_address(name: &str, text: &str) -> bool {
    let named = matches!(
        squashed(name).as_str(),
        "email" | "emailaddress" | "mail" | "useremail" | "contactemail" | "owneremail" | "privateemail"
    );
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    named && !local.is_empty() && host.contains('.') && !text.contains(char::is_whitespace) && !text.contains("***")
}

impl Observer for ContactWatch {
    fn see(&self, exchange: &Exchange) {
        let sent = &exchange.sent;
        // Altered credentials that are taken are somebody's, and that they are is another check's finding.
        if sent.purpose == Purpose::Sample || matches!(sent.actor.presented, Presented::Altered(_)) {
            return;
        }
        let reader = sent.actor.identity.as_ref();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.looked.take(&self.spec, exchange);
        if sent.purpose == Purpose::Probe {
            if let Some(name) = reader.filter(|_| sent.about.is_some() && !sent.request.method.is_safe()) {
                seen.wrote.insert(name.clone());
            }
            // What a probe is shown is judged by the probe's own check.
            return;
        }
        let foreign = reader.is_none_or(|name| self.users.has_strangers(name));
        let hit = sent
            .operation
            .as_ref()
            .filter(|operation| exchange.is_success() && foreign && !self.is_granted(operation, reader))
            .map(|operation| self.found(exchange, operation, &seen.wrote));
        let Some(hit) = hit else { return };
        seen.foreign += 1;
        if let Some(hit) = hit {
            let known = seen.hits.iter().any(|known| {
                known.operation == hit.operation
                    && known.exchange.sent.actor.is_anonymous() == hit.exchange.sent.actor.is_anonymous()
            });
            if !known && seen.hits.len() < MAX_HITS {
                seen.hits.push(hit);
            }
        }
    }
}

impl Watcher for ContactWatch {
    fn conclude(&self, ctx: &Ctx<'_>) -> Vec<Verdict> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let judgement = if !seen.hits.is_empty() {
            Judgement::Violated(seen.hits.iter().map(|hit| self.finding(ctx, hit)).collect())
        } else if let Some(gap) = seen.looked.gap(&self.spec) {
            return vec![gap.verdict(&self.case)];
        } else {
            Judgement::Holds(format!(
                "none of {} answers to strangers held the address of a user of another tenant, or a list of addresses for nobody in particular",
                seen.foreign
            ))
        };
        let watched = Watched {
            owner_saw: seen.looked.operations() > 0,
            foreign_exchanges: seen.foreign,
        };
        vec![watched.close(&self.case, judgement)]
    }
}

impl ContactWatch {
    fn finding(&self, ctx: &Ctx<'_>, hit: &Hit) -> Finding {
        let actor = &hit.exchange.sent.actor;
        let name = hit.path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
        let proof = format!("\"{name}\"");
        let evidence = vec![ctx.target.evidence("answer to a stranger", &hit.exchange, Some(&proof))];
        let whose = match &hit.owner {
            Some(owner) => format!("the address of {owner}"),
            None => "a list of e-mail addresses".to_owned(),
        };
        let detail = format!(
            "the answer to {actor}'s {} holds {whose} in {}. Where it may: checks: {{ sensitive_fields: {{ accept: [{{ field: {:?}, operation: \"{}\", \
             reason: \"say here why it may be shown\" }}] }} }}",
            hit.operation, hit.path, hit.path, hit.operation
        );
        let what = format!(
            "{} in the answer to {}",
            hit.owner.as_ref().map_or("others", |owner| owner.as_str()),
            hit.operation
        );
        let mut finding = self
            .text
            .finding(&self.case, actor, hit.owner.as_ref(), &what, detail, evidence);
        finding.operation = Some(hit.operation.clone());
        finding.severity = if self.spec.settings.sensitive_fields.contact_fails {
            Severity::Medium
        } else {
            Severity::Note
        };
        finding.root_cause = format!("{} {}", self.case.check, hit.operation);
        finding.fingerprint = Fingerprint::of(&[self.case.check.as_str(), hit.operation.as_str(), &hit.path]);
        finding
    }
}
