//! Refresh tokens: what a trade comes to.

use std::time::Duration;

use gate_check::{ClosingProof, Ctx};
use gate_exchange::{Actor, Exchange, Trade};
use gate_model::{Cause, Undecided};

use crate::script::Stop;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest that is waited for a refusal.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a refresh token was traded for.
pub(crate) enum Traded {
    /// A session.
    For(Actor, Exchange),
    /// Nothing; the text says what was answered instead.
    Refused(String, Exchange),
}

/// Reads what came of a trade.
///
/// # Errors
/// Where the answer is neither a session nor a refusal.
pub(crate) fn read(ctx: &Ctx<'_>, trade: Trade) -> Result<Traded, Undecided> {
    let Trade { exchange, session } = trade;
    if let Some(session) = session {
        return Ok(Traded::For(session, exchange));
    }
    match ClosingProof::answered(ctx, &exchange) {
        Ok(_) => Ok(Traded::Refused(
            format!("was answered {} without a session", exchange.status),
            exchange,
        )),
        // `invalid_grant` is 400 (RFC 6749 section 5.2).
        Err(_) if exchange.status == 400 => Ok(Traded::Refused("was answered 400".to_owned(), exchange)),
        Err(refused) if refused.cause == Cause::ControlFailed => {
            Ok(Traded::Refused(format!("was answered {}", exchange.status), exchange))
        }
        Err(neither) => Err(neither.shown_by(ctx.target.evidence("refresh", &exchange, None))),
    }
}

/// Trades the refresh token of a session for the first time, which has to work.
///
/// # Errors
/// Where the session has none, or it was refused.
pub(crate) async fn first_trade(ctx: &Ctx<'_>, session: &Actor) -> Result<Actor, Stop> {
    let trade = match ctx.life.refresh(session).await {
        Ok(trade) => trade,
        Err(none) if none.cause == Cause::ControlFailed => {
            let line = "actions: { refresh: { post: /auth/refresh, json: { refresh_token: \"{{refresh_token}}\" } } }";
            return Err(Stop::missing(none.detail, Some(line.to_owned())));
        }
        Err(reason) => return Err(reason.into()),
    };
    match read(ctx, trade)? {
        Traded::For(session, _) => Ok(session),
        Traded::Refused(said, exchange) => Err(Undecided::new(
            Cause::ControlFailed,
            format!("the fresh refresh token of {session} {said}"),
        )
        .settled_by(
            "actions: { refresh: { post: /auth/refresh, json: { refresh_token: \"{{refresh_token}}\" } } }   # as the server takes it",
        )
        .shown_by(ctx.target.evidence("refresh", &exchange, None))
        .into()),
    }
}

/// Trades a refresh token that ought to be refused, until it is.
///
/// # Errors
/// Where an answer is neither.
pub(crate) async fn refused_in_the_end(ctx: &Ctx<'_>, session: &Actor) -> Result<Traded, Undecided> {
    let patience = ctx.spec.settings.auth.ends_within.min(PATIENCE);
    let (mut waited, mut holder) = (Duration::ZERO, session.clone());
    loop {
        let traded = read(ctx, ctx.life.refresh(&holder).await?)?;
        let Traded::For(next, _) = &traded else {
            return Ok(traded);
        };
        if waited >= patience {
            return Ok(traded);
        }
        // Used once more it would be refused for another reason: whoever goes on, goes on with what he was given.
        holder = next.clone();
        let pause = PAUSE.min(patience - waited);
        ctx.clock.sleep(pause).await;
        waited += pause;
    }
}
