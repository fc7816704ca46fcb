//! Locks that are answered like a wrong password. Nothing tells them but the right one, which logs in before and is refused after.

use std::time::Duration;

use gate_check::Ctx;
use gate_exchange::{Exchange, LimiterFields};
use gate_model::Undecided;
use gate_spec::{Counts, RateLimit, WhileLocked};

use crate::account::Account;
use crate::board::Used;
use crate::burst::{Bounds, Burst, burst};
use crate::reading::{FieldsOf as _, Read, Reading};

/// How often the right secret must log in before: one that is good for one login would be refused after it without any lock.
const LOGINS: usize = 2;
/// How often it is tried to lock an account before it counts as one that is not locked: once an edge of a window may lie between
/// the attempts.
const TRIES: u32 = 2;

/// What the right secret was answered while nothing was used up.
#[derive(Clone)]
pub(crate) enum Login {
    /// It is not known, or was not asked.
    Unknown,
    /// It logs in.
    Works,
    /// It was answered in another way.
    Fails(Box<Exchange>),
}

/// What came of looking for a lock.
pub(crate) struct Sought {
    /// All attempts together; where it was found, with the right secret's refusal.
    pub(crate) burst: Burst,
    /// It was found, with how it was measured again where once did not tell.
    pub(crate) locked: Option<Option<String>>,
}

/// Whether a lock of this limit could be answered like a wrong secret at all.
pub(crate) fn may_be(limit: &RateLimit) -> bool {
    limit.while_locked == WhileLocked::Refused && limit.slowed.is_none()
}

/// The answers to the right secret before anything is used up, where it is known and costs nothing of the limit.
///
/// # Errors
/// Where it got no answer.
pub(crate) async fn logins_before(
    ctx: &Ctx<'_>,
    limit: &RateLimit,
    account: &Account,
) -> Result<Vec<Exchange>, Undecided> {
    let mut answers = Vec::new();
    let Some(right) = account.right().filter(|_| limit.counts == Counts::Failures) else {
        return Ok(answers);
    };
    let empty = Reading::new(Some(limit), false);
    for _ in 0..LOGINS {
        let mut exchange = ctx.target.send(right.clone()).await?;
        if empty.is_limited(&exchange) {
            // An earlier check may have left it used up.
            let asked = LimiterFields::of(&exchange).wait().unwrap_or(limit.window);
            if asked > ctx.spec.settings.limit_probe.wait {
                return Ok(Vec::new());
            }
            ctx.clock.sleep(asked + Duration::from_millis(500)).await;
            exchange = ctx.target.send(right.clone()).await?;
            if empty.is_limited(&exchange) {
                return Ok(Vec::new());
            }
        }
        answers.push(exchange);
    }
    Ok(answers)
}

/// What those answers are, once it is known what a wrong secret is answered.
pub(crate) fn judged(reading: &Reading, before: Vec<Exchange>) -> Login {
    if before.is_empty() || reading.is_new() {
        return Login::Unknown;
    }
    match before.into_iter().find(|exchange| !reading.is_login(exchange)) {
        Some(other) => Login::Fails(Box::new(other)),
        None => Login::Works,
    }
}

/// Attempts went on to the limit and none was refused. Sends the right secret, after as many wrong ones again where it logs in;
/// and where it does then too, all the attempts that show a limit which does not hold.
///
/// # Errors
/// As [`burst`].
pub(crate) async fn sought(
    ctx: &Ctx<'_>,
    account: &Account,
    reading: &mut Reading,
    bounds: &Bounds,
    first: Burst,
) -> Result<Sought, Undecided> {
    let mut all = first;
    for round in 1..=TRIES {
        if let Some(refusal) = refused_right(ctx, account, reading).await? {
            all.refusal = Some(refusal);
            let again = (round > 1).then(|| "measured again, after the right one had logged in".to_owned());
            return Ok(Sought {
                burst: all,
                locked: Some(again),
            });
        }
        let bounds = if round < TRIES { bounds.to_the_limit() } else { *bounds };
        all = all.and(burst(ctx, account, reading, &bounds).await?);
        if all.refusal.is_some() {
            break;
        }
    }
    Ok(Sought {
        burst: all,
        locked: None,
    })
}

/// Locks the account again with wrong secrets. The right one's refusal, where it could be done.
///
/// # Errors
/// As [`burst`].
pub(crate) async fn lock_again(ctx: &Ctx<'_>, limit: &RateLimit, used: &Used) -> Result<Option<Exchange>, Undecided> {
    let bounds = Bounds::of(limit, ctx.spec.settings.limit_probe.most).to_the_limit();
    let (account, mut reading) = (used.account.guessed_at(), used.reading.of_wrong_secrets());
    for _ in 0..TRIES {
        burst(ctx, &account, &mut reading, &bounds).await?;
        if let Some(refusal) = refused_right(ctx, &account, &reading).await? {
            return Ok(Some(refusal));
        }
    }
    Ok(None)
}

async fn refused_right(ctx: &Ctx<'_>, account: &Account, reading: &Reading) -> Result<Option<Exchange>, Undecided> {
    let Some(right) = account.right() else { return Ok(None) };
    let exchange = ctx.target.send(right).await?;
    Ok((reading.of_right_secrets().read(&exchange) == Read::Limited).then_some(exchange))
}
