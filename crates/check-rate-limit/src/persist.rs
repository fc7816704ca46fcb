//! Whether a request goes on being served while the limit goes on refusing.
//!
//! One served request proves nothing: a bucket that has just been refilled by one serves whoever comes first. So a request is sent
//! in turn with the plain one, until more of it was served than a refill explains.

use std::time::{Duration, Instant};

use gate_check::Ctx;
use gate_exchange::{Exchange, Outgoing};
use gate_model::Undecided;
use gate_spec::RateLimit;

use crate::board::Used;
use crate::reading::Read;

/// Turns at most.
const TURNS: u32 = 3;
/// A refill that is expected this rarely within the time is none.
const RARE: f64 = 0.002;

/// What became of a request.
pub(crate) enum Turns {
    /// It was refused like the plain one.
    Refused,
    /// It was answered in some other way.
    Elsewhere(Exchange),
    /// It was served again and again; the last of these, and the plain request's refusal.
    Served(Box<(Exchange, Exchange)>),
    /// It was served so often, and the plain request after the last of these as well: the limit was lifted.
    Lifted(Box<Exchange>, u32),
    /// It was served so often, but a refill may explain that.
    Unproven(u32),
}

/// Sends a request in turn with the plain one.
///
/// # Errors
/// Where the plain request gets no answer. A request without an answer is one that leads elsewhere only to its caller.
pub(crate) async fn turns(
    ctx: &Ctx<'_>,
    limit: &RateLimit,
    used: &Used,
    outgoing: &Outgoing,
    refused_at: Instant,
) -> Result<Turns, Undecided> {
    let mut served = 0;
    let mut last = None;
    for _ in 0..TURNS {
        let exchange = ctx.target.send(outgoing.clone()).await?;
        let took = ctx.clock.now().saturating_duration_since(refused_at);
        match used.reading.read(&exchange) {
            Read::Limited if served == 0 => return Ok(Turns::Refused),
            Read::Other if served == 0 => return Ok(Turns::Elsewhere(exchange)),
            Read::Limited | Read::Other => break,
            Read::Handled => {}
        }
        let plain = ctx.target.send(used.account.attempt()).await?;
        if used.reading.read(&plain) != Read::Limited {
            return Ok(Turns::Lifted(Box::new(exchange), served + 1));
        }
        served += 1;
        last = Some((exchange, plain));
        if served >= needed(limit, took) {
            break;
        }
    }
    let took = ctx.clock.now().saturating_duration_since(refused_at);
    match last {
        Some(both) if served >= needed(limit, took) => Ok(Turns::Served(Box::new(both))),
        _ => Ok(Turns::Unproven(served)),
    }
}

/// How many must be served within a time before a refill does not explain it.
fn needed(limit: &RateLimit, took: Duration) -> u32 {
    let all = f64::from(limit.limit) * f64::from(limit.replicas);
    let refilled = all * took.as_secs_f64() / limit.window.as_secs_f64().max(0.001);
    let needed = if refilled < RARE { 1 } else { refilled as u32 + 2 };
    needed.min(limit.limit.max(1))
}
