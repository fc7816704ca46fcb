//! Whether an identity is served anything beside the answer to who it is.
//!
//! A session that is alive says who somebody is, not that he may do anything. With a second factor pending, an address that
//! was not confirmed or an account that was suspended, `whoami` is answered and everything else is refused, whoever's it is:
//! such refusals say nothing about the guards. So a refusal counts only where the refused identity was served, a moment ago,
//! an operation that the plan grants to it. What the run does anyway shows that mostly; else one request does. See decision
//! 0008.

mod ways;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gate_exchange::{Actor, Exchange, Outgoing, Presented, Purpose};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::Bindings;
use gate_spec::{Identity, Operation, ParamSource, ServedBy};

use self::ways::{Way, Ways};
use crate::answer::{denied, is_unreadable};
use crate::run::fill;
use crate::{Ctx, Refusal, ask};

/// What was shown longer ago than this is shown again.
const FRESH: Duration = Duration::from_secs(5);
/// Ways that are tried before an identity is said to be served nothing.
const MAX_WAYS: usize = 10;
/// Times that all ways are tried for one identity, so that a moment's trouble does not decide.
const MAX_ROUNDS: u32 = 3;
/// Refusals that a reason names.
const MAX_NAMED: usize = 3;

/// Which identities were served what is theirs, and when.
#[derive(Debug, Default)]
pub struct ServedBook {
    entries: Mutex<HashMap<IdentityName, Arc<Entry>>>,
}

#[derive(Debug)]
struct Entry {
    ways: Ways,
    /// When it was last served.
    seen: Mutex<Option<Instant>>,
    /// One asks, the others wait for what comes of it.
    asking: tokio::sync::Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// The way by which it was served: the first to be tried again.
    last: usize,
    rounds: u32,
    failed: Option<(Undecided, Instant)>,
}

impl ServedBook {
    fn entry(&self, ctx: &Ctx<'_>, identity: &Identity) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.entry(identity.name.clone()).or_insert_with(|| {
            Arc::new(Entry {
                ways: Ways::of(ctx.spec, identity),
                seen: Mutex::default(),
                asking: tokio::sync::Mutex::default(),
            })
        });
        Arc::clone(known)
    }
}

impl Entry {
    fn note(&self, now: Instant) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    fn is_fresh(&self, now: Instant) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.is_some_and(|seen| now.saturating_duration_since(seen) <= FRESH)
    }
}

/// Notes what an identity was answered that ought to be served, where it says that it is.
pub(crate) fn note(ctx: &Ctx<'_>, exchange: &Exchange) {
    let sent = &exchange.sent;
    let (Presented::Session, Some(name)) = (&sent.actor.presented, &sent.actor.identity) else {
        return;
    };
    let operation = sent.operation.as_ref().and_then(|id| ctx.spec.operations.get(id));
    let (Some(operation), Some(identity)) = (operation, ctx.spec.identities.get(name)) else {
        return;
    };
    if !is_served(ctx, exchange) {
        return;
    }
    let entry = ctx.served.entry(ctx, identity);
    if entry.ways.count(ctx.spec, identity, operation) {
        entry.note(ctx.clock.now());
    }
}

/// Shows that an identity is served what the plan grants to it, asking for something of the kind where the run has not
/// just done so. The text says what the proof of a refusal has to say beside it.
///
/// # Errors
/// Where it is refused whatever it may have: then its refusals prove nothing.
pub async fn shown_served(ctx: &Ctx<'_>, name: &IdentityName) -> Result<&'static str, Undecided> {
    let Some(identity) = ctx.spec.identities.get(name) else {
        return Ok("");
    };
    if identity.served == ServedBy::Nothing {
        return Ok(", who may do nothing else by the plan");
    }
    let entry = ctx.served.entry(ctx, identity);
    if entry.is_fresh(ctx.clock.now()) {
        return Ok("");
    }
    if entry.ways.is_empty() {
        return Ok(", for whom the plan holds nothing else to be served");
    }
    let mut asked = entry.asking.lock().await;
    let now = ctx.clock.now();
    if entry.is_fresh(now) {
        return Ok("");
    }
    if let Some((reason, when)) = &asked.failed
        && (asked.rounds >= MAX_ROUNDS || now.saturating_duration_since(*when) <= FRESH)
    {
        return Err(reason.clone());
    }
    match round(ctx, identity, &entry.ways, asked.last).await {
        Ok(way) => {
            asked.last = way;
            asked.failed = None;
            entry.note(ctx.clock.now());
            Ok("")
        }
        Err(reason) => {
            asked.rounds += 1;
            asked.failed = Some((reason.clone(), ctx.clock.now()));
            Err(reason)
        }
    }
}

/// Tries the ways one after the other, the one that worked last time first. Returns the one that works.
async fn round(ctx: &Ctx<'_>, identity: &Identity, ways: &Ways, last: usize) -> Result<usize, Undecided> {
    let order = std::iter::once(last).chain((0..ways.len()).filter(|way| *way != last));
    let mut refused: Vec<String> = Vec::new();
    let mut first: Option<Exchange> = None;
    for (position, way) in order.take(MAX_WAYS).filter_map(|way| Some((way, ways.get(way)?))) {
        match take(ctx, identity, way).await {
            Taken::Served => return Ok(position),
            Taken::Refused(said, exchange) => {
                refused.push(said);
                first = first.or(exchange.map(|exchange| *exchange));
            }
        }
    }
    let name = &identity.name;
    let more = refused.len().saturating_sub(MAX_NAMED);
    refused.truncate(MAX_NAMED);
    let mut how = refused.join(", ");
    if more > 0 {
        how.push_str(&format!(" and {more} more"));
    }
    let reason = Undecided::new(
        Cause::IdentityUnproven,
        format!(
            "{name} is logged in and is served nothing that the plan lets {name} do ({how}), so that a refusal of {name} \
             proves nothing"
        ),
    )
    .settled_by(ctx.spec.stub_served(name));
    Err(match first {
        Some(exchange) => reason.shown_by(ctx.target.evidence("not served", &exchange, None)),
        None => reason,
    })
}

/// What came of one way.
enum Taken {
    Served,
    Refused(String, Option<Box<Exchange>>),
}

async fn take(ctx: &Ctx<'_>, identity: &Identity, way: &Way) -> Taken {
    match way {
        Way::Ask(operation) => match request(ctx, identity, operation).await {
            Ok(outgoing) => match ask(ctx, outgoing).await {
                Ok(exchange) if is_served(ctx, &exchange) => Taken::Served,
                Ok(exchange) => Taken::Refused(format!("{operation}: {}", exchange.status), Some(Box::new(exchange))),
                Err(reason) => Taken::Refused(format!("{operation}: {}", reason.detail), None),
            },
            Err(reason) => Taken::Refused(format!("{operation}: {}", reason.detail), None),
        },
        // Making one is granted too, and was served if there is one.
        Way::Own(kind) => match ctx.objects.owned(kind, &identity.name).await {
            Ok(_) => Taken::Served,
            Err(reason) => Taken::Refused(reason.detail, None),
        },
    }
}

/// The operation's request, on objects of the identity's own where it needs some.
async fn request(
    ctx: &Ctx<'_>,
    identity: &Identity,
    operation: &gate_model::OperationId,
) -> Result<Outgoing, Undecided> {
    let unknown = || Undecided::new(Cause::ObjectMissing, "the plan knows no such operation");
    let operation: &Operation = ctx.spec.operations.get(operation).ok_or_else(unknown)?;
    let mut bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    // The innermost first: it brings those above it along.
    for (_, source) in operation.params.iter().rev() {
        if let ParamSource::Id(kind) | ParamSource::Key(kind, _) = source
            && bindings.object(kind).is_none()
        {
            bindings.objects.push(ctx.objects.owned(kind, &identity.name).await?);
        }
    }
    let request = fill(ctx, operation, &identity.name, &bindings)?;
    Ok(Outgoing::new(&Actor::identity(&identity.name), Purpose::Control, request).of(&operation.id))
}

/// Whether an answer is a service: a success with something in it that the plan does not call a denial.
fn is_served(ctx: &Ctx<'_>, exchange: &Exchange) -> bool {
    let reads = exchange.sent.request.method.is_safe();
    exchange.is_success()
        && !is_unreadable(exchange)
        && (!reads || exchange.status == 204 || !exchange.body.is_empty())
        && denied(&ctx.spec.settings.denial, Refusal::Ordinary, exchange).is_none()
}
