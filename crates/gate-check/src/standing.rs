//! How the target takes a session at this moment: it serves it, or it refuses it.

use gate_exchange::{Actor, Exchange, Look, Outgoing};
use gate_model::{Cause, IdentityName, Undecided};

use crate::answer::{denied, neither};
use crate::ask::{CACHE_LOOKS, CACHE_PAUSE, is_copy};
use crate::{Ctx, Refusal};

/// How the target takes a session.
#[derive(Clone, Debug)]
pub enum Standing {
    /// It serves it.
    Served(Exchange),
    /// It refuses it; the text says how.
    Refused(String, Exchange),
}

impl Standing {
    /// The exchange that shows it.
    pub fn exchange(&self) -> &Exchange {
        match self {
            Self::Served(exchange) | Self::Refused(_, exchange) => exchange,
        }
    }
}

/// Asks whose session an actor presents, until the answer is no copy of a cache.
///
/// # Errors
/// Where the answer is neither a service nor a refusal, or none came.
pub async fn standing(ctx: &Ctx<'_>, actor: &Actor) -> Result<Standing, Undecided> {
    for _ in 0..CACHE_LOOKS {
        let Look { exchange, shown } = ctx.life.look(actor).await?;
        if is_copy(&exchange) {
            ctx.clock.sleep(CACHE_PAUSE).await;
            continue;
        }
        // The same credentials were served a moment ago, so that 400 is a refusal too.
        if let Some(said) = denied(&ctx.spec.settings.denial, Refusal::Credential, &exchange) {
            return Ok(Standing::Refused(said, exchange));
        }
        return match shown {
            Ok(()) => Ok(Standing::Served(exchange)),
            Err(lost) if lost.cause == Cause::SessionLost && exchange.is_success() => {
                let said = format!("answered {} without being known", exchange.status);
                Ok(Standing::Refused(said, exchange))
            }
            Err(_) => Err(neither(&actor.to_string(), "", &exchange)),
        };
    }
    Err(cached(actor))
}

/// Sends a request as an actor, and reads the answer as a service or a refusal.
///
/// # Errors
/// Where the answer is neither, or none came.
pub async fn standing_on(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Standing, Undecided> {
    standing_as(ctx, outgoing, Refusal::Ordinary).await
}

/// The same, with a refusal read in another way.
///
/// # Errors
/// Where the answer is neither, or none came.
pub async fn standing_as(ctx: &Ctx<'_>, mut outgoing: Outgoing, refusal: Refusal) -> Result<Standing, Undecided> {
    if outgoing.request.method.is_safe() {
        let fresh = ("cache-control".to_owned(), "no-cache".to_owned());
        outgoing.request.headers.push(fresh);
    }
    for _ in 0..CACHE_LOOKS {
        let exchange = ctx.target.send(outgoing.clone()).await?;
        if is_copy(&exchange) {
            ctx.clock.sleep(CACHE_PAUSE).await;
            continue;
        }
        if let Some(said) = denied(&ctx.spec.settings.denial, refusal, &exchange) {
            return Ok(Standing::Refused(said, exchange));
        }
        if exchange.is_success() {
            return Ok(Standing::Served(exchange));
        }
        return Err(neither(&outgoing.actor.to_string(), "", &exchange));
    }
    Err(cached(&outgoing.actor))
}

fn cached(actor: &Actor) -> Undecided {
    Undecided::new(
        Cause::ReadBack,
        format!("{actor} is answered by a cache, which shows how it was before"),
    )
}

/// A session that a check may end.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// Acts with it, and takes what the target sets.
    pub actor: Actor,
    /// Presents what it presented when it was opened, whatever happens to it.
    pub frozen: Actor,
}

impl OwnSession {
    /// Opens one that nobody else uses; where the server keeps a single session for each user, the shared one, renewed.
    ///
    /// # Errors
    /// Where the identity cannot log in once more.
    pub async fn open(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Self, Undecided> {
        let actor = session_to_end(ctx, identity).await?;
        let frozen = ctx.life.freeze(&actor).await?;
        Ok(Self { actor, frozen })
    }

    /// Whether everybody who acts as the identity uses it.
    pub fn is_shared(&self) -> bool {
        self.actor.presented == gate_exchange::Presented::Session
    }
}

/// A session that may be ended: one of its own, or the shared one where the server keeps a single session and a new login
/// gives another. The lane of accounts runs one group at a time.
pub(crate) async fn session_to_end(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Actor, Undecided> {
    match ctx.sessions.private(identity).await {
        Ok(actor) => Ok(actor),
        Err(reason) => {
            ctx.sessions.renew(identity).await.map_err(|_| reason)?;
            ctx.alive.forget(identity);
            Ok(Actor::identity(identity))
        }
    }
}

/// Shows the identity's shared session alive, renewed where something ended it.
///
/// # Errors
/// Where it cannot log in any more.
pub async fn logged_in(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<(), Undecided> {
    ctx.alive.forget(identity);
    match ctx.sessions.alive(identity).await {
        Err(lost) if lost.cause == Cause::SessionLost => {
            ctx.sessions.renew(identity).await?;
            ctx.sessions.alive(identity).await.map(|_| ())
        }
        other => other.map(|_| ()),
    }
}
