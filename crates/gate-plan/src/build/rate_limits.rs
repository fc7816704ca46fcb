//! The limits that the plan declares, and how far the checks go to prove them.

use std::time::Duration;

use gate_model::{IdentityName, OperationId};
use gate_spec::{Counts, Effect, LimitKey, LimitProbe, LimitRefusal, Operation, RateLimit, WhileLocked};
use gate_yaml::join;
use indexmap::IndexMap;

use super::access;
use super::cx::Cx;
use super::values::{duration, equals, statuses, wait};
use crate::derive::Routes;
use crate::raw;
use crate::raw::{Count, CountsWord, LimitKeyWord, WhileLockedWord};

/// What may be served beyond a limit where the plan says nothing, in percent.
const TOLERANCE: u32 = 10;
/// A tolerance above this says nothing any more.
const MAX_TOLERANCE: u64 = 400;
/// The longest wait for one limit.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// Reads `rate_limits`.
pub(crate) fn limits(
    cx: &mut Cx<'_>,
    raw: &[raw::RateLimit],
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Vec<RateLimit> {
    let mut out: Vec<RateLimit> = Vec::new();
    for (position, raw) in raw.iter().enumerate() {
        let place = join("/checks/rate_limits", &position.to_string());
        let Some(limit) = limit(cx, &place, raw, operations, routes, known) else {
            continue;
        };
        if out.iter().any(|other| other.operation == limit.operation) {
            cx.error_help(
                &join(&place, "operation"),
                "the operation has a limit already",
                Some("keep the one that is reached first".to_owned()),
            );
        }
        out.push(limit);
    }
    out
}

fn limit(
    cx: &mut Cx<'_>,
    place: &str,
    raw: &raw::RateLimit,
    operations: &IndexMap<OperationId, Operation>,
    routes: &Routes<'_>,
    known: bool,
) -> Option<RateLimit> {
    let at = join(place, "operation");
    let pattern = access::pattern(cx, &at, &raw.operation, operations, routes, known)?;
    let window = duration(cx, &join(place, "per"), &raw.per)?;
    let key = key(cx, &join(place, "key"), raw.key.as_ref());
    let refused = refused(cx, &join(place, "refused"), raw.refused.as_ref());
    let slowed = raw
        .slowed
        .as_ref()
        .and_then(|text| duration(cx, &join(place, "slowed"), text));
    if slowed.is_some() && raw.refused.is_some() {
        cx.error_key(
            &join(place, "slowed"),
            "answers are either slowed down or refused",
            Some("keep one of `slowed` and `refused`".to_owned()),
        );
    }
    let tolerance_percent = tolerance(cx, &join(place, "tolerance"), raw.tolerance.as_ref());
    let identity = raw
        .identity
        .as_deref()
        .filter(|name| cx.identity(&join(place, "as"), name))
        .map(IdentityName::new);
    let mut matching = operations.values().filter(|operation| pattern.matches(&operation.id));
    // Without the document nothing is known of operations; the plan is read again with it.
    let operation = matching.next()?;
    if matching.next().is_some() {
        cx.error_help(
            &at,
            "a limit is that of one operation",
            Some(format!("write such as `{}`, and a line for each", operation.id)),
        );
        return None;
    }
    let issues = operation.effect == Effect::IssuesCredentials;
    Some(RateLimit {
        operation: operation.id.clone(),
        limit: u32::try_from(raw.limit).unwrap_or(u32::MAX).max(1),
        window,
        key: key.unwrap_or(LimitKey {
            account: issues,
            ip: false,
            token: !issues,
        }),
        counts: match raw.counts {
            Some(CountsWord::Failures) => Counts::Failures,
            Some(CountsWord::All) => Counts::All,
            None if issues => Counts::Failures,
            None => Counts::All,
        },
        while_locked: match raw.while_locked {
            Some(WhileLockedWord::Accepted) => WhileLocked::Accepted,
            Some(WhileLockedWord::Refused) | None => WhileLocked::Refused,
        },
        refused,
        slowed,
        tolerance_percent,
        replicas: raw
            .replicas
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1)
            .max(1),
        identity,
        source: cx.at(place),
    })
}

fn key(cx: &mut Cx<'_>, place: &str, raw: Option<&raw::OneOrMany<LimitKeyWord>>) -> Option<LimitKey> {
    let (words, _) = raw?.items();
    let has = |word| words.contains(&word);
    if words.is_empty() || (has(LimitKeyWord::Global) && words.len() > 1) {
        cx.error_help(
            place,
            "`global` stands alone, and a key is never empty",
            Some("write `global`, or one or more of `account`, `ip` and `token`".to_owned()),
        );
        return None;
    }
    Some(LimitKey {
        account: has(LimitKeyWord::Account),
        ip: has(LimitKeyWord::Ip),
        token: has(LimitKeyWord::Token),
    })
}

fn refused(cx: &mut Cx<'_>, place: &str, raw: Option<&raw::LimitRefusal>) -> LimitRefusal {
    let mut refusal = LimitRefusal::default();
    let Some(raw) = raw else { return refusal };
    let statuses = statuses(cx, &join(place, "status"), raw.status.as_ref());
    if !statuses.is_empty() {
        refusal.statuses = statuses;
    }
    refusal.json = equals(cx, &join(place, "json"), &raw.json);
    refusal
}

fn tolerance(cx: &mut Cx<'_>, place: &str, raw: Option<&Count>) -> u32 {
    let number = match raw {
        None => return TOLERANCE,
        Some(Count::Number(number)) => Some(*number),
        Some(Count::Text(text)) => text.trim().trim_end_matches('%').trim().parse().ok(),
    };
    match number.filter(|number| *number <= MAX_TOLERANCE) {
        Some(number) => u32::try_from(number).unwrap_or(TOLERANCE),
        None => {
            cx.error_help(
                place,
                "not a tolerance",
                Some(format!(
                    "write percent of the limit, such as `10%`, at most `{MAX_TOLERANCE}%`"
                )),
            );
            TOLERANCE
        }
    }
}

/// Reads `rate_limit_probe`.
pub(crate) fn probe(cx: &mut Cx<'_>, raw: Option<&raw::LimitProbe>) -> LimitProbe {
    let mut probe = LimitProbe::default();
    let Some(raw) = raw else { return probe };
    let place = "/checks/rate_limit_probe";
    if let Some(found) = raw.wait.as_ref().and_then(|text| wait(cx, &join(place, "wait"), text)) {
        probe.wait = found.min(MAX_WAIT);
    }
    let count = |raw: Option<u64>, or: u32| raw.and_then(|count| u32::try_from(count).ok()).unwrap_or(or);
    probe.requests = count(raw.requests, probe.requests);
    probe.most = count(raw.most, probe.most);
    probe.undeclared = raw.undeclared.unwrap_or(probe.undeclared);
    probe
}
