//! Operations that change, act on or remove an object: one disposable object, its removal last.

use std::sync::Arc;

use futures_util::StreamExt as _;
use gate_exchange::{Actor, BoxFuture};
use gate_model::{Cause, IdentityName, ResourceName, Undecided};
use gate_spec::Operation;

use super::{Tally, WRITES_AT_ONCE, all_probes, open_all, referenced};
use crate::assemble::Tried;
use crate::{Aimed, Bracket, Closed, Ctx, OwnersWrite, Probe, Refusal, Subject, Verdict};

/// Writes on objects of one kind.
#[derive(Clone)]
pub(crate) struct WritePlan {
    pub(crate) resource: ResourceName,
    pub(crate) tried: Vec<Tried>,
}

type Step = (Arc<Operation>, Vec<Probe>);

/// Decides the cases of a write plan.
pub(crate) fn writes<'a>(ctx: &'a Ctx<'a>, plan: &WritePlan) -> BoxFuture<'a, Vec<Verdict>> {
    let mut plan = plan.clone();
    Box::pin(async move {
        // Removal takes the object away, so that it comes last.
        plan.tried
            .sort_by_key(|tried| matches!(tried.subject, Subject::Remove(_)));
        let mut tally = Tally::default();
        let owner: IdentityName = match ctx.objects.leased(&plan.resource).await {
            Ok(object) => object.owner.clone(),
            Err(reason) => {
                plan.tried.iter().for_each(|tried| open_all(&mut tally, tried, &reason));
                return tally.verdicts();
            }
        };
        let (mut steps, mut granted): (Vec<Step>, Vec<Vec<Step>>) = (Vec::new(), Vec::new());
        for tried in &plan.tried {
            let probes = all_probes(ctx, tried, &owner, &mut tally).await;
            let (may, may_not): (Vec<Probe>, Vec<Probe>) =
                probes.into_iter().partition(|probe| probe.refusal == Refusal::Wrong);
            // Whoever does it by right changes the object, and so has one of his own.
            granted.extend(
                may.into_iter()
                    .map(|probe| vec![(Arc::clone(&tried.operation), vec![probe])]),
            );
            if !may_not.is_empty() {
                steps.push((Arc::clone(&tried.operation), may_not));
            }
        }
        let mut again = Vec::new();
        let parts = in_brackets(&steps);
        let resource = &plan.resource;
        let mut brackets = Vec::new();
        for part in parts.iter().chain(&granted) {
            brackets.push(bracket(ctx, resource, part));
        }
        let closed: Vec<Closed> = futures_util::stream::iter(brackets)
            .buffered(WRITES_AT_ONCE)
            .collect()
            .await;
        for closed in closed {
            tally.add(closed.verdicts);
            again.extend(closed.again);
        }
        steps.extend(granted.into_iter().flatten());
        let operation_of = |probe: &Probe| {
            steps
                .iter()
                .find(|(_, probes)| probes.iter().any(|known| known.case.id == probe.case.id))
                .map(|(operation, _)| Arc::clone(operation))
        };
        tally
            .alone(again, WRITES_AT_ONCE, |probe| {
                let operation = operation_of(&probe);
                async move {
                    let alone = operation.map(|operation| (operation, vec![probe]));
                    let steps: Vec<Step> = alone.into_iter().collect();
                    bracket(ctx, resource, &steps).await
                }
            })
            .await;
        tally.verdicts()
    })
}

/// Cuts the steps so that no bracket takes more probes than it may: one that has an effect leaves the others of its bracket open.
fn in_brackets(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut parts: Vec<Vec<Step>> = Vec::new();
    let mut count = Bracket::MAX_PROBES;
    for (operation, probes) in steps {
        for probes in probes.chunks(Bracket::MAX_PROBES) {
            if count + probes.len() > Bracket::MAX_PROBES {
                parts.push(Vec::new());
                count = 0;
            }
            count += probes.len();
            if let Some(last) = parts.last_mut() {
                last.push((Arc::clone(operation), probes.to_vec()));
            }
        }
    }
    parts
}

/// Strangers try every step on one object; then, once for all steps, time passes; then its owner looks what they did, and
/// does himself what they tried.
async fn bracket(ctx: &Ctx<'_>, resource: &ResourceName, steps: &[Step]) -> Closed {
    let probes = steps.iter().flat_map(|(_, probes)| probes);
    let actors: Vec<Actor> = probes.map(|probe| probe.actor.clone()).collect();
    let bracket = Bracket::open(ctx, &actors).await;
    let mut tally = Tally::default();
    match aimed(ctx, resource).await {
        Ok(aimed) => write(ctx, &bracket, &aimed, steps, &mut tally).await,
        Err(reason) => steps.iter().for_each(|(_, probes)| tally.open(probes, &reason)),
    }
    let mut closed = bracket.close().await;
    closed.verdicts.extend(tally.verdicts());
    closed
}

async fn aimed<'p>(ctx: &Ctx<'p>, resource: &ResourceName) -> Result<Arc<Aimed<'p>>, Undecided> {
    let unread = || {
        Undecided::new(
            Cause::ReadBack,
            format!("the plan knows no operation that reads {}", resource.with_article()),
        )
        .settled_by(ctx.spec.stub_read(resource))
    };
    let kind = ctx.spec.resources.get(resource).ok_or_else(unread)?;
    if kind.read.is_none() && kind.list().is_none() {
        return Err(unread());
    }
    Aimed::new(ctx.objects.disposable(resource).await?, kind).ok_or_else(unread)
}

async fn write<'t>(ctx: &'t Ctx<'t>, bracket: &Bracket<'t>, aimed: &Arc<Aimed<'_>>, steps: &[Step], tally: &mut Tally) {
    let mut helds = Vec::new();
    for (step, (operation, probes)) in steps.iter().enumerate() {
        let held = match referenced(ctx, operation, Some(aimed.object())).await {
            Ok(referenced) => {
                let control = OwnersWrite::new(operation, aimed, step).with_referenced(referenced);
                bracket.hold(control).await
            }
            Err(reason) => Err(reason),
        };
        match held {
            Ok(mut held) => {
                for probe in probes {
                    held.probe(probe.clone()).await;
                }
                helds.push(held);
            }
            Err(reason) => tally.open(probes, &reason),
        }
    }
    bracket.pause().await;
    let mut asked = Vec::new();
    for held in helds {
        asked.push(held.ask_again().await);
    }
    for asked in asked {
        asked.judge().await;
    }
}
