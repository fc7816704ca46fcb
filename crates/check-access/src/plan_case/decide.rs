//! Decides one case of the plan.

use std::sync::Arc;

use gate_check::{
    Bracket, ClosingProof, Control, Ctx, GrantedRead, GuardOnly, Judgement, Probe, Procedure, Refusal, Verdict,
};
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, ResourceName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::UserExpectation;

use super::Wanted;

pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Vec<Verdict> {
    let verdict = match wanted.line.expect {
        UserExpectation::Served => served(ctx, wanted).await,
        UserExpectation::Denied => denied(ctx, wanted).await,
    };
    vec![verdict.unwrap_or_else(|reason| Verdict::undecided(&wanted.case.id, reason))]
}

fn operation(wanted: &Wanted) -> OperationId {
    wanted
        .case
        .operation
        .clone()
        .unwrap_or_else(|| OperationId::new(&wanted.line.name))
}

async fn served(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Verdict, Undecided> {
    let actor = wanted
        .line
        .identity
        .as_ref()
        .map_or_else(Actor::anonymous, Actor::identity);
    let (request, _) = request(ctx, wanted, wanted.line.identity.as_ref()).await?;
    let procedure = Procedure::begin(&wanted.case);
    let exchange = gate_check::ask(
        ctx,
        Outgoing::new(&actor, Purpose::Control, request).of(&operation(wanted)),
    )
    .await?;
    let proof = ClosingProof::answered(ctx, &exchange);
    let judgement = match &proof {
        Ok(_) => Judgement::Holds(format!("{actor} was served ({})", exchange.status)),
        Err(reason) if reason.cause == Cause::ControlFailed => {
            let evidence = vec![ctx.target.evidence("probe", &exchange, None)];
            let detail = format!(
                "the plan says that {actor} is served; the answer was {}",
                exchange.status
            );
            let mut finding = wanted.text.finding(&wanted.case, &actor, None, "", detail, evidence);
            finding.title = format!(
                "{actor} is refused {}, which the plan says is served",
                operation(wanted)
            );
            Judgement::Violated(vec![finding])
        }
        Err(reason) => Judgement::Undecided(reason.clone()),
    };
    Ok(procedure.close(proof, judgement))
}

async fn denied(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Verdict, Undecided> {
    let control = wanted
        .control
        .clone()
        .ok_or_else(|| Undecided::new(Cause::ControlFailed, "nobody is named as the control"))?;
    let (request, object) = request(ctx, wanted, Some(&control)).await?;
    let operation = operation(wanted);
    if wanted.line.request.method.is_safe() {
        bracket(ctx, wanted, || {
            GrantedRead::new(&control, &operation, request.clone(), object.clone())
        })
        .await
    } else {
        let settle = "cases: [ { …, control: NAME } ]   # somebody who is served this request".to_owned();
        let caller = Actor::identity(&control);
        bracket(ctx, wanted, || {
            GuardOnly::new(caller.clone(), &operation, request.clone(), true, settle.clone())
        })
        .await
    }
}

/// One probe in a bracket, and once more where it stayed open.
async fn bracket<C: Control>(ctx: &Ctx<'_>, wanted: &Wanted, control: impl Fn() -> C) -> Result<Verdict, Undecided> {
    let actor = wanted
        .line
        .identity
        .as_ref()
        .map_or_else(Actor::anonymous, Actor::identity);
    let refusal = if actor.is_anonymous() {
        Refusal::Credential
    } else {
        Refusal::Ordinary
    };
    let mut last = Undecided::new(Cause::NoVerdict, "nothing was probed");
    for _ in 0..2 {
        let mut bracket = Bracket::open(ctx, std::slice::from_ref(&actor)).await;
        let mut held = bracket.hold(control()).await?;
        let (case, text) = (Arc::new(wanted.case.clone()), Arc::clone(&wanted.text));
        held.probe(Probe {
            case,
            actor: actor.clone(),
            refusal,
            text,
        })
        .await;
        held.reask().await;
        let closed = bracket.close().await;
        if let Some(verdict) = closed.verdicts.into_iter().next() {
            return Ok(verdict);
        }
        if let Some((_, reason)) = closed.again.into_iter().next() {
            last = reason;
        }
    }
    Err(last)
}

/// The request with the objects that it names, and the object that it is about. The same bytes are sent by everybody, so
/// that nothing of the caller's own is in them.
async fn request(
    ctx: &Ctx<'_>,
    wanted: &Wanted,
    caller: Option<&IdentityName>,
) -> Result<(Request, Option<Arc<Object>>), Undecided> {
    let mut bindings = Bindings::default();
    let mut about = None;
    for hole in wanted.line.request.holes() {
        let parts: Vec<&str> = hole.split('.').collect();
        let (owner, kind, key) = match parts.as_slice() {
            [owner, kind, key] if ctx.spec.identities.contains_key(*owner) => {
                (Some(IdentityName::new(owner)), *kind, *key)
            }
            [kind, key] => (caller.cloned(), *kind, *key),
            [kind] => (caller.cloned(), *kind, "id"),
            _ => continue,
        };
        let kind = ResourceName::new(kind);
        if !ctx.spec.resources.contains_key(&kind) {
            continue;
        }
        let object = object(ctx, &kind, owner.as_ref()).await?;
        let value = if key == "id" {
            Some(object.id.clone())
        } else {
            object.key_value(key).cloned()
        };
        if let Some(value) = value {
            bindings.fixed.push((hole.clone(), value));
        }
        about = about.or(Some(object));
    }
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, caller, &bindings);
    let request = Request::fill(&wanted.line.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
    Ok((request, about))
}

async fn object(ctx: &Ctx<'_>, kind: &ResourceName, owner: Option<&IdentityName>) -> Result<Arc<Object>, Undecided> {
    let leased = ctx.objects.leased(kind).await;
    match (leased, owner) {
        (Ok(object), Some(owner)) if object.owner == *owner => Ok(object),
        (_, Some(owner)) => ctx.objects.owned(kind, owner).await,
        (leased, None) => leased,
    }
}
