//! Asks as an identity that ought to be served, and renews its session once where it was lost.

use std::time::Duration;

use gate_exchange::{Exchange, Outgoing};
use gate_model::{Cause, Undecided};

use crate::{Ctx, served};

/// Looks at an answer that comes from a cache.
pub(crate) const CACHE_LOOKS: usize = 40;
/// Between two such looks.
pub(crate) const CACHE_PAUSE: Duration = Duration::from_millis(250);
/// Renewals for one request: sessions that die faster than that cannot be worked with.
const MAX_RENEWALS: usize = 3;

/// Sends a control's request. Where it is refused and the sender's session turns out to be dead, the session is renewed
/// and the request sent again.
///
/// # Errors
/// Where nothing came back, or the session could not be renewed.
pub async fn ask(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Exchange, Undecided> {
    let exchange = ask_with_session(ctx, outgoing).await?;
    served::note(ctx, &exchange);
    Ok(exchange)
}

async fn ask_with_session(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Exchange, Undecided> {
    let actor = outgoing.actor.clone();
    let mut exchange = ctx.target.send(outgoing).await?;
    let (Some(identity), gate_exchange::Presented::Session) = (actor.identity, actor.presented) else {
        return Ok(exchange);
    };
    for _ in 0..MAX_RENEWALS {
        if !matches!(exchange.status, 300..=399 | 401 | 403) {
            break;
        }
        match ctx.sessions.alive(&identity).await {
            Err(lost) if lost.cause == Cause::SessionLost => ctx.sessions.renew(&identity).await?,
            // Somebody else renewed it in the meantime.
            Ok(alive) if alive.generation != exchange.generation => {}
            _ => break,
        }
        exchange = ctx.target.send((*exchange.sent).clone()).await?;
    }
    Ok(exchange)
}

/// Asks until the answer is no copy of a cache: an old copy would show an old state.
///
/// # Errors
/// Where nothing came back, the session could not be renewed, or a cache goes on answering.
pub async fn ask_fresh(ctx: &Ctx<'_>, mut outgoing: Outgoing) -> Result<Exchange, Undecided> {
    outgoing
        .request
        .headers
        .push(("cache-control".to_owned(), "no-cache".to_owned()));
    for _ in 0..CACHE_LOOKS {
        let exchange = ask(ctx, outgoing.clone()).await?;
        if !is_copy(&exchange) {
            return Ok(exchange);
        }
        ctx.clock.sleep(CACHE_PAUSE).await;
    }
    let reason = Undecided::new(
        Cause::ReadBack,
        "the owner's read-back is answered by a cache, which shows an older state",
    );
    Err(match &outgoing.operation {
        Some(operation) => reason.settled_by(format!(
            "operations: {{ \"{operation}\": {{ query: {{ nocache: \"{{{{unique}}}}\" }} }} }}   # or test without the cache"
        )),
        None => reason,
    })
}

/// Whether an answer says that it is a cache's copy (RFC 9111 section 5.1, and what caches add by habit).
pub(crate) fn is_copy(exchange: &Exchange) -> bool {
    let aged = exchange
        .header("age")
        .and_then(|age| age.trim().parse::<u64>().ok())
        .is_some_and(|age| age > 0);
    let hit = ["x-cache", "cf-cache-status", "x-cache-status", "cache-status"]
        .iter()
        .any(|name| {
            exchange.header(name).is_some_and(|value| {
                let value = value.to_ascii_lowercase();
                value.contains("hit") && !value.contains("miss")
            })
        });
    aged || hit
}
