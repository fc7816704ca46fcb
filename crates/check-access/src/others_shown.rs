//! Whose objects an answer shows, and who may not be shown them: what the checks of lists and of tenants that are named have in common.

use gate_check::{Ctx, Shown, foreign_canary};
use gate_exchange::{Actor, Exchange};
use gate_model::{IdentityName, Missing};
use gate_objects::Object;
use gate_spec::{Identity, Operation};

/// Whether an answer to an owner holds a private value of his own tenant, or the object by an id that nobody could guess.
pub(crate) fn shows_own(ctx: &Ctx<'_>, object: &Object, exchange: &Exchange) -> bool {
    let tenant = |name: &IdentityName| ctx.spec.identities.get(name).map(|identity| &identity.tenant);
    let mut found = ctx.canaries.find(&exchange.body).into_iter();
    found.any(|(canary, _)| tenant(&canary.owner) == tenant(&object.owner)) || holds_id(object, exchange)
}

/// What shows that an answer to a stranger holds what is another's.
pub(crate) fn foreign(ctx: &Ctx<'_>, actor: &Actor, object: &Object, exchange: &Exchange) -> Option<Shown> {
    foreign_canary(ctx, actor, exchange).or_else(|| {
        (exchange.is_success() && holds_id(object, exchange)).then(|| Shown {
            what: format!("the id of {}'s {}", object.owner, object.resource),
            span: object.id_text(),
        })
    })
}

/// Whether an answer holds an object's id, where that is a random one and not what was asked for.
fn holds_id(object: &Object, exchange: &Exchange) -> bool {
    let id = object.id_text();
    let random = id.len() >= 20
        && id.bytes().any(|byte| byte.is_ascii_digit())
        && id.bytes().any(|byte| byte.is_ascii_alphabetic());
    random && !exchange.sent.request.path.contains(&id) && exchange.text().contains(&id)
}

/// Somebody of another tenant whom the plan lets ask the list, and does not show everybody's objects.
pub(crate) fn stranger<'s>(ctx: &'s Ctx<'_>, operation: &Operation, owner: &IdentityName) -> Option<&'s Identity> {
    let owner = ctx.spec.identities.get(owner)?;
    ctx.spec
        .intruders(owner)
        .into_iter()
        .find(|who| ctx.spec.granted(who, &operation.id).is_some() && !ctx.spec.open_to_other_tenants(who, operation))
}

/// What is missing where there is no such stranger.
pub(crate) fn nobody(ctx: &Ctx<'_>, operation: &Operation, owner: &IdentityName) -> Missing {
    Missing {
        what: format!(
            "no identity of another tenant than {owner}'s is granted {}, to ask it for what is not its own",
            operation.id
        ),
        add: Some(ctx.spec.stub_identity(None)),
    }
}
