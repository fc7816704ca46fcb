//! Two credentials in one request, and for whom each part of the target takes it.

use std::sync::Arc;

use gate_check::{ClosingProof, Ctx, Judgement, Person, Standing, logged_in, standing};
use gate_exchange::{Actor, Credentials, Exchange, Outgoing, Place, Purpose, Request};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Resource, Spec, Visibility};
use serde_json::Value;

use crate::script::{Scene, Stop};

/// Kinds of objects that are tried, until one is found that nobody else reads.
const MAX_KINDS: usize = 2;

/// Both credentials in one request.
pub(super) struct Mixed {
    pub(super) words: String,
    pub(super) parts: Vec<(Place, Secret<String>)>,
}

/// One of the two: who he is by his own word, and an object that only he reads.
pub(super) struct Player {
    name: IdentityName,
    credentials: Credentials,
    id: Value,
    object: Arc<Object>,
}

impl Player {
    /// Shows somebody alone: his session, his object.
    ///
    /// # Errors
    /// Where neither can be had.
    pub(super) async fn of(ctx: &Ctx<'_>, name: &IdentityName, stranger: &IdentityName) -> Result<Self, Stop> {
        let actor = Actor::identity(name);
        let whoami = match standing(ctx, &actor).await? {
            Standing::Served(exchange) => exchange,
            Standing::Refused(said, exchange) => {
                return Err(
                    Undecided::new(Cause::SessionLost, format!("{name}'s session was {said}"))
                        .shown_by(ctx.target.evidence("session alive", &exchange, None))
                        .into(),
                );
            }
        };
        let Some(id) = Person::shown(name, &whoami).id else {
            let what = format!("nothing shows for whom a request is taken: {name}'s whoami answers without an id");
            return Err(Stop::missing(what, None));
        };
        let mut open = None;
        let mut kinds = private_kinds(ctx.spec).peekable();
        if kinds.peek().is_none() {
            return Err(Stop::missing(
                "no kind of object of the plan can be made and read by its owner alone",
                ctx.spec
                    .resources
                    .keys()
                    .next()
                    .map(|resource| ctx.spec.stub_create(resource)),
            ));
        }
        for resource in kinds.take(MAX_KINDS) {
            let object = ctx.objects.owned(&resource.name, name).await?;
            let player = Self {
                name: name.clone(),
                credentials: ctx.sessions.credentials(&actor).await?,
                id: id.clone(),
                object,
            };
            let (own, exchange) = player.is_shown_to(ctx, &actor).await?;
            if !own {
                open = Some(format!(
                    "{name} is answered {} for an own {}",
                    exchange.status, resource.name
                ));
                continue;
            }
            // What everybody reads says nothing of whom a request is taken for.
            let strangers = [Actor::identity(stranger), Actor::anonymous()];
            let mut closed = true;
            for stranger in strangers {
                let (shown, _) = player.is_shown_to(ctx, &stranger).await?;
                if shown {
                    open = Some(format!(
                        "{stranger} reads the {} of {name} by itself: see auth/anonymous and access/read-other-tenant",
                        resource.name
                    ));
                    closed = false;
                    break;
                }
            }
            if closed {
                return Ok(player);
            }
        }
        Err(Undecided::new(
            Cause::ControlFailed,
            open.unwrap_or_else(|| format!("{name} reads no object of its own")),
        )
        .into())
    }

    /// Whether an answer to somebody shows the object: its mark, or a body where it has none.
    async fn is_shown_to(&self, ctx: &Ctx<'_>, actor: &Actor) -> Result<(bool, Exchange), Undecided> {
        let exchange = ctx.target.send(self.read(ctx, actor)?).await?;
        match ClosingProof::answered(ctx, &exchange) {
            Ok(_) => {}
            // What two credentials are answered with is a refusal where it is 400 (RFC 6750 section 3.1).
            Err(_) if exchange.status == 400 => return Ok((false, exchange)),
            Err(refused) if refused.cause == Cause::ControlFailed => return Ok((false, exchange)),
            Err(neither) => return Err(neither),
        }
        let marked = || {
            let found = ctx.canaries.find(&exchange.body);
            found.iter().any(|(canary, _)| canary.owner == self.name)
        };
        let shown = if self.object.canaries.is_empty() {
            String::from_utf8_lossy(&exchange.body).contains(&self.object.id_text())
        } else {
            marked()
        };
        Ok((shown, exchange))
    }

    /// Takes his session as it is now: it is renewed where being refused ended it.
    pub(super) async fn renewed(&mut self, ctx: &Ctx<'_>) -> Result<&Credentials, Undecided> {
        logged_in(ctx, &self.name).await?;
        self.credentials = ctx.sessions.credentials(&Actor::identity(&self.name)).await?;
        Ok(&self.credentials)
    }

    /// Reads his object as somebody.
    fn read(&self, ctx: &Ctx<'_>, actor: &Actor) -> Result<Outgoing, Undecided> {
        let resource = ctx.spec.resources.get(&self.object.resource);
        let missing = || Undecided::new(Cause::ObjectMissing, "the plan does not say how the object is read");
        let call = resource
            .and_then(|resource| resource.read.as_ref())
            .ok_or_else(missing)?;
        let bindings = Bindings {
            objects: vec![Arc::clone(&self.object)],
            params: call.params.clone(),
            fixed: Vec::new(),
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&self.name), &bindings);
        let mut request = Request::fill(&call.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
        request
            .headers
            .push(("cache-control".to_owned(), "no-cache".to_owned()));
        let mut outgoing = Outgoing::new(actor, Purpose::Probe, request).about(Some(self.object.key));
        outgoing.operation.clone_from(&call.operation);
        Ok(outgoing)
    }
}

/// Kinds of objects that can be made, belong to nothing else, and are seen by their own tenant alone.
fn private_kinds(spec: &Spec) -> impl Iterator<Item = &Resource> {
    spec.resources.values().filter(|resource| {
        resource.create.is_some()
            && resource.read.is_some()
            && resource.parent.is_none()
            && resource.visibility == Visibility::Tenant
    })
}

/// Whether a request with both is taken for the same one wherever it is sent.
///
/// # Errors
/// Where an answer is neither.
pub(super) async fn answers_for_one(
    ctx: &Ctx<'_>,
    scene: &Scene,
    first: &Player,
    second: &Player,
    mixed: &Mixed,
) -> Result<Result<String, Judgement>, Stop> {
    let as_of = |player: &Player| {
        Actor::altered(
            player
                .credentials
                .of_parts("two-credentials", &mixed.words, mixed.parts.clone()),
        )
    };
    let (whoami, id) = match standing(ctx, &as_of(first)).await? {
        Standing::Served(exchange) | Standing::Refused(_, exchange) => {
            let id = if exchange.is_success() {
                Person::shown(&first.name, &exchange).id
            } else {
                None
            };
            (exchange, id)
        }
    };
    let taken_for = [first, second]
        .into_iter()
        .find(|player| Some(&player.id) == id.as_ref());
    let mut said = vec![match (taken_for, &id) {
        (Some(player), _) => format!("taken for {} when it is asked whose it is", player.name),
        (None, Some(_)) => "taken for somebody else when it is asked whose it is".to_owned(),
        (None, None) => format!("answered {} when it is asked whose it is", whoami.status),
    }];
    let mut wrong = Vec::new();
    for player in [first, second] {
        let (served, exchange) = player.is_shown_to(ctx, &as_of(player)).await?;
        said.push(format!(
            "answered {} for the {} of {}",
            exchange.status, player.object.resource, player.name
        ));
        if served && taken_for.is_none_or(|taken| taken.name != player.name) {
            wrong.push(ctx.target.evidence("read with both", &exchange, None));
        }
    }
    let said = format!("{} is {}", mixed.words, said.join(", "));
    if wrong.is_empty() {
        return Ok(Ok(said));
    }
    wrong.insert(0, ctx.target.evidence("whose it is", &whoami, None));
    Ok(Err(scene.violated(
        "a request with two credentials is answered for one here and for another there".to_owned(),
        said,
        wrong,
    )))
}
