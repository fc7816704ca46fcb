//! Operations that make objects.

use std::sync::Arc;

use futures_util::StreamExt as _;
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
        let (resource, tried) = (&resource, &tried);
        let mut first = Some(made);
        let mut again = Vec::new();
        // One that makes something leaves the others of its bracket open.
        for probes in [probes, granted] {
            let brackets: Vec<_> = probes
                .chunks(Bracket::MAX_PROBES)
                .map(|probes| bracket(ctx, resource, tried, first.take(), probes.to_vec()))
                .collect();
            let mut brackets = futures_util::stream::iter(brackets).buffered(WRITES_AT_ONCE);
            while let Some(closed) = brackets.next().await {
                tally.add(closed.verdicts);
                again.extend(closed.again);
            }
        }
        tally
            .alone(again, WRITES_AT_ONCE, |probe| {
                bracket(ctx, resource, tried, None, vec![probe])
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
) -> Closed {
    let actors: Vec<Actor> = probes.iter().map(|probe| probe.actor.clone()).collect();
    let bracket = Bracket::open(ctx, &actors).await;
    let mut tally = Tally::default();
    if let Some(kind) = ctx.spec.resources.get(resource) {
        let control = MadeByOwner::new(&tried.operation, kind, made);
        if let Err(reason) = run_one(&bracket, control, probes.clone()).await {
            tally.open(&probes, &reason);
        }
    }
    let mut closed = bracket.close().await;
    closed.verdicts.extend(tally.verdicts());
    closed
}
