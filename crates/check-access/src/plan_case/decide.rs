//! Decides one case of the plan.

use std::sync::Arc;

use gate_check::{
    Aimed, Bracket, Closed, ClosingProof, Control, Ctx, GrantedRead, GuardOnly, Judgement, OwnersWrite, Probe,
    Procedure, Refusal, Verdict,
};
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, ResourceName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Effect, Method, Operation, UserExpectation};

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
    let Bound { request, .. } = bind(ctx, wanted, wanted.line.identity.as_ref()).await?;
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
    let mut last = Undecided::new(Cause::NoVerdict, "nothing was probed");
    // Once more where it stayed open.
    for _ in 0..2 {
        let closed = try_it(ctx, wanted).await?;
        if let Some(verdict) = closed.verdicts.into_iter().next() {
            return Ok(verdict);
        }
        if let Some((_, reason)) = closed.again.into_iter().next() {
            last = reason;
        }
    }
    Err(last)
}

/// One probe in a bracket, on an object that is bound anew where the request may change it.
async fn try_it(ctx: &Ctx<'_>, wanted: &Wanted) -> Result<Closed, Undecided> {
    let control = wanted
        .control
        .clone()
        .ok_or_else(|| Undecided::new(Cause::ControlFailed, "nobody is named as the control"))?;
    let Bound { request, object, fixed } = bind(ctx, wanted, Some(&control)).await?;
    let operation = operation(wanted);
    if wanted.line.request.method.is_safe() {
        return bracket(ctx, wanted, GrantedRead::new(&control, &operation, request, object)).await;
    }
    // A write on an object of the control's is judged by the object; anything else by the guard alone.
    let state = object.filter(|object| object.owner == control).and_then(|object| {
        let kind = ctx.spec.resources.get(&object.resource)?;
        Aimed::new(object, kind)
    });
    match state {
        Some(aimed) => {
            let written = as_operation(wanted, &operation);
            bracket(ctx, wanted, OwnersWrite::new(&written, &aimed, 0).with_fixed(fixed)).await
        }
        None => {
            let settle = super::with_control(ctx.spec, &wanted.line);
            let caller = Actor::identity(&control);
            bracket(ctx, wanted, GuardOnly::new(caller, &operation, request, true, settle)).await
        }
    }
}

/// The line as an operation on the object that it names.
fn as_operation(wanted: &Wanted, id: &OperationId) -> Operation {
    let request = wanted.line.request.clone();
    let effect = match request.method {
        Method::Delete => Effect::Delete,
        Method::Put | Method::Patch => Effect::Update,
        _ => Effect::Action,
    };
    Operation {
        id: id.clone(),
        request,
        params: Vec::new(),
        effect,
        resource: None,
        public: None,
        secured: None,
        skip: None,
        query_names: Vec::new(),
        produces: Vec::new(),
        declared: Default::default(),
        source: wanted.line.source.clone(),
    }
}

async fn bracket<C: Control>(ctx: &Ctx<'_>, wanted: &Wanted, control: C) -> Result<Closed, Undecided> {
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
    let bracket = Bracket::open(ctx, std::slice::from_ref(&actor)).await;
    let mut held = bracket.hold(control).await?;
    held.probe(Probe {
        case: Arc::new(wanted.case.clone()),
        actor,
        refusal,
        text: Arc::clone(&wanted.text),
        alter: None,
        remark: None,
        bare: None,
    })
    .await;
    held.reask().await;
    Ok(bracket.close().await)
}

/// A request with the objects that it names.
struct Bound {
    request: Request,
    /// The object that it is about: the first that it names.
    object: Option<Arc<Object>>,
    /// What stands for its placeholders.
    fixed: Vec<(String, serde_json::Value)>,
}

/// Fills the line's request. The same bytes are sent by everybody, so that nothing of the caller's own is in them. What may
/// be changed is made for this case alone.
async fn bind(ctx: &Ctx<'_>, wanted: &Wanted, caller: Option<&IdentityName>) -> Result<Bound, Undecided> {
    let mut bindings = Bindings::default();
    let mut about: Option<Arc<Object>> = None;
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
        let known = about.as_ref().and_then(|object| object.of_kind(&kind).cloned());
        let object = match known {
            Some(object) => object,
            None => object(ctx, &kind, owner.as_ref(), wanted.line.request.method.is_safe()).await?,
        };
        let value = if key == "id" {
            Some(object.id.clone())
        } else {
            object.key_value(key).cloned()
        };
        if let Some(value) = value {
            bindings.fixed.push((hole.clone(), value));
        }
        // The innermost object is what the request is about; its ancestors only lead there.
        let inner = about
            .as_ref()
            .is_none_or(|about| object.ancestors.iter().any(|above| above.key == about.key));
        if inner {
            about = Some(object);
        }
    }
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, caller, &bindings);
    let request = Request::fill(&wanted.line.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
    Ok(Bound {
        request,
        object: about,
        fixed: bindings.fixed,
    })
}

async fn object(
    ctx: &Ctx<'_>,
    kind: &ResourceName,
    owner: Option<&IdentityName>,
    safe: bool,
) -> Result<Arc<Object>, Undecided> {
    let leased = ctx.objects.leased(kind).await;
    let made = ctx.spec.resources.get(kind).is_some_and(|kind| kind.create.is_some());
    match (leased, owner) {
        (Ok(object), owner) if owner.is_none_or(|owner| object.owner == *owner) => {
            if safe || !made {
                Ok(object)
            } else {
                ctx.objects.disposable(kind).await
            }
        }
        (_, Some(owner)) => ctx.objects.owned(kind, owner).await,
        (leased, None) => leased,
    }
}
