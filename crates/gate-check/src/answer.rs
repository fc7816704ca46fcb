//! Reads a response as served, denied or neither.
//!
//! 401, 403 and 404 are denials (RFC 9110 sections 15.5.2, 15.5.4, 15.5.5); so is what the plan names. 400 is one only
//! where the credential is the one thing that differs from a request that was served. 405, 409, 415, 422, 429, 5xx and
//! everything else is neither: a server that answers them to everybody would otherwise look sound.

use std::time::SystemTime;

use gate_exchange::{Exchange, LimiterFields};
use gate_model::{Cause, Undecided};
use gate_spec::Denial;
use serde_json::Value;
use serde_json_path::JsonPath;

/// A response, read.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The caller was given what he may not have; the text says what shows it.
    Served(String),
    /// A write was answered with success; whether it had an effect is seen by reading back.
    Accepted(String),
    /// Refused.
    Denied(String),
    /// Refused in a way (400, 404) that counts only where the same request with good credentials was served.
    DeniedIfServed(String),
    /// Refused for another reason than the credentials, perhaps: whether he came past the guard shows beside what others were
    /// answered.
    PastGuard(Undecided),
    /// Neither served nor denied.
    Neither(Undecided),
}

/// How strictly a refusal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Only 401, 403, 404 and what the plan names.
    Ordinary,
    /// 400 too: the same request was served with good credentials before and after.
    Credential,
    /// 400, 410 and 422 too: the credential is a field of the body, and is refused as a value that is not valid (any more). The
    /// same request with a good one was served.
    Field,
    /// A value in the body is what is refused, by any 4xx that speaks of the request's content: the same request with another
    /// value was served to the same caller. 405, 408, 411, 415, 425, 426, 428, 429 and 431 do not speak of it.
    Value,
    /// Like [`Refusal::Ordinary`], of somebody whom the plan grants the operation to: a refusal is the defect, a service is
    /// what has to be.
    Wrong,
}

/// The text of a denial, where the response is one.
pub(crate) fn denied(denial: &Denial, refusal: Refusal, exchange: &Exchange) -> Option<String> {
    let status = exchange.status;
    if is_unreadable(exchange) {
        return None;
    }
    let more = match refusal {
        Refusal::Ordinary | Refusal::Wrong => false,
        Refusal::Credential => status == 400,
        Refusal::Field => matches!(status, 400 | 410 | 422),
        Refusal::Value => {
            (400..500).contains(&status) && !matches!(status, 405 | 408 | 411 | 415 | 425 | 426 | 428 | 429 | 431)
        }
    };
    if matches!(status, 401 | 403 | 404) || more {
        return Some(format!("answered {status}"));
    }
    if denial.statuses.iter().any(|matches| matches.matches(status)) {
        return Some(format!("answered {status}, which the plan calls a denial"));
    }
    if (300..400).contains(&status)
        && let Some(location) = exchange.header("location")
        && denial.redirects.iter().any(|redirect| leads_to(location, redirect))
    {
        return Some(format!(
            "redirected to {}, which the plan calls a denial",
            path_of(location)
        ));
    }
    if exchange.is_success() && is_envelope(denial, exchange) {
        return Some(format!(
            "answered {status} with the envelope that the plan calls a denial"
        ));
    }
    None
}

/// Why a response is neither, with the plan line that would settle it.
pub(crate) fn neither(who: &str, what: &str, exchange: &Exchange) -> Undecided {
    let status = exchange.status;
    if is_unreadable(exchange) {
        return Undecided::new(
            Cause::NeitherAnswer,
            format!("{who} was answered {status} with a body that could not be read whole"),
        )
        .settled_by("limits: { max_body: 32MB }");
    }
    match status {
        429 => Undecided::new(
            Cause::Throttled,
            format!("{who} was throttled (429){}", limiter(exchange)),
        )
        .settled_by("limits: { pace: 5/s }   # or a limit that the run fits under"),
        300..=399 => Undecided::new(
            Cause::NeitherAnswer,
            format!(
                "{who} was redirected ({status}) to {}",
                exchange.header("location").map_or("nowhere", path_of)
            ),
        )
        .settled_by(format!(
            "denied: {{ redirect: \"{}\" }}",
            exchange.header("location").map_or("/login", path_of)
        )),
        200..=299 => Undecided::new(Cause::NeitherAnswer, format!("{who} was answered {status} {what}"))
            .settled_by("denied: { json: { $.error: \"*\" } }   # if this answer is a refusal"),
        _ => Undecided::new(
            Cause::NeitherAnswer,
            format!("{who} was answered {status}, which is neither served nor denied"),
        )
        .settled_by(format!(
            "denied: {{ status: [{status}] }}   # only if this status is a refusal"
        )),
    }
}

/// Which limiter stood in the way, as far as the answer tells: the same words for every request that it refuses.
fn limiter(exchange: &Exchange) -> String {
    LimiterFields::read(&exchange.headers, SystemTime::now())
        .name()
        .map(|name| format!(" by {name}"))
        .unwrap_or_default()
}

/// Whether an answer was cut at the bound or is in an encoding that is not read: what it holds is not known.
pub(crate) fn is_unreadable(exchange: &Exchange) -> bool {
    let known = |value: &str| {
        matches!(
            value.trim().to_ascii_lowercase().as_str(),
            "" | "identity" | "gzip" | "x-gzip" | "deflate" | "br"
        )
    };
    exchange.truncated
        || exchange
            .header("content-encoding")
            .is_some_and(|value| !value.split(',').all(known))
}

fn is_envelope(denial: &Denial, exchange: &Exchange) -> bool {
    if denial.envelope.is_empty() {
        return false;
    }
    let Some(json) = exchange.json() else { return false };
    denial.envelope.iter().any(|(path, wanted)| {
        JsonPath::parse(path).is_ok_and(|path| {
            path.query(&json).iter().any(|found| match wanted {
                Value::String(any) if any == "*" => !found.is_null(),
                wanted => *found == wanted,
            })
        })
    })
}

/// The path of a `Location`: hosts and queries vary between runs.
fn path_of(location: &str) -> &str {
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => location,
    };
    path.split(['?', '#']).next().unwrap_or_default()
}

fn leads_to(location: &str, wanted: &str) -> bool {
    let (subject, wanted) = if wanted.contains("://") {
        (location, wanted)
    } else {
        (path_of(location), path_of(wanted))
    };
    subject
        .strip_prefix(wanted.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}
