//! Asks as an identity that ought to be served, and renews its session once where it was lost.

use gate_exchange::{Exchange, Outgoing};
use gate_model::{Cause, Undecided};

use crate::Ctx;

/// Sends a control's request. Where it is refused and the sender's session turns out to be dead, the session is renewed
/// and the request sent once more.
///
/// # Errors
/// Where nothing came back, or the session could not be renewed.
pub async fn ask(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<Exchange, Undecided> {
    let exchange = ctx.target.send(outgoing.clone()).await?;
    let refused = matches!(exchange.status, 401 | 403) || (300..400).contains(&exchange.status);
    if let Some(identity) = outgoing.actor.identity.clone()
        && refused
        && outgoing.actor.presented == gate_exchange::Presented::Session
    {
        match ctx.sessions.alive(&identity).await {
            Err(lost) if lost.cause == Cause::SessionLost => {
                ctx.sessions.renew(&identity).await?;
                return ctx.target.send(outgoing).await;
            }
            // Somebody else renewed it in the meantime.
            Ok(alive) if alive.generation != exchange.generation => return ctx.target.send(outgoing).await,
            _ => {}
        }
    }
    Ok(exchange)
}
