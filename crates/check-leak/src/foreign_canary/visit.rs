//! Lets strangers use what is theirs, so that there are answers in which another tenant's value could show.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gate_check::{Ctx, Group, Lane, shown_served};
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Call, Effect, Operation, Resource, Spec};

/// Kinds of objects that a stranger makes one of.
const MAX_KINDS: usize = 10;
/// Other reads that a stranger sends.
const MAX_READS: usize = 20;
/// Strangers that visit.
const MAX_VISITORS: usize = 2;

/// The group. It decides no case by itself: the watcher does.
pub(super) fn group(spec: &Spec, log: &Arc<VisitLog>) -> Group {
    let log = Arc::clone(log);
    let kinds = spec.resources.len().min(MAX_KINDS) as u64;
    let requests = (kinds * 3 + MAX_READS.min(spec.operations.len()) as u64) * MAX_VISITORS as u64;
    Group {
        cases: Vec::new(),
        lane: Lane::Account,
        requests,
        run: Arc::new(move |ctx| {
            let log = Arc::clone(&log);
            Box::pin(async move { visit(ctx, &log).await })
        }),
    }
}

async fn visit(ctx: &Ctx<'_>, log: &VisitLog) -> Vec<gate_check::Verdict> {
    let mut owner = None;
    let mut missing = None;
    for resource in ctx.spec.resources.values() {
        // That there is none is said by the checks that need it; here it only means that nothing is planted.
        match ctx.objects.leased(&resource.name).await {
            Err(reason) => missing = missing.or(Some(reason)),
            Ok(object) => {
                if object
                    .canaries
                    .iter()
                    .any(|canary| !ctx.canaries.owner_has_seen(&canary.secret))
                {
                    read_own(ctx, log, resource, &object).await;
                }
                owner = owner.or(Some(object.owner.clone()));
            }
        }
    }
    let Some(owner) = owner.and_then(|owner| ctx.spec.identities.get(&owner)) else {
        if let Some(reason) = missing {
            log.refused.get_or_init(|| reason);
        }
        return Vec::new();
    };
    for operation in public_reads(ctx.spec).take(MAX_READS) {
        let request = Request::fill(&operation.request, &|_: &str| None);
        if let Ok(request) = request {
            let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request).of(&operation.id);
            deliver(ctx, log, outgoing).await;
        }
    }
    for stranger in ctx.spec.intruders(owner).into_iter().take(MAX_VISITORS) {
        use_own(ctx, log, &stranger.name).await;
    }
    Vec::new()
}

/// A stranger makes and reads what is his, and reads what belongs to nobody in particular. Lists are walked by strangers
/// as probes already.
async fn use_own(ctx: &Ctx<'_>, log: &VisitLog, stranger: &IdentityName) {
    if let Err(reason) = shown_served(ctx, stranger).await {
        log.turned_away(stranger, reason);
    }
    for resource in ctx
        .spec
        .resources
        .values()
        .filter(|resource| resource.parent.is_none())
        .take(MAX_KINDS)
    {
        match ctx.objects.owned(&resource.name, stranger).await {
            Ok(object) => read_own(ctx, log, resource, &object).await,
            Err(reason) => {
                tracing::debug!(%stranger, resource = %resource.name, reason = reason.detail, "nothing of his own")
            }
        }
    }
    let reads = ctx.spec.operations.values().filter(|operation| {
        operation.effect == Effect::ReadOther
            && operation.params.is_empty()
            && operation.skip.is_none()
            && operation.method().is_safe()
    });
    for operation in reads.take(MAX_READS) {
        let call = Call {
            operation: Some(operation.id.clone()),
            request: operation.request.clone(),
            params: operation.params.clone(),
        };
        send(ctx, log, stranger, &call, Vec::new()).await;
    }
}

async fn read_own(ctx: &Ctx<'_>, log: &VisitLog, resource: &Resource, object: &Arc<Object>) {
    if let Some(call) = resource.read.as_ref().or(resource.list()) {
        send(ctx, log, &object.owner, call, vec![Arc::clone(object)]).await;
    }
}

async fn send(ctx: &Ctx<'_>, log: &VisitLog, caller: &IdentityName, call: &Call, objects: Vec<Arc<Object>>) {
    let bindings = Bindings {
        objects,
        params: call.params.clone(),
        fixed: Vec::new(),
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(caller), &bindings);
    let Ok(request) = Request::fill(&call.request, &lookup) else {
        return;
    };
    let mut outgoing = Outgoing::new(&Actor::identity(caller), Purpose::Setup, request);
    outgoing.operation = call.operation.clone();
    deliver(ctx, log, outgoing).await;
}

/// How many requests of the visits were sent, how many got an answer that says something, and why the first did not.
#[derive(Debug, Default)]
pub(super) struct VisitLog {
    sent: AtomicU64,
    answered: AtomicU64,
    refused: OnceLock<Undecided>,
    /// Strangers who are served nothing of their own: what they are not shown says nothing.
    turned_away: Mutex<HashMap<IdentityName, Undecided>>,
}

impl VisitLog {
    /// Whether there were visits and each was answered: a refusal is an answer, an error or a limit is none.
    pub(super) fn is_complete(&self) -> bool {
        let (sent, answered) = (self.sent.load(Ordering::SeqCst), self.answered.load(Ordering::SeqCst));
        sent > 0 && sent == answered
    }

    fn turned_away(&self, stranger: &IdentityName, reason: Undecided) {
        let mut turned_away = self.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
        turned_away.insert(stranger.clone(), reason);
    }

    /// Strangers whose silence says nothing, with the reasons.
    pub(super) fn without_service(&self) -> HashMap<IdentityName, Undecided> {
        self.turned_away.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why the first visit that was not answered was not.
    pub(super) fn reason(&self) -> Option<Undecided> {
        self.refused.get().cloned()
    }
}

/// Sends a request of a visit. The watcher sees the answer.
async fn deliver(ctx: &Ctx<'_>, log: &VisitLog, outgoing: Outgoing) {
    log.sent.fetch_add(1, Ordering::SeqCst);
    match gate_check::ask(ctx, outgoing).await {
        Ok(exchange) if exchange.status < 500 && !matches!(exchange.status, 401 | 429) => {
            log.answered.fetch_add(1, Ordering::SeqCst);
        }
        Ok(exchange) => {
            let sent = &exchange.sent;
            let what = sent.operation.as_ref().map_or_else(
                || format!("{} {}", sent.request.method, sent.request.path),
                ToString::to_string,
            );
            let status = exchange.status;
            log.refused.get_or_init(|| {
                let cause = if status == 429 {
                    Cause::Throttled
                } else {
                    Cause::NothingSeen
                };
                let reason = Undecided::new(
                    cause,
                    format!(
                        "not every visit of a stranger was answered: {what} as {} gave {status}",
                        sent.actor
                    ),
                )
                .shown_by(ctx.target.evidence("visit", &exchange, None));
                match &sent.operation {
                    Some(operation) if cause == Cause::NothingSeen => reason.settled_by(format!(
                        "{}   # or what it needs to be served",
                        ctx.spec.stub_skip(operation)
                    )),
                    _ => reason,
                }
            });
        }
        Err(reason) => _ = log.refused.set(reason),
    }
}

/// What anybody may read without an object.
pub(super) fn public_reads(spec: &Spec) -> impl Iterator<Item = &Operation> {
    spec.operations.values().filter(|operation| {
        operation.public.is_some()
            && operation.method().is_safe()
            && operation.params.is_empty()
            && operation.skip.is_none()
            && operation.request.holes().is_empty()
    })
}
