//! Requests with which an identity makes or changes something of its own, and the looks at what came of them.
//!
//! Knows nothing of what a check alters in such a request, or what it wants to prove with it.

use std::sync::Arc;
use std::time::Duration;

use gate_check::{ClosingProof, Ctx, Standing, ask, logged_in, standing_as, standing_on};
use gate_exchange::{Actor, Exchange, ObjectKey, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, ResourceName, Undecided};
use gate_objects::{Bindings, CallerLookup, Canary, Object, Origin, created_id, extract, object_ids};
use gate_spec::{Effect, Operation, ParamSource, RequestTemplate, Resource, Spec};
use serde_json::Value;

/// Looks at an object that was made just now, for servers that make it later than they say.
const LOOKS: usize = 4;
/// Renewals of a session for one look.
const MAX_RENEWALS: usize = 2;
/// Between two such looks.
const PAUSE: Duration = Duration::from_millis(150);

/// Somebody who makes and changes things of his own.
pub(crate) struct Writer<'c> {
    ctx: &'c Ctx<'c>,
    who: IdentityName,
    /// Whether the server takes only short marks.
    compact: bool,
    /// Somebody to whom what is written may go.
    offered_to: Option<IdentityName>,
}

/// A request that was sent, with what was new in it.
pub(crate) struct Sent {
    pub(crate) exchange: Exchange,
    /// The marks that its sender minted for it.
    pub(crate) marks: Vec<Canary>,
    unique: String,
}

/// An object as somebody sees it.
pub(crate) enum View {
    /// It is shown to him.
    Shown {
        /// The object, or the answer where it is no JSON.
        json: Value,
        exchange: Exchange,
    },
    /// It is not; the text says how.
    Hidden(String, Exchange),
}

impl<'c> Writer<'c> {
    /// An identity that writes.
    pub(crate) fn new(ctx: &'c Ctx<'c>, who: &IdentityName) -> Self {
        Self {
            ctx,
            who: who.clone(),
            compact: false,
            offered_to: None,
        }
    }

    /// Says that what is written from now on may end up with somebody else. That he sees its marks is then no proof of
    /// anything else, such as a list that shows everybody's.
    pub(crate) fn offer_to(&mut self, other: Option<&IdentityName>) {
        self.offered_to = other.cloned();
    }

    /// Who writes.
    pub(crate) fn actor(&self) -> Actor {
        Actor::identity(&self.who)
    }

    /// What a request is filled with: objects of these kinds that are the writer's own.
    ///
    /// # Errors
    /// Where one cannot be made.
    pub(crate) async fn bindings(
        &self,
        kinds: &[ResourceName],
        params: &[(String, ParamSource)],
    ) -> Result<Bindings, Undecided> {
        let mut bindings = Bindings {
            params: params.to_vec(),
            ..Bindings::default()
        };
        for kind in kinds {
            if bindings.object(kind).is_some() {
                continue;
            }
            let object = match self.ctx.objects.leased(kind).await {
                Ok(leased) if leased.owner == self.who => leased,
                _ => self.ctx.objects.owned(kind, &self.who).await?,
            };
            bindings.objects.push(object);
        }
        Ok(bindings)
    }

    /// What a request is filled with that makes or changes an object of a kind: objects of the writer's own that it needs.
    ///
    /// # Errors
    /// Where one cannot be made.
    pub(crate) async fn needed(&self, resource: &Resource, template: &RequestTemplate) -> Result<Bindings, Undecided> {
        let spec = self.ctx.spec;
        let mut kinds: Vec<ResourceName> = spec.needs(&resource.name).into_iter().cloned().collect();
        for hole in template.holes() {
            let kind = ResourceName::new(hole.split('.').next().unwrap_or_default());
            if spec.resources.contains_key(&kind) && kind != resource.name && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        self.bindings(&kinds, &[]).await
    }

    /// An object of the writer's own that nobody else uses. `after` are objects that may only be removed after it.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) async fn fresh(&mut self, resource: &Resource, after: &[Arc<Object>]) -> Result<Arc<Object>, Undecided> {
        let spec = self.ctx.spec;
        let create = resource.create.as_ref();
        let known = create.and_then(|call| Some((call, spec.operations.get(call.operation.as_ref()?)?)));
        let (call, operation) = known.ok_or_else(|| {
            let detail = format!("nothing makes {}", resource.name.with_article());
            Undecided::new(Cause::ObjectMissing, detail).settled_by(spec.stub_create(&resource.name))
        })?;
        let mut bindings = self.needed(resource, &call.request).await?;
        bindings.params.clone_from(&call.params);
        let sent = self
            .control(operation, &call.request, &bindings, Some(&resource.name))
            .await?;
        ClosingProof::answered(self.ctx, &sent.exchange).map_err(|reason| {
            reason
                .settled_by(spec.stub_create(&resource.name))
                .shown_by(self.ctx.target.evidence("create", &sent.exchange, None))
        })?;
        self.made(resource, &sent, &bindings, after)
            .ok_or_else(|| no_id(self.ctx, resource, &sent.exchange))
    }

    /// Sends a request that has to be served. A server that refuses long marks gets short ones from then on.
    ///
    /// # Errors
    /// Where nothing came back.
    pub(crate) async fn control(
        &mut self,
        operation: &Operation,
        template: &RequestTemplate,
        bindings: &Bindings,
        making: Option<&ResourceName>,
    ) -> Result<Sent, Undecided> {
        loop {
            let (request, marks, unique) = self.fill(template, bindings, making)?;
            let outgoing = Outgoing::new(&self.actor(), Purpose::Control, request).of(&operation.id);
            let intent = self.intends(making, &marks);
            let exchange = ask(self.ctx, outgoing).await?;
            self.settled(intent);
            if self.compact || !matches!(exchange.status, 400 | 413 | 422) {
                return Ok(Sent {
                    exchange,
                    marks,
                    unique,
                });
            }
            self.compact = true;
        }
    }

    /// Sends a request that is under question, once. The text is how it was refused, where it was.
    ///
    /// # Errors
    /// Where the answer is neither a service nor a refusal.
    pub(crate) async fn probe(
        &self,
        operation: &Operation,
        template: &RequestTemplate,
        bindings: &Bindings,
        making: Option<&ResourceName>,
    ) -> Result<(Sent, Option<String>), Undecided> {
        let (request, marks, unique) = self.fill(template, bindings, making)?;
        let outgoing = Outgoing::new(&self.actor(), Purpose::Probe, request).of(&operation.id);
        let intent = self.intends(making, &marks);
        let standing = standing_as(self.ctx, outgoing, gate_check::Refusal::Value).await;
        if !matches!(&standing, Err(open) if open.cause != Cause::NeitherAnswer) {
            self.settled(intent);
        }
        let (exchange, refused) = match standing? {
            Standing::Served(exchange) => (exchange, None),
            Standing::Refused(said, exchange) => {
                refused_alive(self.ctx, &self.who, &exchange).await?;
                (exchange, Some(said))
            }
        };
        let sent = Sent {
            exchange,
            marks,
            unique,
        };
        Ok((sent, refused))
    }

    /// A note that an object is about to be made, for whoever sweeps after a run that was killed.
    fn intends(&self, making: Option<&ResourceName>, marks: &[Canary]) -> Option<ObjectKey> {
        let handle = marks.first().map(|mark| mark.handle.as_str());
        Some(self.ctx.objects.intends(making?, &self.who, handle))
    }

    fn settled(&self, intent: Option<ObjectKey>) {
        if let Some(intent) = intent {
            self.ctx.objects.settled(intent);
        }
    }

    fn fill(
        &self,
        template: &RequestTemplate,
        bindings: &Bindings,
        making: Option<&ResourceName>,
    ) -> Result<(Request, Vec<Canary>, String), Undecided> {
        let lookup =
            CallerLookup::new(self.ctx.spec, self.ctx.canaries, Some(&self.who), bindings).compact(self.compact);
        let lookup = match making {
            Some(resource) => lookup.making(resource),
            None => lookup,
        };
        let request = Request::fill(template, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
        let unique = lookup.unique().to_owned();
        let marks = lookup.into_minted();
        if let Some(other) = &self.offered_to {
            for mark in &marks {
                self.ctx.canaries.sent_by(Some(other), &mark.secret);
            }
        }
        Ok((request, marks, unique))
    }

    /// What a request made, remembered for the clean-up. `after` are objects that may only be removed after it.
    pub(crate) fn made(
        &self,
        resource: &Resource,
        sent: &Sent,
        bindings: &Bindings,
        after: &[Arc<Object>],
    ) -> Option<Arc<Object>> {
        let id = created_id(&resource.id, &sent.exchange, &sent.unique)?;
        Some(self.holds(resource, id, sent, bindings, after))
    }

    /// The same, where its id is known from elsewhere.
    pub(crate) fn holds(
        &self,
        resource: &Resource,
        id: Value,
        sent: &Sent,
        bindings: &Bindings,
        after: &[Arc<Object>],
    ) -> Arc<Object> {
        let keys = resource
            .keys
            .iter()
            .filter_map(|(name, from)| Some((name.clone(), extract(from, &sent.exchange)?)))
            .collect();
        let mut ancestors: Vec<Arc<Object>> = Vec::new();
        for object in bindings.objects.iter().chain(after) {
            for above in std::iter::once(object).chain(&object.ancestors) {
                if !ancestors.iter().any(|known| known.key == above.key) {
                    ancestors.push(Arc::clone(above));
                }
            }
        }
        let object = Arc::new(Object {
            key: ObjectKey(0),
            resource: resource.name.clone(),
            owner: self.who.clone(),
            id,
            keys,
            ancestors,
            canaries: sent.marks.clone(),
            origin: Origin::Created,
        });
        self.ctx.objects.adopt(Arc::clone(&object));
        object
    }

    /// What a request made, as its maker's list shows it, found by its marks: the id and the exchange.
    pub(crate) async fn in_list(
        &self,
        resource: &Resource,
        bindings: &Bindings,
        marks: &[Canary],
    ) -> Result<Option<(Value, Exchange)>, Undecided> {
        let Some(call) = resource.list().filter(|call| !call.searches() && !marks.is_empty()) else {
            return Ok(None);
        };
        let bindings = Bindings {
            params: call.params.clone(),
            ..bindings.clone()
        };
        let lookup = CallerLookup::new(self.ctx.spec, self.ctx.canaries, Some(&self.who), &bindings);
        let Ok(request) = Request::fill(&call.request, &lookup) else {
            return Ok(None);
        };
        drop(lookup);
        let mut outgoing = Outgoing::new(&self.actor(), Purpose::Probe, request);
        outgoing.operation.clone_from(&call.operation);
        let exchange = self.ctx.target.send(outgoing).await?;
        let found = object_ids(&resource.id, &exchange).into_iter().find(|(_, item)| {
            let item = item.to_string();
            marks.iter().any(|mark| item.contains(&mark.secret))
        });
        Ok(found.map(|(id, _)| (id, exchange)))
    }
}

/// Whether somebody was refused with a session that is alive.
///
/// # Errors
/// [`Cause::SessionLost`] where it was dead. It is renewed then, so that the request can be sent again.
pub(crate) async fn refused_alive(ctx: &Ctx<'_>, who: &IdentityName, refused: &Exchange) -> Result<(), Undecided> {
    match ctx.sessions.alive(who).await {
        Ok(alive) if alive.generation == refused.generation => Ok(()),
        Err(reason) if reason.cause != Cause::SessionLost => Err(reason),
        _ => {
            logged_in(ctx, who).await?;
            let detail = format!("{who}'s session was lost while something was tried with it");
            Err(Undecided::new(Cause::SessionLost, detail))
        }
    }
}

/// An object as somebody sees it; several looks where it was made just now. `None` where nothing reads such objects.
///
/// # Errors
/// Where the answer is neither a service nor a refusal.
pub(crate) async fn view(
    ctx: &Ctx<'_>,
    reader: &IdentityName,
    resource: &Resource,
    object: &Arc<Object>,
    new: bool,
) -> Result<Option<View>, Undecided> {
    let Some(call) = resource.read.as_ref().or(resource.list()) else {
        return Ok(None);
    };
    let bindings = Bindings {
        objects: vec![Arc::clone(object)],
        params: call.params.clone(),
        fixed: Vec::new(),
    };
    let request = {
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(reader), &bindings);
        Request::fill(&call.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?
    };
    // A probe: what it shows is judged here and not by watchers.
    let mut outgoing = Outgoing::new(&Actor::identity(reader), Purpose::Probe, request);
    outgoing.operation.clone_from(&call.operation);
    let mut looks = if new { LOOKS } else { 1 };
    let mut renewals = MAX_RENEWALS;
    loop {
        looks -= 1;
        let seen = match standing_on(ctx, outgoing.clone()).await? {
            Standing::Refused(said, exchange) => match refused_alive(ctx, reader, &exchange).await {
                Ok(()) => View::Hidden(said, exchange),
                // Whoever has a new session looks again.
                Err(lost) if lost.cause == Cause::SessionLost && renewals > 0 => {
                    (renewals, looks) = (renewals - 1, looks + 1);
                    continue;
                }
                Err(reason) => return Err(reason),
            },
            Standing::Served(exchange) if resource.read.is_none() => {
                let mut items = object_ids(&resource.id, &exchange).into_iter();
                match items.find(|(id, _)| text(id) == object.id_text()) {
                    Some((_, json)) => View::Shown { json, exchange },
                    None => View::Hidden("shown a list without it".to_owned(), exchange),
                }
            }
            Standing::Served(exchange) => match exchange.json().map(std::borrow::Cow::into_owned) {
                Some(json) => View::Shown { json, exchange },
                None if exchange.body.is_empty() => {
                    View::Hidden(format!("answered {} and nothing", exchange.status), exchange)
                }
                None => View::Shown {
                    json: Value::from(exchange.text().into_owned()),
                    exchange,
                },
            },
        };
        if looks == 0 || matches!(seen, View::Shown { .. }) {
            return Ok(Some(seen));
        }
        ctx.clock.sleep(PAUSE).await;
    }
}

/// The kind of object that an operation makes or changes, where the run can make one for the purpose.
pub(crate) fn written<'s>(spec: &'s Spec, operation: &'s Operation) -> Option<&'s ResourceName> {
    let (name, resource) = match operation.effect {
        Effect::Create => spec.resources.get_key_value(operation.resource.as_ref()?)?,
        Effect::Update => spec.resources.get_key_value(operation.addressed()?)?,
        _ => return None,
    };
    let create = resource.create.as_ref()?;
    let made_here = create.operation.as_ref() == Some(&operation.id);
    (made_here == (operation.effect == Effect::Create)).then_some(name)
}

/// Why an object that was made cannot be worked with.
pub(crate) fn no_id(ctx: &Ctx<'_>, resource: &Resource, exchange: &Exchange) -> Undecided {
    Undecided::new(
        Cause::ObjectMissing,
        format!(
            "the id of a new {} is not in the answer to the request that made it",
            resource.name
        ),
    )
    .settled_by(format!("resources: {{ {}: {{ id: $.id }} }}", resource.name))
    .shown_by(ctx.target.evidence("create", exchange, None))
}

/// A scalar as it stands in a path.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
