//! What only a member of the tenant is served: by the plan's own word, or an object that the tenant owns.

use gate_check::Ctx;
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, Undecided};
use gate_objects::{Bindings, CallerLookup};
use gate_spec::{Action, Effect, Identity, Lookup, Visibility};
use serde_json::Value;

use crate::ending::{Question, served};
use crate::script::Stop;

/// Kinds of objects that are tried in the search for one that the member is served.
const MAX_KINDS: usize = 4;

/// What is asked of the member's session.
pub(super) struct Belonging {
    /// The question.
    pub(super) question: Question,
    /// In a few words.
    pub(super) label: String,
    /// What the member was shown; `None` where being served after the removal says nothing of a membership.
    pub(super) shown: Option<Exchange>,
}

/// Finds what the member is served now.
///
/// # Errors
/// Where what the plan names is refused, or no answer came.
pub(super) async fn belonging(
    ctx: &Ctx<'_>,
    removal: &Action,
    user: &Identity,
    session: &Actor,
) -> Result<Belonging, Stop> {
    if let Some(loses) = &removal.loses {
        let own = |name: &str| -> Option<Value> {
            match name {
                "tenant" => Some(Value::from(user.tenant_value())),
                _ => user.field(name).map(|field| Value::from(field.expose().as_str())),
            }
        };
        let request = Request::fill(loses, &own as &dyn Lookup).map_err(|error| {
            let detail = format!("`loses` of `remove_member` cannot be sent: {error}");
            Undecided::new(Cause::ControlFailed, detail)
        })?;
        let question = Question::This(Box::new(Outgoing::new(session, Purpose::Probe, request)));
        let shown = served(ctx, session, &question).await.map_err(|refused| Undecided {
            settle: refused.settle.or_else(|| Some(super::line())),
            ..refused
        })?;
        return Ok(Belonging {
            question,
            label: format!("{} {}", loses.method, loses.path),
            shown: Some(shown),
        });
    }
    if let Some(found) = object_of_tenant(ctx, user, session).await? {
        return Ok(found);
    }
    served(ctx, session, &Question::Whose).await?;
    Ok(Belonging {
        question: Question::Whose,
        label: "the question whose it is".to_owned(),
        shown: None,
    })
}

/// The read of an object that belongs to the tenant and that somebody else made.
async fn object_of_tenant(ctx: &Ctx<'_>, user: &Identity, session: &Actor) -> Result<Option<Belonging>, Stop> {
    let kinds = ctx.spec.resources.values().filter(|resource| {
        resource.visibility == Visibility::Tenant && (resource.create.is_some() || resource.list().is_some())
    });
    for kind in kinds.take(MAX_KINDS) {
        let Some(read) = &kind.read else { continue };
        let operation = read.operation.as_ref().and_then(|id| ctx.spec.operations.get(id));
        if !operation.is_some_and(|operation| operation.public.is_none() && operation.effect == Effect::Read) {
            continue;
        }
        let Ok(object) = ctx.objects.leased(&kind.name).await else {
            continue;
        };
        let owner = ctx.spec.identities.get(&object.owner);
        if object.owner == user.name || owner.is_none_or(|owner| owner.tenant != user.tenant) {
            continue;
        }
        let bindings = Bindings {
            objects: vec![object.clone()],
            params: read.params.clone(),
            fixed: Vec::new(),
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&object.owner), &bindings);
        let Ok(request) = Request::fill(&read.request, &lookup) else {
            continue;
        };
        let mut outgoing = Outgoing::new(session, Purpose::Probe, request).about(Some(object.key));
        outgoing.operation.clone_from(&read.operation);
        let question = Question::This(Box::new(outgoing));
        match served(ctx, session, &question).await {
            Ok(shown) => {
                return Ok(Some(Belonging {
                    question,
                    label: format!("a {} of {}", kind.name, object.owner),
                    shown: Some(shown),
                }));
            }
            // Not everything of a tenant is for each of its members.
            Err(refused) if refused.cause == Cause::ControlFailed => {}
            Err(reason) => return Err(reason.into()),
        }
    }
    Ok(None)
}
