//! What one may reach and another may not, shown by asking both.

use std::sync::Arc;

use gate_check::{Ctx, Standing, State, Stop, standing_on};
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Effect, Method, Operation, ParamSource, Visibility};

use crate::guards::protected;

/// Operations that are tried in the search for one that tells two roles apart.
const MAX_TRIED: usize = 5;
/// Names of parts of an API that few roles may use.
const APART: [&str; 7] = ["admin", "manage", "users", "members", "settings", "audit", "billing"];

/// Two identities and a read that tells them apart.
pub(super) struct Played {
    /// Who is served.
    pub(super) greater: IdentityName,
    /// Who is refused.
    pub(super) lesser: IdentityName,
    /// The read, in a few words.
    pub(super) label: String,
    /// What the greater one was shown.
    pub(super) served: Exchange,
    /// How the lesser one was refused.
    pub(super) refused: Exchange,
    operation: OperationId,
    object: Option<Arc<Object>>,
}

impl Played {
    /// The read as somebody.
    pub(super) fn asking(&self, ctx: &Ctx<'_>, actor: &Actor) -> Result<Outgoing, Undecided> {
        let operation = ctx.spec.operations.get(&self.operation);
        let operation =
            operation.ok_or_else(|| Undecided::new(Cause::NoVerdict, "the operation is not in the plan"))?;
        asking(ctx, operation, self.object.as_ref(), &self.greater, actor)
    }

    /// Whether an answer shows what the greater one was shown: the mark in an object of his, or the same answer.
    pub(super) fn is_shown(&self, ctx: &Ctx<'_>, exchange: &Exchange) -> bool {
        if !exchange.is_success() || exchange.body.is_empty() {
            return false;
        }
        match &self.object {
            Some(object) if !object.canaries.is_empty() => {
                let found = ctx.canaries.find(&exchange.body);
                found.iter().any(|(canary, _)| canary.owner == object.owner)
            }
            // What changes by itself, such as the last use of a session, may differ.
            _ => {
                let (theirs, shown) = (State::of(&self.served), State::of(exchange));
                let differs = theirs.change(&shown, &[]).map_or(0, |change| change.fields.len());
                let size = self.served.body.len().max(1);
                exchange.body.len() * 2 > size && differs * 40 <= size
            }
        }
    }
}

fn asking(
    ctx: &Ctx<'_>,
    operation: &Operation,
    object: Option<&Arc<Object>>,
    owner: &IdentityName,
    actor: &Actor,
) -> Result<Outgoing, Undecided> {
    let bindings = Bindings {
        objects: object.cloned().into_iter().collect(),
        params: operation.params.clone(),
        fixed: Vec::new(),
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(owner), &bindings);
    let request = Request::fill(&operation.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
    Ok(Outgoing::new(actor, Purpose::Probe, request)
        .of(&operation.id)
        .about(object.map(|object| object.key)))
}

/// An object of one tenant, which a stranger is refused.
pub(super) async fn of_tenant(ctx: &Ctx<'_>, stranger: &IdentityName) -> Result<Played, Stop> {
    let mut last = None;
    for resource in ctx
        .spec
        .resources
        .values()
        .filter(|resource| resource.visibility == Visibility::Tenant)
    {
        let read = resource.read.as_ref().and_then(|call| call.operation.as_ref());
        let Some(operation) = read.and_then(|id| ctx.spec.operations.get(id)) else {
            continue;
        };
        let object = match ctx.objects.leased(&resource.name).await {
            Ok(object) => object,
            Err(reason) => {
                last = Some(reason);
                continue;
            }
        };
        let owners = ctx.spec.identities.get(&object.owner).map(|owner| &owner.tenant);
        let theirs = ctx.spec.identities.get(stranger).map(|stranger| &stranger.tenant);
        if owners == theirs {
            continue;
        }
        let owner = object.owner.clone();
        if let Some(played) = apart(ctx, operation, Some(&object), &owner, stranger).await? {
            return Ok(played);
        }
    }
    match last {
        Some(reason) => Err(reason.into()),
        None => Err(Stop::missing("no object of the plan is refused to a stranger", None)),
    }
}

/// A read that one of two roles is served and the other refused.
pub(super) async fn of_role(ctx: &Ctx<'_>, one: &IdentityName, two: &IdentityName) -> Result<Played, Stop> {
    let mut reads: Vec<&Operation> = protected(ctx.spec)
        .filter(|operation| {
            operation.method() == Method::Get
                && operation.skip.is_none()
                && matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther)
                && operation
                    .params
                    .iter()
                    .all(|(_, source)| matches!(source, ParamSource::Tenant | ParamSource::Literal(_)))
        })
        .collect();
    let apart_by_name = |operation: &Operation| APART.iter().any(|word| operation.id.path().contains(word));
    let apart_by_plan = |operation: &Operation| {
        let granted = |name: &IdentityName| {
            let identity = ctx.spec.identities.get(name);
            identity.is_some_and(|identity| ctx.spec.granted(identity, &operation.id).is_some())
        };
        granted(one) != granted(two)
    };
    reads.sort_by_key(|operation| (!apart_by_plan(operation), !apart_by_name(operation)));
    for operation in reads.into_iter().take(MAX_TRIED) {
        if let Some(played) = apart(ctx, operation, None, two, one).await? {
            return Ok(played);
        }
        if let Some(played) = apart(ctx, operation, None, one, two).await? {
            return Ok(played);
        }
    }
    Err(Stop::missing(
        format!("no read that was tried is served to one of {one} and {two} and refused to the other"),
        None,
    ))
}

/// Asks both; `None` where they are not told apart this way round.
async fn apart(
    ctx: &Ctx<'_>,
    operation: &Operation,
    object: Option<&Arc<Object>>,
    greater: &IdentityName,
    lesser: &IdentityName,
) -> Result<Option<Played>, Stop> {
    let ask = async |who: &IdentityName| {
        let outgoing = asking(ctx, operation, object, greater, &Actor::identity(who))?;
        standing_on(ctx, outgoing).await
    };
    let Ok(Standing::Served(served)) = ask(greater).await else {
        return Ok(None);
    };
    let Ok(Standing::Refused(_, refused)) = ask(lesser).await else {
        return Ok(None);
    };
    // A refusal counts while the session is alive.
    ctx.sessions.alive(lesser).await?;
    Ok(Some(Played {
        greater: greater.clone(),
        lesser: lesser.clone(),
        label: operation.id.to_string(),
        served,
        refused,
        operation: operation.id.clone(),
        object: object.cloned(),
    }))
}
