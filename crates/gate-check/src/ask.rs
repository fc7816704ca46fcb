//! Asks as an identity that ought to be served, and renews its session once where it was lost.

use gate_exchange::{Exchange, Outgoing};
use gate_model::{Cause, Undecided};

use crate::Ctx;

/// Renewals for one request: sessions that die faster than that cannot be worked with.
const MAX_RENEWALS: usize = 3;

/// Sends a control's request. Where it is refused and the sender's session turns out to be dead, the session is renewed
/// and the request sent again.
///
/// # Errors
/// Where nothing came back, or the session could not be renewed.
pub async fn ask(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Exchange, Undecided> {
    let mut exchange = ctx.target.send(outgoing.clone()).await?;
    let Some(identity) = outgoing.actor.identity.clone() else {
        return Ok(exchange);
    };
    if outgoing.actor.presented != gate_exchange::Presented::Session {
        return Ok(exchange);
    }
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
        exchange = ctx.target.send(outgoing.clone()).await?;
    }
    Ok(exchange)
}
