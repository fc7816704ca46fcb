//! Operations that change, act on or remove an object: one disposable object, its removal last.

use std::sync::Arc;

use gate_exchange::{Actor, BoxFuture};
use gate_model::{Cause, IdentityName, ResourceName, Undecided};
use gate_objects::Object;
use gate_spec::{Call, Operation};

use super::{Tally, all_probes, open_all, referenced, run_one};
use crate::assemble::Tried;
use crate::{Bracket, Closed, Ctx, OwnersWrite, Probe, Subject, Verdict};

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
        let mut steps: Vec<Step> = Vec::new();
        for tried in &plan.tried {
            let probes = all_probes(ctx, tried, &owner, &mut tally).await;
            steps.push((Arc::clone(&tried.operation), probes));
        }
        let mut again = Vec::new();
        for part in in_brackets(&steps) {
            let closed = bracket(ctx, &plan.resource, &part, &mut tally).await;
            tally.add(closed.verdicts);
            again.extend(closed.again);
        }
        let operation_of = |probe: &Probe| {
            steps
                .iter()
                .find(|(_, probes)| probes.iter().any(|known| known.case.id == probe.case.id))
                .map(|(operation, _)| Arc::clone(operation))
        };
        let resource = &plan.resource;
        tally
            .alone(again, |probe| {
                let operation = operation_of(&probe);
                async move {
                    let mut tally = Tally::default();
                    let steps: Vec<Step> = operation
                        .map(|operation| (operation, vec![probe]))
                        .into_iter()
                        .collect();
                    let mut closed = bracket(ctx, resource, &steps, &mut tally).await;
                    closed.verdicts.extend(tally.verdicts());
                    closed
                }
            })
            .await;
        tally.verdicts()
    })
}

/// Cuts the steps so that no bracket takes more probes than it may.
fn in_brackets(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut parts: Vec<Vec<Step>> = Vec::new();
    let mut count = usize::MAX;
    for step in steps {
        if count.saturating_add(step.1.len()) > Bracket::MAX_PROBES {
            parts.push(Vec::new());
            count = 0;
        }
        count += step.1.len();
        if let Some(last) = parts.last_mut() {
            last.push(step.clone());
        }
    }
    parts
}

async fn bracket(ctx: &Ctx<'_>, resource: &ResourceName, steps: &[Step], tally: &mut Tally) -> Closed {
    let actors: Vec<Actor> = steps
        .iter()
        .flat_map(|(_, probes)| probes)
        .map(|probe| probe.actor.clone())
        .collect();
    let mut bracket = Bracket::open(ctx, &actors).await;
    let Some(read) = state_call(ctx, resource) else {
        let reason = Undecided::new(
            Cause::ReadBack,
            format!("the plan knows no operation that reads a {resource}"),
        )
        .settled_by(format!("resources: {{ {resource}: {{ read: GET /… }} }}"));
        steps.iter().for_each(|(_, probes)| tally.open(probes, &reason));
        return bracket.close().await;
    };
    let mut object: Option<Arc<Object>> = None;
    for (operation, probes) in steps {
        let taken = match object.take() {
            Some(object) => Ok(object),
            None => ctx.objects.disposable(resource).await,
        };
        match taken {
            Err(reason) => tally.open(probes, &reason),
            Ok(taken) => match write_one(ctx, &mut bracket, operation, taken, read, probes.clone()).await {
                Err(reason) => tally.open(probes, &reason),
                Ok(control) => object = (!control.used_up()).then(|| Arc::clone(control.object())),
            },
        }
    }
    bracket.close().await
}

async fn write_one<'t, 'p>(
    ctx: &'t Ctx<'t>,
    bracket: &mut Bracket<'t>,
    operation: &'p Operation,
    object: Arc<Object>,
    read: &'p Call,
    probes: Vec<Probe>,
) -> Result<OwnersWrite<'p>, Undecided> {
    let referenced = referenced(ctx, operation, Some(&object)).await?;
    run_one(
        bracket,
        OwnersWrite::new(operation, object, read).with_referenced(referenced),
        probes,
    )
    .await
}

/// The call that shows an object's state to its owner.
fn state_call<'p>(ctx: &Ctx<'p>, resource: &ResourceName) -> Option<&'p Call> {
    let resource = ctx.spec.resources.get(resource)?;
    resource.read.as_ref().or(resource.list())
}
