//! Decides one operation: the identity's own reference is served, the foreign one tried, the own one served again.

use std::sync::Arc;

use gate_check::{ClosingProof, Ctx, Judgement, Procedure, Verdict};
use gate_exchange::Exchange;
use gate_model::{Cause, Finding, IdentityName, Missing, ResourceName, Undecided};
use gate_objects::{Bindings, Object};
use gate_spec::{Effect, Identity, Reference, Resource, Spec};
use serde_json::Value;

use super::Wanted;
use super::judge::{self, Tried};
use crate::bodies;
use crate::own_writes::{Sent, View, Writer, no_id, view};

/// The placeholder of the field in question.
const HOLE: &str = "reference under test";
/// Identities that are asked to do it with what is their own, until one is served.
const MAX_WRITERS: usize = 3;

/// Why there is no judgement.
pub(super) enum Open {
    /// It could not be found out.
    Undecided(Undecided),
    /// The identity could not do it with what is its own either.
    NotServed(Undecided),
    /// Nobody is there who could.
    Missing(Missing),
}

impl From<Undecided> for Open {
    fn from(reason: Undecided) -> Self {
        Self::Undecided(reason)
    }
}

/// What came of one field.
type One = Result<(Judgement, ClosingProof), Open>;

pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Verdict {
    let mut findings: Vec<Finding> = Vec::new();
    let (mut holds, mut undecided, mut missing) = (Vec::new(), None, None);
    let mut proof = None;
    for reference in &wanted.references {
        let mut one = field(ctx, wanted, reference).await;
        if let Err(Open::Undecided(reason)) = &one
            && matches!(reason.cause, Cause::SessionLost | Cause::ControlLost | Cause::Flaky)
        {
            one = field(ctx, wanted, reference).await;
        }
        match one {
            Ok((Judgement::Violated(more), _)) => findings.extend(more),
            Ok((Judgement::Holds(text), closing)) => {
                holds.push(text);
                proof = Some(closing);
            }
            Ok((Judgement::Undecided(reason), _)) | Err(Open::Undecided(reason) | Open::NotServed(reason)) => {
                undecided = undecided.or(Some(reason));
            }
            Err(Open::Missing(what)) => missing = missing.or(Some(what)),
        }
    }
    let procedure = Procedure::begin(&wanted.case);
    let nothing = || Undecided::new(Cause::NoVerdict, "nothing was asked");
    if !findings.is_empty() {
        return procedure.close(Err(nothing()), Judgement::Violated(findings));
    }
    match (undecided, proof, missing) {
        (Some(reason), _, _) => Verdict::undecided(&wanted.case.id, reason),
        (None, Some(proof), _) => procedure.close(Ok(proof), Judgement::Holds(holds.join("; "))),
        (None, None, Some(missing)) => Verdict::not_testable(&wanted.case.id, missing),
        (None, None, None) => Verdict::undecided(&wanted.case.id, nothing()),
    }
}

/// One field, tried by the first identity of another tenant that is served with what is its own.
async fn field(ctx: &Ctx<'_>, wanted: &Wanted, reference: &Reference) -> One {
    let foreign = ctx.objects.leased(&reference.kind).await?;
    let mut not_served = Vec::new();
    for who in writers(ctx.spec, wanted, reference, &foreign.owner)
        .into_iter()
        .take(MAX_WRITERS)
    {
        match try_as(ctx, wanted, reference, &foreign, &who.name).await {
            Err(Open::NotServed(reason)) => not_served.push(reason),
            other => return other,
        }
    }
    // A role that may not do it at all is no fault of the target; the plan has nobody to try it with.
    let forbidden = |reason: &Undecided| reason.evidence.iter().any(|shown| shown.status == 403);
    match not_served.into_iter().find(|reason| !forbidden(reason)) {
        Some(reason) => Err(Open::NotServed(reason)),
        None => Err(Open::Missing(Missing {
            what: format!(
                "no identity of another tenant than {}'s may itself be served {} with a {} of its own",
                foreign.owner, wanted.operation.id, reference.kind
            ),
            add: Some(ctx.spec.stub_identity(None)),
        })),
    }
}

/// Identities of other tenants that the plan lets do it, and does not let see the owner's objects.
fn writers<'s>(spec: &'s Spec, wanted: &Wanted, reference: &Reference, owner: &IdentityName) -> Vec<&'s Identity> {
    let Some(owner) = spec.identities.get(owner) else {
        return Vec::new();
    };
    let read = spec
        .resources
        .get(&reference.kind)
        .and_then(|kind| kind.read.as_ref().or(kind.list()))
        .and_then(|call| spec.operations.get(call.operation.as_ref()?));
    let may = |who: &&Identity| {
        spec.granted(who, &wanted.operation.id).is_some()
            && !spec.open_to_other_tenants(who, &wanted.operation)
            && read.is_none_or(|read| !spec.open_to_other_tenants(who, read))
    };
    spec.intruders(owner).into_iter().filter(may).collect()
}

async fn try_as(
    ctx: &Ctx<'_>,
    wanted: &Wanted,
    reference: &Reference,
    foreign: &Arc<Object>,
    who: &IdentityName,
) -> One {
    let resource = known(ctx.spec, &wanted.resource)?;
    let operation = &wanted.operation;
    let template = bodies::with(&operation.request, &reference.pointer, &format!("{{{{{HOLE}}}}}"))
        .ok_or_else(|| Undecided::new(Cause::ObjectMissing, "the body has no such field"))?;
    let own = ctx.objects.owned(&reference.kind, who).await.map_err(Open::NotServed)?;
    let mut writer = Writer::new(ctx, who);
    writer.offer_to(Some(&foreign.owner));
    let mut bindings = writer.needed(resource, &template).await.map_err(Open::NotServed)?;
    bindings.params.clone_from(&operation.params);
    let target = match operation.effect {
        Effect::Update => Some(
            writer
                .fresh(resource, std::slice::from_ref(&own))
                .await
                .map_err(Open::NotServed)?,
        ),
        _ => None,
    };
    bindings.objects.splice(0..0, target.iter().cloned());
    let making = target.is_none().then_some(&resource.name);

    let with_own = filled(&bindings, &own);
    let before = writer.control(operation, &template, &with_own, making).await?;
    ClosingProof::answered(ctx, &before.exchange)
        .map_err(|reason| Open::NotServed(not_served(ctx, wanted, reason, &before.exchange)))?;
    let control = match &target {
        Some(target) => Arc::clone(target),
        None => writer
            .made(resource, &before, &with_own, std::slice::from_ref(&own))
            .ok_or_else(|| no_id(ctx, resource, &before.exchange))?,
    };
    // What a change left is seen only until the next one.
    let shown = match &target {
        Some(target) => view(ctx, who, resource, target, true).await?,
        None => None,
    };

    let with_foreign = filled(&bindings, foreign);
    let (probe, refused) = writer.probe(operation, &template, &with_foreign, making).await?;
    let stored = stored(
        &writer,
        resource,
        &target,
        &with_foreign,
        foreign,
        (&probe, refused.is_some()),
    )
    .await?;
    let tried = Tried {
        wanted,
        reference,
        resource,
        who,
        own: &own,
        foreign,
        probe: &probe,
        refused: refused.as_deref(),
        control: &control,
        shown,
        stored,
    };
    let judgement = judge::judge(ctx, &tried).await?;

    let after = writer.control(operation, &template, &with_own, making).await?;
    let lost = |reason: Undecided| Undecided {
        cause: Cause::ControlLost,
        ..not_served(ctx, wanted, reason, &after.exchange)
    };
    if target.is_none() && after.exchange.is_success() {
        writer.made(resource, &after, &with_own, std::slice::from_ref(&own));
    }
    if let Judgement::Violated(_) = judgement {
        return Ok((judgement, ClosingProof::answered(ctx, &before.exchange)?));
    }
    let proof = ClosingProof::answered(ctx, &after.exchange).map_err(lost)?;
    if before.exchange.generation != probe.exchange.generation || probe.exchange.generation != after.exchange.generation
    {
        return Err(Undecided::new(
            Cause::SessionLost,
            format!("{who}'s session was renewed while a foreign reference was tried"),
        )
        .into());
    }
    Ok((judgement, proof))
}

/// What the try left behind, where it left anything: the object that may name the foreign one now.
async fn stored(
    writer: &Writer<'_>,
    resource: &Resource,
    target: &Option<Arc<Object>>,
    bindings: &Bindings,
    foreign: &Arc<Object>,
    (probe, refused): (&Sent, bool),
) -> Result<Option<Arc<Object>>, Undecided> {
    if let Some(target) = target {
        return Ok(Some(Arc::clone(target)));
    }
    let after = std::slice::from_ref(foreign);
    if !refused && let Some(made) = writer.made(resource, probe, bindings, after) {
        return Ok(Some(made));
    }
    // A handler that refuses may have made it all the same.
    let listed = writer.in_list(resource, bindings, &probe.marks).await?;
    Ok(listed.map(|(id, _)| writer.holds(resource, id, probe, bindings, after)))
}

fn filled(bindings: &Bindings, object: &Arc<Object>) -> Bindings {
    let mut bindings = bindings.clone();
    bindings.fixed.push((HOLE.to_owned(), object.id.clone()));
    bindings
}

pub(super) fn known<'s>(spec: &'s Spec, name: &ResourceName) -> Result<&'s Resource, Undecided> {
    spec.resources
        .get(name)
        .ok_or_else(|| Undecided::new(Cause::ObjectMissing, format!("the plan knows no resource `{name}`")))
}

fn not_served(ctx: &Ctx<'_>, wanted: &Wanted, reason: Undecided, exchange: &Exchange) -> Undecided {
    Undecided {
        detail: format!(
            "{} (with an object of its own in {})",
            reason.detail, wanted.operation.id
        ),
        ..reason
    }
    .settled_by(format!(
        "{}   # what the server accepts, or skip",
        ctx.spec.stub_request(&wanted.operation.id)
    ))
    .shown_by(ctx.target.evidence("control", exchange, None))
}

/// The places of an object as its maker sees it that hold an id.
pub(super) fn places(view: &View, id: &str) -> Vec<String> {
    let View::Shown { json, .. } = view else {
        return Vec::new();
    };
    let holds = |value: &Value| crate::own_writes::text(value) == id;
    let mut places: Vec<String> = bodies::scalars(json)
        .into_iter()
        .filter(|(_, value)| holds(value))
        .map(|(pointer, _)| pointer)
        .collect();
    places.sort();
    places
}
