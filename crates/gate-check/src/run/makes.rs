//! Operations that make objects.

use std::sync::Arc;

use gate_exchange::{Actor, BoxFuture};
use gate_model::ResourceName;
use gate_objects::Object;

use super::{Tally, WRITES_AT_ONCE, all_probes, open_all, run_one};
use crate::assemble::Tried;
use crate::{Bracket, Closed, Ctx, MadeByOwner, Probe, Refusal, Verdict};

/// Decides the cases of an operation that makes objects.
pub(crate) fn creates<'a>(ctx: &'a Ctx<'a>, resource: &ResourceName, tried: &Tried) -> BoxFuture<'a, Vec<Verdict>> {
    let (resource, tried) = (resource.clone(), tried.clone());
    Box::pin(async move {
        let mut tally = Tally::default();
        // Whose place the strangers try: the owner of what is made first.
        let made = match ctx.objects.make(&resource).await {
            Ok(made) => made,
            Err(reason) => {
                open_all(&mut tally, &tried, &reason);
                return tally.verdicts();
            }
        };
        let probes = all_probes(ctx, &tried, &made.owner, &mut tally).await;
        // What is made by right in the owner's place would look as if a stranger had made it.
        let (granted, probes): (Vec<Probe>, Vec<Probe>) =
            probes.into_iter().partition(|probe| probe.refusal == Refusal::Wrong);
        let mut closed = Closed {
            verdicts: Vec::new(),
            again: Vec::new(),
        };
        let mut first = Some(made);
        for probes in [probes, granted].into_iter().filter(|probes| !probes.is_empty()) {
            let one = bracket(ctx, &resource, &tried, first.take(), probes, &mut tally).await;
            closed.verdicts.extend(one.verdicts);
            closed.again.extend(one.again);
        }
        tally.add(closed.verdicts);
        let (resource, tried) = (&resource, &tried);
        tally
            .alone(closed.again, WRITES_AT_ONCE, |probe| async move {
                let mut tally = Tally::default();
                let mut closed = bracket(ctx, resource, tried, None, vec![probe], &mut tally).await;
                closed.verdicts.extend(tally.verdicts());
                closed
            })
            .await;
        tally.verdicts()
    })
}

async fn bracket(
    ctx: &Ctx<'_>,
    resource: &ResourceName,
    tried: &Tried,
    made: Option<Arc<Object>>,
    probes: Vec<Probe>,
    tally: &mut Tally,
) -> Closed {
    let actors: Vec<Actor> = probes.iter().map(|probe| probe.actor.clone()).collect();
    let bracket = Bracket::open(ctx, &actors).await;
    if let Some(kind) = ctx.spec.resources.get(resource) {
        let control = MadeByOwner::new(&tried.operation, kind, made);
        if let Err(reason) = run_one(&bracket, control, probes.clone()).await {
            tally.open(&probes, &reason);
        }
    }
    bracket.close().await
}
