//! Looks at every answer for what nobody may be shown.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use gate_check::{Ctx, FindingText, Judgement, Verdict, Watched, Watcher};
use gate_exchange::{Exchange, Observer, Presented, Purpose};
use gate_model::{Case, CheckPage, Evidence, Finding, Fingerprint, IdentityName, OperationId};
use gate_spec::{Effect, Spec};

use super::forms::formed;
use super::names::{Kind, is_masked, named, squashed};
use crate::answers::{Looked, illustrates, texts};
use crate::users::Users;

/// Findings that are kept.
const MAX_HITS: usize = 40;
/// Readers that a finding names.
const MAX_READERS: usize = 8;
/// Where a value stands that is in no field.
pub(super) const BODY: &str = "(body)";

pub(super) struct FieldWatch {
    text: FindingText,
    spec: Arc<Spec>,
    case: Case,
    users: Users,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    looked: Looked,
    hits: Vec<Hit>,
}

/// A value that nobody may be shown.
struct Hit {
    what: What,
    /// Who was shown it.
    readers: BTreeSet<String>,
    exchange: Exchange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct What {
    /// `METHOD /path`.
    operation: String,
    /// The names of the fields, with `[]` for a list.
    path: String,
    name: String,
    words: &'static str,
    value: String,
}

impl FieldWatch {
    pub(super) fn new(page: &Arc<CheckPage>, spec: &Arc<Spec>, case: Case) -> Self {
        Self {
            text: FindingText {
                page: Arc::clone(page),
                verb: "see",
            },
            users: Users::of(spec),
            spec: Arc::clone(spec),
            case,
            seen: Mutex::default(),
        }
    }

    /// What an answer holds.
    fn found(&self, exchange: &Exchange) -> Vec<What> {
        let counts = Counts::of(&self.spec, exchange);
        let sent = &exchange.sent;
        let operation = operation_of(exchange);
        let body = String::from_utf8_lossy(sent.request.body_bytes());
        let echoed = |value: &str| body.contains(value) || sent.request.path.contains(value);
        let mut found: Vec<What> = Vec::new();
        let mut keep = |path: &str, name: &str, words: &'static str, value: &str| {
            let known = found.iter().any(|what| what.path == path && what.words == words);
            if !known && found.len() < MAX_HITS && !echoed(value) {
                found.push(What {
                    operation: operation.clone(),
                    path: path.to_owned(),
                    name: name.to_owned(),
                    words,
                    value: value.to_owned(),
                });
            }
        };
        let Some(json) = exchange.json() else {
            if !is_page_for_everybody(&self.spec, exchange)
                && let Some((words, value)) = formed(&exchange.text())
            {
                keep(BODY, "", words, value);
            }
            return found;
        };
        texts(&json, |path, name, text| {
            if let Some((words, value)) = formed(text) {
                keep(path, name, words, value);
            } else if let Some(words) = self.users.credential(text, reader(exchange)).filter(|_| counts.known) {
                keep(path, name, words, text);
            } else if let Some((kind, words)) = self.by_name(name, text)
                && counts.by(kind)
                && !illustrates(path)
            {
                keep(path, name, words, text);
            }
        });
        found
    }

    fn by_name(&self, name: &str, text: &str) -> Option<(Kind, &'static str)> {
        let forbidden = &self.spec.settings.sensitive_fields.forbidden;
        if !forbidden.is_empty() && !text.trim().is_empty() && !is_masked(text) {
            let name = squashed(name);
            if forbidden.iter().any(|field| squashed(field) == name) {
                return Some((Kind::Stored, "what the plan says that nobody may see"));
            }
        }
        named(name, text)
    }

    fn look(&self, exchange: &Exchange) {
        let found = if exchange.body.is_empty() {
            Vec::new()
        } else {
            self.found(exchange)
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.looked.take(&self.spec, exchange);
        for what in found {
            seen.keep(what, exchange);
        }
    }
}

/// What counts in an answer.
#[derive(Clone, Copy)]
struct Counts {
    /// What users log in with.
    known: bool,
    /// What a password is stored as, by its name.
    stored: bool,
    /// Secrets and keys, by their names.
    named: bool,
}

impl Counts {
    fn of(spec: &Spec, exchange: &Exchange) -> Self {
        let sent = &exchange.sent;
        let known = sent.operation.as_ref().and_then(|id| spec.operations.get(id));
        let issues = sent.purpose == Purpose::Login
            || known.is_some_and(|operation| {
                operation.effect == Effect::IssuesCredentials || names_a_session(operation.id.path())
            });
        let stored = exchange.is_success() && (known.is_some() || sent.purpose == Purpose::Login);
        Self {
            known: !issues,
            stored,
            // A write may show once what it made, and whoever asks for his session is given it.
            named: stored && !issues && sent.request.method.is_safe(),
        }
    }

    fn by(self, kind: Kind) -> bool {
        match kind {
            Kind::Stored => self.stored,
            Kind::Secret | Kind::Key => self.named,
        }
    }
}

/// Whether a path is where a caller gets what stands for him: `/auth/session`, `/oauth/token`.
fn names_a_session(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    matches!(
        squashed(last).as_str(),
        "session" | "token" | "refresh" | "login" | "signin" | "authorize" | "callback" | "csrf"
    )
}

/// Whether an answer is a page that anybody may read, such as a documentation with examples.
fn is_page_for_everybody(spec: &Spec, exchange: &Exchange) -> bool {
    let operation = exchange.sent.operation.as_ref();
    let public = operation
        .and_then(|id| spec.operations.get(id))
        .is_none_or(|operation| operation.public.is_some());
    let media = exchange.header("content-type").unwrap_or_default();
    public && (media.starts_with("text/html") || media.contains("javascript"))
}

/// Whose credentials were presented, altered or not.
fn reader(exchange: &Exchange) -> Option<&IdentityName> {
    match &exchange.sent.actor.presented {
        Presented::Altered(altered) => Some(&altered.of),
        _ => exchange.sent.actor.identity.as_ref(),
    }
}

fn operation_of(exchange: &Exchange) -> String {
    let sent = &exchange.sent;
    let path = || sent.request.path.split('?').next().unwrap_or_default();
    let known = sent.operation.as_ref().map(ToString::to_string);
    known.unwrap_or_else(|| format!("{} {}", sent.request.method, path()))
}

impl Seen {
    fn keep(&mut self, what: What, exchange: &Exchange) {
        let reader = exchange.sent.actor.to_string();
        let known = self.hits.iter_mut().find(|hit| {
            (&hit.what.operation, &hit.what.path, hit.what.words) == (&what.operation, &what.path, what.words)
        });
        if let Some(hit) = known {
            if hit.readers.len() < MAX_READERS {
                hit.readers.insert(reader);
            }
        } else if self.hits.len() < MAX_HITS {
            self.hits.push(Hit {
                what,
                readers: [reader].into(),
                exchange: exchange.clone(),
            });
        }
    }
}

impl Observer for FieldWatch {
    fn see(&self, exchange: &Exchange) {
        // Each sample is what was looked at before, and what takes time is measured.
        if exchange.sent.purpose != Purpose::Sample {
            self.look(exchange);
        }
    }

    fn see_login(&self, exchange: &Exchange) {
        self.look(exchange);
    }
}

impl Watcher for FieldWatch {
    fn conclude(&self, ctx: &Ctx<'_>) -> Vec<Verdict> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = &self.spec.settings.sensitive_fields;
        let (accepted, hits): (Vec<&Hit>, Vec<&Hit>) = seen
            .hits
            .iter()
            .partition(|hit| rules.accepted(&hit.what.operation, &hit.what.path).is_some());
        let judgement = if !hits.is_empty() {
            for hit in &seen.hits {
                ctx.target.keep_secret(&hit.what.value);
            }
            Judgement::Violated(hits.iter().map(|hit| self.finding(ctx, hit)).collect())
        } else if let Some(gap) = seen.looked.gap(&self.spec) {
            return vec![gap.verdict(&self.case)];
        } else {
            let except: Vec<String> = accepted
                .iter()
                .filter_map(|hit| {
                    let rule = rules.accepted(&hit.what.operation, &hit.what.path)?;
                    Some(format!("{} of {} ({})", hit.what.path, hit.what.operation, rule.reason))
                })
                .collect();
            let except = match except.as_slice() {
                [] => String::new(),
                some => format!("; the plan accepts {}", some.join(", ")),
            };
            Judgement::Holds(format!(
                "{} answers were looked at, {} operations showed objects, and none held a stored password or a key{except}",
                seen.looked.answers,
                seen.looked.operations()
            ))
        };
        let watched = Watched {
            owner_saw: seen.looked.operations() > 0,
            foreign_exchanges: seen.looked.answers,
        };
        vec![watched.close(&self.case, judgement)]
    }
}

impl FieldWatch {
    fn finding(&self, ctx: &Ctx<'_>, hit: &Hit) -> Finding {
        let (exchange, what) = (&hit.exchange, &hit.what);
        let actor = &exchange.sent.actor;
        let proof = (!what.name.is_empty()).then(|| format!("\"{}\"", what.name));
        let mut evidence = ctx.target.evidence("answer", exchange, proof.as_deref());
        hide(&mut evidence, &self.found(exchange));
        let readers: Vec<&str> = hit.readers.iter().map(String::as_str).collect();
        let accept = format!(
            "checks: {{ sensitive_fields: {{ accept: [{{ field: {}, operation: \"{}\", reason: \"say here why it may be shown\" }}] }} }}",
            quoted(&what.path),
            what.operation
        );
        let detail = format!(
            "the answer to {} holds {} in {}, of {} characters; it was shown to {}. Where it may be: {accept}",
            what.operation,
            what.words,
            what.path,
            what.value.chars().count(),
            readers.join(", ")
        );
        let words = format!("{} in the answer to {}", what.words, what.operation);
        let mut finding = self
            .text
            .finding(&self.case, actor, None, &words, detail, vec![evidence]);
        finding.operation = exchange
            .sent
            .operation
            .clone()
            .or(Some(OperationId::new(&what.operation)));
        finding.root_cause = format!(
            "{} {}",
            self.case.check,
            if what.name.is_empty() {
                &what.operation
            } else {
                &what.name
            }
        );
        finding.fingerprint = Fingerprint::of(&[self.case.check.as_str(), &what.operation, &what.path]);
        finding
    }
}

/// A path as a YAML scalar.
fn quoted(path: &str) -> String {
    format!("{path:?}")
}

/// Takes every such value of an answer out of what a report shows of it, also where it was cut.
fn hide(evidence: &mut Evidence, found: &[What]) {
    const HIDDEN: &str = "[hidden]";
    for What { value, .. } in found {
        let escaped = value.replace('/', "\\/");
        evidence.body = evidence.body.replace(value.as_str(), HIDDEN).replace(&escaped, HIDDEN);
        // An excerpt may end in the middle of a value.
        let head: String = value.chars().take(8).collect();
        if let Some(at) = evidence.body.rfind(&head).filter(|_| !head.is_empty()) {
            evidence.body.truncate(at);
            evidence.body.push_str(HIDDEN);
        }
    }
}
