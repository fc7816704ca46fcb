//! Runs brackets: prepares what the probes need, tries, and tries once more alone what stayed open.

mod guards;
mod makes;
mod probers;
mod reads;
mod writes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use gate_exchange::Request;
use gate_model::{CaseId, Cause, IdentityName, Missing, Outcome, ResourceName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::Operation;

use crate::assemble::Tried;
use crate::control::Control;
use crate::{Bracket, Closed, Ctx, Judgement, Probe, Verdict};

pub(crate) use guards::{GuardPlan, guards};
pub(crate) use makes::creates;
pub(crate) use probers::all_probes;
pub(crate) use reads::{ReadPlan, reads};
pub(crate) use writes::{WritePlan, writes};

/// Probes that are tried once more, alone, in one group. What is beyond stays open.
const MAX_ALONE: usize = 96;

/// Probes of a group that lose their session each time they are tried alone, after which no more of it are tried.
const MAX_LOST: usize = 6;

/// Writes that are tried alone at once, each on an object of its own: they wait for the same time to pass.
const WRITES_AT_ONCE: usize = 8;

/// Tries of a probe whose session was renewed between the two looks at it.
const MAX_SESSIONS: usize = 3;

/// Collects verdicts until every case has all of its probes judged.
#[derive(Default)]
pub(crate) struct Tally {
    judged: BTreeMap<CaseId, Vec<Judgement>>,
    not_testable: Vec<Verdict>,
}

impl Tally {
    /// Adds what a bracket decided.
    pub(crate) fn add(&mut self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            let (case, outcome) = verdict.into_parts();
            let judgement = match outcome {
                Outcome::Pass { proof } => Judgement::Holds(proof),
                Outcome::Fail { findings } => Judgement::Violated(findings),
                Outcome::Inconclusive { undecided } => Judgement::Undecided(undecided),
                Outcome::NotTestable { missing } => {
                    self.not_testable(&case, missing);
                    continue;
                }
                Outcome::Skipped { .. } => continue,
            };
            self.judged.entry(case).or_default().push(judgement);
        }
    }

    /// Leaves probes open.
    pub(crate) fn open(&mut self, probes: &[Probe], reason: &Undecided) {
        for probe in probes {
            self.undecided(&probe.case.id, reason);
        }
    }

    /// Leaves every case of an operation without a verdict of its own: an object is missing. Where the run may make none,
    /// that is an input that the plan lacks.
    pub(crate) fn without_object(
        &mut self,
        ctx: &Ctx<'_>,
        tried: &Tried,
        kind: Option<&ResourceName>,
        reason: &Undecided,
    ) {
        let makes = kind.is_none_or(|kind| ctx.spec.resources.get(kind).is_some_and(|kind| kind.create.is_some()));
        if reason.cause != Cause::ObjectMissing || (makes && ctx.spec.writes_allowed()) {
            open_all(self, tried, reason);
            return;
        }
        for plan in &tried.plans {
            let missing = Missing {
                what: reason.detail.clone(),
                add: reason.settle.clone(),
            };
            self.not_testable.push(Verdict::not_testable(&plan.case.id, missing));
        }
    }

    /// A case that turned out to lack an input.
    pub(crate) fn not_testable(&mut self, case: &CaseId, missing: Missing) {
        self.not_testable.push(Verdict::not_testable(case, missing));
    }

    /// Leaves one case open.
    pub(crate) fn undecided(&mut self, case: &CaseId, reason: &Undecided) {
        self.judged
            .entry(case.clone())
            .or_default()
            .push(Judgement::Undecided(reason.clone()));
    }

    /// One verdict a case.
    pub(crate) fn verdicts(self) -> Vec<Verdict> {
        let judged = self
            .judged
            .into_iter()
            .map(|(case, judgements)| Verdict::over(&case, judgements));
        judged.chain(self.not_testable).collect()
    }

    /// Tries again, alone, what a bracket left open; what is open then stays so. A change that nobody makes when alone is
    /// flaky, which is not a pass. `at_once` tries may run beside each other: none disturbs another.
    pub(crate) async fn alone<F, Fut>(&mut self, again: Vec<(Probe, Undecided)>, at_once: usize, run: F)
    where
        F: Fn(Probe) -> Fut,
        Fut: Future<Output = Closed>,
    {
        let mut flaky = Vec::new();
        // What somebody is already known to have done explains a change that others were suspected of.
        let mut explained = self
            .judged
            .values()
            .flatten()
            .any(|judgement| matches!(judgement, Judgement::Violated(_)));
        let given_up = AtomicUsize::new(0);
        let mut tries = Vec::new();
        for (index, (probe, reason)) in again.into_iter().enumerate() {
            if index < MAX_ALONE {
                tries.push(until_alive(probe, reason, &run, &given_up));
            } else {
                self.open(&[probe], &reason);
            }
        }
        let mut tries = futures_util::stream::iter(tries).buffered(at_once);
        while let Some((probe, reason, closed)) = tries.next().await {
            for (open, reason) in closed.again {
                self.open(&[open], &reason);
            }
            let violated = closed
                .verdicts
                .iter()
                .any(|verdict| matches!(verdict.outcome(), Outcome::Fail { .. }));
            explained |= violated;
            if reason.cause == Cause::Flaky && !violated {
                flaky.push((probe, reason, closed.verdicts));
            } else {
                self.add(closed.verdicts);
            }
        }
        for (probe, reason, verdicts) in flaky {
            if explained {
                self.add(verdicts);
            } else {
                self.open(&[probe], &reason);
            }
        }
    }
}

/// Tries a probe until its session is not renewed by others in the meantime; one that is lost each time stays so.
async fn until_alive<F, Fut>(
    probe: Probe,
    reason: Undecided,
    run: &F,
    given_up: &AtomicUsize,
) -> (Probe, Undecided, Closed)
where
    F: Fn(Probe) -> Fut,
    Fut: Future<Output = Closed>,
{
    let mut closed = Closed {
        verdicts: Vec::new(),
        again: vec![(probe.clone(), reason.clone())],
    };
    if given_up.load(Ordering::Relaxed) >= MAX_LOST {
        return (probe, reason, closed);
    }
    for _ in 0..MAX_SESSIONS {
        closed = run(probe.clone()).await;
        let lost = |(_, reason): &(Probe, Undecided)| reason.cause == Cause::SessionLost;
        if closed.again.is_empty() || !closed.again.iter().all(lost) {
            return (probe, reason, closed);
        }
    }
    given_up.fetch_add(1, Ordering::Relaxed);
    (probe, reason, closed)
}

/// Leaves every case of an operation open.
pub(crate) fn open_all(tally: &mut Tally, tried: &Tried, reason: &Undecided) {
    for plan in &tried.plans {
        tally.undecided(&plan.case.id, reason);
    }
}

/// Holds a control, lets every probe try, asks the control again.
pub(crate) async fn run_one<'t, C: Control>(
    bracket: &Bracket<'t>,
    control: C,
    probes: Vec<Probe>,
) -> Result<C, Undecided> {
    let mut held = bracket.hold(control).await?;
    for probe in probes {
        held.probe(probe).await;
    }
    Ok(held.reask().await)
}

/// The operation's request with an object bound, as its owner would send it. Marks of the owner never stand in it: the
/// same bytes are sent by strangers.
pub(crate) fn bound_request(ctx: &Ctx<'_>, operation: &Operation, object: &Arc<Object>) -> Result<Request, Undecided> {
    let mut bindings = Bindings {
        objects: vec![Arc::clone(object)],
        params: operation.params.clone(),
        fixed: Vec::new(),
    };
    let handle = object
        .canaries
        .first()
        .or_else(|| object.ancestors.iter().find_map(|ancestor| ancestor.canaries.first()))
        .map(|canary| canary.handle.clone());
    if let Some(handle) = handle {
        for name in ["canary", "canary.word", "canary.short"] {
            bindings.fixed.push((name.to_owned(), handle.clone().into()));
        }
    }
    fill(ctx, operation, &object.owner, &bindings)
}

pub(crate) fn fill(
    ctx: &Ctx<'_>,
    operation: &Operation,
    caller: &IdentityName,
    bindings: &Bindings,
) -> Result<Request, Undecided> {
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(caller), bindings);
    Request::fill(&operation.request, &lookup).map_err(|error| {
        Undecided::new(Cause::ObjectMissing, error.to_string()).settled_by(ctx.spec.stub_request(&operation.id))
    })
}

/// Objects of a stranger of the kinds that an object lives under, where the operation's path names them.
pub(crate) async fn own_parents(
    ctx: &Ctx<'_>,
    operation: &Operation,
    object: &Object,
    stranger: &IdentityName,
) -> Vec<Arc<Object>> {
    let mut own = Vec::new();
    if *stranger == object.owner || !ctx.spec.writes_allowed() {
        return own;
    }
    for ancestor in &object.ancestors {
        if operation.path_resources().any(|kind| *kind == ancestor.resource) {
            // That he can have none means that there is no such way in.
            if let Ok(parent) = ctx.objects.owned(&ancestor.resource, stranger).await {
                own.push(parent);
            }
        }
    }
    own
}

/// Objects that an operation's request refers to by `{{kind.id}}`, beside the one that it addresses: disposable ones where
/// the request may change them.
pub(crate) async fn referenced(
    ctx: &Ctx<'_>,
    operation: &Operation,
    object: Option<&Arc<Object>>,
) -> Result<Vec<Arc<Object>>, Undecided> {
    let mut found: Vec<Arc<Object>> = Vec::new();
    for hole in operation.request.holes() {
        let Some((kind, _)) = hole.split_once('.') else {
            continue;
        };
        let kind = ResourceName::new(kind);
        let bound = object.is_some_and(|object| object.of_kind(&kind).is_some())
            || found.iter().any(|object| object.of_kind(&kind).is_some());
        if bound || !ctx.spec.resources.contains_key(&kind) {
            continue;
        }
        let changes = !operation.method().is_safe() && object.is_none();
        found.push(if changes {
            ctx.objects.disposable(&kind).await?
        } else {
            ctx.objects.leased(&kind).await?
        });
    }
    Ok(found)
}
