//! Requests as the document describes them, where what they make is known and can be taken back: a limit may stand behind the
//! validation that refuses an empty request.

use std::sync::Arc;

use gate_check::Ctx;
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request, Way};
use gate_model::{Cause, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin, extract};
use gate_spec::{Effect, Extract, Operation, ParamSource, Resource, Spec};

/// The kind of object that an operation makes, where the clean-up can take it back.
pub(super) fn taken_back<'p>(spec: &'p Spec, operation: &Operation) -> Option<&'p Resource> {
    let kind = spec.resources.get(operation.resource.as_ref()?)?;
    let made_here = kind.create.as_ref()?.operation.as_ref() == Some(&operation.id);
    (operation.effect == Effect::Create && made_here && kind.delete.is_some() && operation.public.is_none())
        .then_some(kind)
}

/// Makes one object as its owner would; whatever is made is handed to the clean-up.
///
/// # Errors
/// Where the request cannot be filled, or gets no answer.
pub(super) async fn made(ctx: &Ctx<'_>, operation: &Operation, kind: &Resource) -> Result<Exchange, Undecided> {
    let like = ctx.objects.leased(&kind.name).await?;
    let mut bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    for (_, source) in &operation.params {
        if let ParamSource::Id(resource) | ParamSource::Key(resource, _) = source {
            bindings.objects.push(ctx.objects.leased(resource).await?);
        }
    }
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&like.owner), &bindings).making(&kind.name);
    let request = Request::fill(&operation.request, &lookup)
        .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
    let unique = lookup.unique().to_owned();
    let outgoing = Outgoing::new(&Actor::identity(&like.owner), Purpose::Limit, request)
        .of(&operation.id)
        .by(Way::Fresh);
    let intent = ctx.objects.intends(&kind.name, &like.owner, Some(&unique));
    let exchange = ctx.target.send(outgoing).await?;
    if exchange.is_success() {
        let id = kind.id.iter().find_map(|from| match from {
            Extract::Named(template) => Some(template.replace("{{unique}}", &unique).into()),
            other => extract(other, &exchange),
        });
        let Some(id) = id else {
            // It stays in the journal, to be looked for.
            return Err(Undecided::new(
                Cause::ObjectMissing,
                format!("{} made an object whose id is not found in the answer", operation.id),
            ));
        };
        ctx.objects.adopt(Arc::new(Object {
            id,
            canaries: Vec::new(),
            origin: Origin::Created,
            ..(*like).clone()
        }));
    }
    ctx.objects.settled(intent);
    Ok(exchange)
}
