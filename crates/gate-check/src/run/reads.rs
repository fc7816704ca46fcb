//! Reads and lists: several operations in one bracket, each with its own control.

use std::sync::Arc;

use gate_exchange::{Actor, Request};
use gate_model::{Cause, ResourceName, Undecided};
use gate_objects::{Bindings, Object};
use gate_spec::Operation;

use super::{Tally, all_probes, bound_request, fill, own_parents, run_one};
use crate::assemble::Tried;
use crate::{Bracket, Closed, Ctx, GrantedRead, OwnersWalk, Probe, Subject, Verdict};

/// Kinds of objects that are tried for a list whose items are not known.
const MAX_KINDS: usize = 4;

/// Operations that read.
#[derive(Clone)]
pub(crate) struct ReadPlan {
    pub(crate) tried: Vec<Tried>,
}

struct Prepared<'p> {
    tried: &'p Tried,
    objects: Vec<Arc<Object>>,
    probes: Vec<Probe>,
}

/// Decides the cases of a read plan.
pub(crate) fn reads<'a>(ctx: &'a Ctx<'a>, plan: &ReadPlan) -> gate_exchange::BoxFuture<'a, Vec<Verdict>> {
    let plan = plan.clone();
    Box::pin(async move {
        let mut tally = Tally::default();
        let mut prepared = Vec::new();
        for tried in &plan.tried {
            match candidates(ctx, tried).await {
                Ok(objects) => {
                    let probes = match objects.first() {
                        Some(object) => all_probes(ctx, tried, &object.owner, &mut tally).await,
                        None => Vec::new(),
                    };
                    prepared.push(Prepared { tried, objects, probes });
                }
                Err(reason) => tally.without_object(ctx, tried, kinds(&tried.subject).first(), &reason),
            }
        }
        let mut again = Vec::new();
        for part in in_brackets(&prepared) {
            let closed = bracket(ctx, &part, &mut tally).await;
            tally.add(closed.verdicts);
            again.extend(closed.again);
        }
        let find = |probe: &Probe| {
            prepared
                .iter()
                .find(|prepared| prepared.probes.iter().any(|known| known.case.id == probe.case.id))
        };
        tally
            .alone(again, 1, |probe| {
                let alone = find(&probe).map(|prepared| Prepared {
                    tried: prepared.tried,
                    objects: prepared.objects.clone(),
                    probes: vec![probe],
                });
                async move {
                    let mut tally = Tally::default();
                    let alone: Vec<Prepared<'_>> = alone.into_iter().collect();
                    let mut closed = bracket(ctx, &alone, &mut tally).await;
                    closed.verdicts.extend(tally.verdicts());
                    closed
                }
            })
            .await;
        tally.verdicts()
    })
}

/// Cuts what was prepared into brackets: an operation that is tried with a whole corpus gets brackets of its own, so that no
/// control stands far from its probes.
fn in_brackets<'p>(prepared: &[Prepared<'p>]) -> Vec<Vec<Prepared<'p>>> {
    let (few, many): (Vec<&Prepared<'p>>, Vec<_>) = prepared
        .iter()
        .partition(|prepared| prepared.probes.len() <= Bracket::MAX_PROBES);
    let with = |prepared: &Prepared<'p>, probes: &[Probe]| Prepared {
        tried: prepared.tried,
        objects: prepared.objects.clone(),
        probes: probes.to_vec(),
    };
    let shared: Vec<Prepared<'p>> = few
        .into_iter()
        .map(|prepared| with(prepared, &prepared.probes))
        .collect();
    let alone = many.into_iter().flat_map(|prepared| {
        let parts = prepared.probes.chunks(Bracket::MAX_PROBES);
        parts.map(|probes| vec![with(prepared, probes)]).collect::<Vec<_>>()
    });
    std::iter::once(shared)
        .filter(|shared| !shared.is_empty())
        .chain(alone)
        .collect()
}

/// The kinds of objects that an operation may show.
fn kinds(subject: &Subject) -> Vec<ResourceName> {
    match subject {
        Subject::Read(name) => vec![name.clone()],
        Subject::List(names) => names.iter().take(MAX_KINDS).cloned().collect(),
        _ => Vec::new(),
    }
}

/// The objects that may show up: the one that is read, or one of each kind that a list may hold.
async fn candidates(ctx: &Ctx<'_>, tried: &Tried) -> Result<Vec<Arc<Object>>, Undecided> {
    let kinds = kinds(&tried.subject);
    let mut objects = Vec::new();
    let mut first_error = None;
    for kind in &kinds {
        match ctx.objects.leased(kind).await {
            Ok(object) => objects.push(object),
            Err(reason) if promises(ctx, &tried.operation, kind) => return Err(reason),
            Err(reason) => first_error = first_error.or(Some(reason)),
        }
    }
    // The probers are chosen against one owner.
    let owner = objects.first().map(|object: &Arc<Object>| object.owner.clone());
    objects.retain(|object| Some(&object.owner) == owner.as_ref());
    if objects.is_empty() {
        return Err(
            first_error.unwrap_or_else(|| Undecided::new(Cause::ObjectMissing, "no kind of object is known here"))
        );
    }
    Ok(objects)
}

/// Whether the plan or the document says that an operation shows objects of a kind.
fn promises(ctx: &Ctx<'_>, operation: &Operation, kind: &ResourceName) -> bool {
    ctx.spec.shown_in(&operation.id).any(|known| known.name == *kind)
}

async fn bracket(ctx: &Ctx<'_>, prepared: &[Prepared<'_>], tally: &mut Tally) -> Closed {
    let actors: Vec<Actor> = prepared
        .iter()
        .flat_map(|one| &one.probes)
        .map(|probe| probe.actor.clone())
        .collect();
    let bracket = Bracket::open(ctx, &actors).await;
    for one in prepared {
        if let Err(reason) = decide(ctx, &bracket, one).await {
            if reason.cause == Cause::ObjectMissing {
                tally.without_object(ctx, one.tried, kinds(&one.tried.subject).first(), &reason);
            } else {
                tally.open(&one.probes, &reason);
            }
        }
    }
    bracket.close().await
}

async fn decide<'t>(ctx: &'t Ctx<'t>, bracket: &Bracket<'t>, one: &Prepared<'_>) -> Result<(), Undecided> {
    let operation = &one.tried.operation;
    let mut first_error = None;
    let mut decided = false;
    for object in &one.objects {
        // What the plan says that this shows is tried for each such kind; what it may show only until one is found.
        let promised = promises(ctx, operation, &object.resource);
        if decided && !promised {
            continue;
        }
        let searches = operation.request.holes().iter().any(|hole| hole.starts_with("canary"));
        if searches && object.canaries.is_empty() {
            let nothing = "nothing of ours is in any object here that could be searched for";
            let reason = Undecided::new(Cause::ObjectMissing, nothing);
            first_error = first_error.or(Some(reason.settled_by(ctx.spec.stub_mark(&object.resource))));
            continue;
        }
        let request = bound_request(ctx, operation, object)?;
        let probes = one.probes.clone();
        let result = match one.tried.subject {
            Subject::List(_) => run_one(
                bracket,
                OwnersWalk::new(&operation.id, request, Arc::clone(object)),
                probes,
            )
            .await
            .map(|_| ()),
            _ => {
                let control = GrantedRead::new(&object.owner, &operation.id, request, Some(Arc::clone(object)))
                    .with_detours(detours(ctx, operation, object, &probes).await);
                run_one(bracket, control, probes).await.map(|_| ())
            }
        };
        match result {
            Ok(()) => decided = true,
            Err(reason) if promised => return Err(reason),
            Err(reason) => first_error = first_error.or(Some(reason)),
        }
    }
    if decided {
        return Ok(());
    }
    Err(first_error.unwrap_or_else(|| Undecided::new(Cause::ObjectMissing, "no object to test with")))
}

/// The same object under a parent of the prober's own: handlers that check the parent and forget the child serve it.
async fn detours(
    ctx: &Ctx<'_>,
    operation: &Operation,
    object: &Arc<Object>,
    probes: &[Probe],
) -> Vec<(Actor, Request)> {
    let mut detours = Vec::new();
    for probe in probes {
        let Some(identity) = &probe.actor.identity else {
            continue;
        };
        for own in own_parents(ctx, operation, object, identity).await {
            let bindings = Bindings {
                objects: vec![own, Arc::clone(object)],
                params: operation.params.clone(),
                fixed: Vec::new(),
            };
            if let Ok(request) = fill(ctx, operation, identity, &bindings) {
                detours.push((probe.actor.clone(), request));
            }
        }
    }
    detours
}
