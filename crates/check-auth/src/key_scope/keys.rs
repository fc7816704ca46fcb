//! The limited keys of a run: one for each identity that owns what is tried, and one with all rights beside the first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_check::{Alter, ClosingProof, Ctx, Made, NoAltered};
use gate_exchange::{Actor, Altered, BoxFuture, Credentials, ObjectKey, Outgoing, Purpose, Request};
use gate_model::{Cause, Finding, IdentityName, OperationId, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin, extract};
use gate_spec::{ApiKeys, Operation, Resource, Spec};
use tokio::sync::Mutex;

use crate::api_keys::{MadeKey, guarded, make, manages_keys, plain_reads, presenting, served};

/// How long a key counts as alive after it was served.
const ALIVE: Duration = Duration::from_secs(5);

/// Made when the first bracket needs them.
#[derive(Default)]
pub(super) struct LimitedKeys {
    made: Mutex<HashMap<IdentityName, Known>>,
}

/// A limited key, or why there is none: that is asked once, and not once for each operation.
type Known = Result<Limited, Undecided>;

#[derive(Clone)]
struct Limited {
    key: MadeKey,
    /// What it may call, and nobody else may.
    read: OperationId,
    /// When it was last served what it may call.
    served: Option<Instant>,
}

impl LimitedKeys {
    /// The limited key of whoever owns what is tried, alive.
    async fn of(&self, ctx: &Ctx<'_>, keys: &ApiKeys, live: &Credentials) -> Result<Altered, Undecided> {
        let mut made = self.made.lock().await;
        if !made.contains_key(&live.identity) {
            let known = self::made(ctx, keys, live, made.is_empty()).await;
            made.insert(live.identity.clone(), known);
        }
        let known = made.get_mut(&live.identity);
        let limited = known.ok_or_else(|| Undecided::new(Cause::NoVerdict, "no key was made"))?;
        let limited = limited.as_mut().map_err(|reason| reason.clone())?;
        let altered = limited_key(keys, live, &limited.key);
        let fresh = |at: Instant| ctx.clock.now().saturating_duration_since(at) < ALIVE;
        if !limited.served.is_some_and(fresh) {
            look(ctx, &limited.read, &altered).await?;
            limited.served = Some(ctx.clock.now());
        }
        Ok(altered)
    }

    async fn alter_now(&self, ctx: &Ctx<'_>, live: &Credentials) -> Result<Made, NoAltered> {
        let keys = ctx.spec.settings.api_keys.as_ref();
        let keys = keys.ok_or_else(|| NoAltered::DoesNotApply("the plan says nothing of API keys".to_owned()))?;
        let altered = self.of(ctx, keys, live).await.map_err(NoAltered::Undecided)?;
        Ok(Made {
            altered: vec![altered],
            untried: None,
        })
    }

    /// Looks at a key after it was refused. One look serves all that wait for it: a cache would give them copies.
    async fn look_again(&self, ctx: &Ctx<'_>, altered: &Altered) -> Result<(), Undecided> {
        let refused = ctx.clock.now();
        let mut made = self.made.lock().await;
        let Some(Ok(limited)) = made.get_mut(&altered.of) else {
            return Ok(());
        };
        if limited.served.is_some_and(|served| served > refused) {
            return Ok(());
        }
        look(ctx, &limited.read, altered).await.map_err(|lost| Undecided {
            cause: Cause::ControlLost,
            ..lost
        })?;
        limited.served = Some(ctx.clock.now());
        Ok(())
    }
}

impl Alter for LimitedKeys {
    fn alter<'a>(&'a self, ctx: &'a Ctx<'a>, live: &'a Credentials) -> BoxFuture<'a, Result<Made, NoAltered>> {
        Box::pin(self.alter_now(ctx, live))
    }

    fn at_most(&self) -> u64 {
        // The key, and the look after it; the look before it is seldom needed.
        2
    }

    fn still_good<'a>(&'a self, ctx: &'a Ctx<'a>, altered: &'a Altered) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(self.look_again(ctx, altered))
    }

    fn explain(&self, altered: &Altered, finding: &mut Finding) {
        let place = finding.operation.as_ref().map(|operation| format!(": {operation}"));
        finding.title = format!(
            "an API key does what its scope does not hold{}",
            place.unwrap_or_default()
        );
        finding.detail = format!("{} may not call it; {}", altered.what, finding.detail);
        finding.root_cause = finding.check.to_string();
    }
}

fn limited_key(keys: &ApiKeys, live: &Credentials, made: &MadeKey) -> Altered {
    let scope = keys.limited.as_ref().map_or("", |limited| limited.scope.as_str());
    let what = format!("an API key of {} with the scope `{scope}`", live.identity);
    presenting(live, &keys.send, "limited-key", &what, made.key.expose())
}

/// Makes the limited key of an identity. Beside the first one a key with all rights shows that keys are taken at all.
async fn made(ctx: &Ctx<'_>, keys: &ApiKeys, live: &Credentials, first: bool) -> Known {
    let scope = keys.limited.as_ref().map(|limited| limited.scope.as_str());
    let key = make(ctx, keys, &live.identity, scope).await?;
    let limited = limited_key(keys, live, &key);
    let may = |operation: &OperationId| keys.limited.as_ref().is_some_and(|limited| limited.may(operation));
    let read = guarded(ctx, plain_reads(ctx.spec, may), &live.identity).await?;
    let read = read.id.clone();
    look(ctx, &read, &limited).await?;
    if first && keys.scope.is_some() {
        let whole = make(ctx, keys, &live.identity, keys.scope.as_deref()).await?;
        let what = format!("an API key of {} with all rights", live.identity);
        let whole = Actor::altered(presenting(live, &keys.send, "whole-key", &what, whole.key.expose()));
        serves_writes(ctx, keys, &live.identity, &whole).await?;
    }
    Ok(Limited {
        key,
        read,
        served: Some(ctx.clock.now()),
    })
}

/// Wants a limited key to be served what it may call.
async fn look(ctx: &Ctx<'_>, read: &OperationId, altered: &Altered) -> Result<(), Undecided> {
    let operation = ctx.spec.operations.get(read);
    let operation =
        operation.ok_or_else(|| Undecided::new(Cause::NoVerdict, "a limited key may call nothing plain"))?;
    served(ctx, operation, &altered.of, &Actor::altered(altered.clone()))
        .await
        .map(|_| ())
}

/// Has a key with all rights make an object where a limited one may not, and keeps it for the clean-up.
async fn serves_writes(ctx: &Ctx<'_>, keys: &ApiKeys, owner: &IdentityName, whole: &Actor) -> Result<(), Undecided> {
    let Some((resource, operation)) = makes_an_object(ctx.spec, keys) else {
        return Ok(());
    };
    let bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(owner), &bindings).making(&resource.name);
    let request = resource
        .create
        .as_ref()
        .map_or(&operation.request, |call| &call.request);
    let request =
        Request::fill(request, &lookup).map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
    let acting = Actor {
        identity: Some(owner.clone()),
        ..whole.clone()
    };
    let outgoing = Outgoing::new(&acting, Purpose::Control, request).of(&operation.id);
    let marks = lookup.into_minted();
    let intent = ctx
        .objects
        .intends(&resource.name, owner, marks.first().map(|mark| mark.handle.as_str()));
    let exchange = ctx.target.send(outgoing).await?;
    ctx.objects.settled(intent);
    if let Err(refused) = ClosingProof::answered(ctx, &exchange) {
        return Err(Undecided::new(
            Cause::ControlFailed,
            format!(
                "{} too: {}; that a limited key is refused would show nothing of scopes",
                operation.id, refused.detail
            ),
        )
        .settled_by("api_keys: { scope: write }   # the scope of a key that may do what its maker may")
        .shown_by(ctx.target.evidence("key with all rights", &exchange, None)));
    }
    if let Some(id) = resource.id.iter().find_map(|from| extract(from, &exchange)) {
        ctx.objects.adopt(Arc::new(Object {
            key: ObjectKey(0),
            resource: resource.name.clone(),
            owner: owner.clone(),
            id,
            keys: Vec::new(),
            ancestors: Vec::new(),
            canaries: marks,
            origin: Origin::Created,
        }));
    }
    Ok(())
}

/// A kind of object that is made by one request without another object, and that a limited key may not make.
fn makes_an_object<'s>(spec: &'s Spec, keys: &ApiKeys) -> Option<(&'s Resource, &'s Operation)> {
    spec.resources.values().find_map(|resource| {
        let create = resource.create.as_ref()?;
        let operation = spec.operations.get(create.operation.as_ref()?)?;
        let fits = spec.needs(&resource.name).is_empty()
            && resource.delete.is_some()
            && operation.public.is_none()
            && operation.skip.is_none()
            && !manages_keys(keys, &operation.id)
            && keys.limited.as_ref().is_some_and(|limited| !limited.may(&operation.id));
        fits.then_some((resource, operation))
    })
}
