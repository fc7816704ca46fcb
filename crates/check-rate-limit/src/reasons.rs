//! Why a limit could not be asked about, in words, with the line of the plan that settles it.

use std::time::Duration;

use gate_check::Ctx;
use gate_exchange::Exchange;
use gate_model::{Cause, OperationId, Undecided};
use gate_spec::RateLimit;

use crate::burst::Burst;

/// The key was used up before the first attempt. `waited` says that it was so again after a wait; else `asked` is the wait that
/// would have been needed.
pub(crate) fn used_up_before(
    ctx: &Ctx<'_>,
    operation: &OperationId,
    refusal: &Exchange,
    asked: Option<Duration>,
) -> Undecided {
    let rest = match asked {
        Some(_) => ": its limit had been used up before",
        None => ", and after a wait",
    };
    let undecided = Undecided::new(
        Cause::Throttled,
        format!("{operation} was refused from the first attempt on{rest}"),
    )
    .shown_by(ctx.target.evidence("refused", refusal, None));
    match asked {
        Some(asked) => undecided.settled_by(format!(
            "checks: {{ rate_limit_probe: {{ wait: {}s }} }}",
            asked.as_secs() + 2
        )),
        None => undecided,
    }
}

/// Attempts were answered in a way that may not be the handler's.
pub(crate) fn unsure(ctx: &Ctx<'_>, limit: &RateLimit, seen: &Burst) -> Undecided {
    let status = seen.handled.as_ref().map_or(0, |exchange| exchange.status);
    let mut undecided = Undecided::new(
        Cause::NeitherAnswer,
        format!(
            "{} attempts at {} were answered {status}, so that the handler may not have been reached",
            seen.served, limit.operation
        ),
    )
    .settled_by(ctx.spec.stub_request(&limit.operation));
    if let Some(exchange) = &seen.handled {
        undecided = undecided.shown_by(ctx.target.evidence("attempt", exchange, None));
    }
    undecided
}

/// Only accounts that exist may be limited.
pub(crate) fn needs_account(ctx: &Ctx<'_>, limit: &RateLimit, seen: &Burst) -> Undecided {
    let mut undecided = Undecided::new(
        Cause::ControlFailed,
        format!(
            "{} attempts at {} for an account that nobody has were not refused, and the plan gives no account away that might be",
            seen.served, limit.operation
        ),
    )
    .settled_by(ctx.spec.stub_login());
    if let Some(exchange) = &seen.handled {
        undecided = undecided.shown_by(ctx.target.evidence("attempt", exchange, None));
    }
    undecided
}

/// Too few attempts, or too slow ones.
pub(crate) fn not_reached(limit: &RateLimit, seen: &Burst) -> Undecided {
    Undecided::new(
        Cause::TooFewSamples,
        format!(
            "{} attempts at {} took {:?}: too few or too slow to reach the limit",
            seen.sent, limit.operation, seen.took
        ),
    )
    .settled_by(format!(
        "checks: {{ rate_limit_probe: {{ most: {} }} }}",
        u64::from(seen.sent) * 4
    ))
}

/// The right secret of the account did not log in before anything was used up.
pub(crate) fn does_not_log_in(ctx: &Ctx<'_>, limit: &RateLimit, exchange: &Exchange) -> Undecided {
    Undecided::new(
        Cause::IdentityUnproven,
        format!(
            "the right password of the account that the plan gives away was answered {} at {} before any wrong one was sent",
            exchange.status, limit.operation
        ),
    )
    .settled_by(ctx.spec.stub_login())
    .shown_by(ctx.target.evidence("right password", exchange, None))
}

/// No field of the login is one that could be guessed wrong.
pub(crate) fn nothing_to_guess(limit: &RateLimit) -> Undecided {
    Undecided::new(
        Cause::ControlFailed,
        format!(
            "no field of the login at {} is told to be its password, so that no attempt can be made to fail",
            limit.operation
        ),
    )
    .settled_by("request: { post: …, json: { …, password: \"{{password}}\" } }   # a field of its own; with GraphQL under `variables`")
}
