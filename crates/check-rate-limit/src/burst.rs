//! Sends attempts until the limit refuses, and a few more; counts and judges what was served.
//!
//! A limit is held by bounds, never by equality. A fixed window serves up to twice the limit across its edge, a token bucket goes
//! on serving at its rate, some count the attempt that they refuse. Several processes that count each for themselves show by
//! answers that alternate, because every attempt goes over a connection of its own.

use std::time::{Duration, Instant};

use gate_check::Ctx;
use gate_exchange::{Exchange, Way};
use gate_model::Undecided;
use gate_spec::RateLimit;

use crate::account::Account;
use crate::reading::{Read, Reading};

/// Attempts after the first refusal, one after another, all of which must be refused.
const CONFIRM: u32 = 3;
/// Attempts at the same time after those: a process that waits beside the one which refuses is only given a connection while that
/// one is at work.
const AT_ONCE: u32 = 6;
/// Rounds in which one process is kept at work by an attempt whose end is held back, and others come in the meantime.
const ROUNDS: u32 = 2;
/// How long the end is held back.
const HELD: Duration = Duration::from_millis(250);
/// When the others come.
const MEANWHILE: Duration = Duration::from_millis(50);
/// How many.
const OTHERS: u32 = 2;

/// What a burst came to.
#[derive(Clone, Debug)]
pub(crate) struct Burst {
    /// Attempts.
    pub(crate) sent: u32,
    /// Those that the handler answered.
    pub(crate) served: u32,
    /// Those that it answered before the first refusal.
    pub(crate) before: u32,
    /// How often an attempt was served right after one was refused.
    pub(crate) reopened: u32,
    /// Those that were served among attempts at the same time, after a refusal.
    pub(crate) beside: u32,
    /// From the first attempt to the last.
    pub(crate) took: Duration,
    /// The last refusal.
    pub(crate) refusal: Option<Exchange>,
    /// The last answer of the handler.
    pub(crate) handled: Option<Exchange>,
}

impl Burst {
    /// This burst and another right after it, as one.
    pub(crate) fn and(self, later: Self) -> Self {
        Self {
            sent: self.sent + later.sent,
            served: self.served + later.served,
            before: match self.refusal {
                Some(_) => self.before,
                None => self.served + later.before,
            },
            reopened: self.reopened + later.reopened,
            beside: self.beside + later.beside,
            took: self.took + later.took,
            refusal: later.refusal.or(self.refusal),
            handled: later.handled.or(self.handled),
        }
    }
}

/// What a count of served attempts says about the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// It holds.
    Within,
    /// The first refusal came too early.
    TooEarly,
    /// More than the limit was served, but not more than two windows hold whose edge lay in between.
    PerhapsAnEdge,
    /// More than anything explains.
    TooMany,
    /// Each time within the limit, and again and again far sooner than its window allows.
    TooFast,
    /// The limit was never reached: attempts were too slow or too few.
    NotReached,
}

/// The numbers that a limit is held by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The limit, in requests.
    limit: u64,
    percent: u64,
    replicas: u64,
    window: Duration,
    most: u32,
    /// Whether the burst ends where a sound limit has been reached, even if nothing was refused.
    to_the_limit: bool,
}

impl Bounds {
    /// The bounds of a declared limit, with what it may cost.
    pub(crate) fn of(limit: &RateLimit, most: u32) -> Self {
        Self {
            limit: u64::from(limit.limit),
            percent: u64::from(limit.tolerance_percent),
            replicas: u64::from(limit.replicas),
            window: limit.window,
            most,
            to_the_limit: false,
        }
    }

    /// The same bounds for a burst that ends where a sound limit has been reached, even if nothing was refused.
    pub(crate) fn to_the_limit(mut self) -> Self {
        self.to_the_limit = true;
        self
    }

    /// Served attempts that a sound limit allows within a time, one for those that count differently included.
    pub(crate) fn allowed(&self, took: Duration) -> u64 {
        let all = self.limit * self.replicas;
        let refilled = all as f64 * took.as_secs_f64() / self.window.as_secs_f64().max(0.001);
        all * (100 + self.percent) / 100 + refilled as u64 + 1
    }

    /// Served attempts that an edge of a window between them would explain.
    pub(crate) fn edge(&self, took: Duration) -> u64 {
        self.allowed(took) + self.limit * self.replicas
    }

    /// Served attempts before which a refusal comes too early.
    pub(crate) fn early(&self) -> u64 {
        // A limit may refuse the attempt that reaches it.
        (self.limit * 100u64.saturating_sub(self.percent) / 100).min(self.limit - 1)
    }

    /// What the burst costs where the limit holds.
    pub(crate) fn expected(&self) -> u64 {
        self.limit * self.replicas + u64::from(CONFIRM + AT_ONCE + (1 + OTHERS) * ROUNDS) + 1
    }

    /// What it may cost before it is known that the limit does not hold.
    pub(crate) fn needed(&self) -> u64 {
        self.edge(Duration::ZERO) + 1
    }

    /// Judges a burst. `counted` says that nothing else was counted against the same key before.
    pub(crate) fn judge(&self, burst: &Burst, counted: bool) -> Count {
        let served = u64::from(burst.served);
        if served > self.edge(burst.took) || (burst.reopened > 1 && served > self.allowed(burst.took)) {
            return Count::TooMany;
        }
        if burst.refusal.is_none() {
            return Count::NotReached;
        }
        if served > self.allowed(burst.took) {
            return Count::PerhapsAnEdge;
        }
        if counted && u64::from(burst.before) < self.early() {
            return Count::TooEarly;
        }
        Count::Within
    }
}

/// Sends attempts until the limit refuses, and more of them after that, one after another and at once; or until more were served
/// than anything explains.
///
/// # Errors
/// Where an attempt got no answer, or one that is neither the limit's nor the handler's.
pub(crate) async fn burst(
    ctx: &Ctx<'_>,
    account: &Account,
    reading: &mut Reading,
    bounds: &Bounds,
) -> Result<Burst, Undecided> {
    let began = ctx.clock.now();
    let mut burst = Burst {
        sent: 0,
        served: 0,
        before: 0,
        reopened: 0,
        beside: 0,
        took: Duration::ZERO,
        refusal: None,
        handled: None,
    };
    let (mut refused, mut last_refused) = (0, false);
    while burst.sent < bounds.most && refused <= CONFIRM {
        let exchange = ctx.target.send(account.attempt()).await?;
        burst.sent += 1;
        burst.took = ctx.clock.now().saturating_duration_since(began);
        // A failure of the server, and what never reached a handler, is no answer to learn from.
        let useless = matches!(exchange.status, 405 | 411 | 413 | 415 | 500..=599);
        let first = reading.is_new() && !reading.is_limited(&exchange) && !useless;
        if first {
            reading.learn(&exchange);
        }
        let mut read = reading.read(&exchange);
        if read == Read::Other && burst.refusal.is_none() && reading.is_second(&exchange) {
            read = Read::Handled;
        }
        match read {
            Read::Limited => {
                if burst.refusal.is_none() {
                    burst.before = burst.served;
                }
                burst.refusal = Some(exchange);
                refused += 1;
                last_refused = true;
            }
            Read::Handled => {
                if !first {
                    reading.learn(&exchange);
                }
                burst.reopened += u32::from(last_refused);
                last_refused = false;
                burst.served += 1;
                burst.handled = Some(exchange);
                let silent = bounds.to_the_limit && burst.refusal.is_none();
                let served = u64::from(burst.served);
                if served > bounds.edge(burst.took) || (silent && served >= bounds.allowed(burst.took)) {
                    break;
                }
            }
            Read::Other => {
                let what = format!("attempt {} of {}", burst.sent, account.words());
                return Err(reading
                    .neither(&what, &exchange)
                    .shown_by(ctx.target.evidence("attempt", &exchange, None)));
            }
        }
    }
    if burst.refusal.is_some() {
        let all = (0..AT_ONCE).map(|_| ctx.target.send(account.attempt()));
        let answers = futures_util::future::join_all(all).await;
        count_beside(ctx, reading, &mut burst, began, answers);
        for _ in 0..ROUNDS {
            let answers = while_one_waits(ctx, account).await;
            count_beside(ctx, reading, &mut burst, began, answers);
        }
    }
    Ok(burst)
}

/// What came of an attempt.
type Came = Result<Exchange, Undecided>;

/// Keeps whichever process takes an attempt at work, and sends others meanwhile. A server that reads requests before it gives them to a
/// process is not held up by it; then they are attempts like any other.
async fn while_one_waits(ctx: &Ctx<'_>, account: &Account) -> Vec<Came> {
    let held = ctx.target.send(account.attempt().by(Way::Held(HELD)));
    let others = async {
        ctx.clock.sleep(MEANWHILE).await;
        let mut answers = Vec::new();
        for _ in 0..OTHERS {
            answers.push(ctx.target.send(account.attempt()).await);
        }
        answers
    };
    let (held, mut answers) = futures_util::future::join(held, others).await;
    answers.push(held);
    answers
}

/// Counts attempts at the same time. Those that fail below HTTP are left out: a server may refuse connections that come together.
fn count_beside(ctx: &Ctx<'_>, reading: &Reading, burst: &mut Burst, began: Instant, answers: Vec<Came>) {
    burst.took = ctx.clock.now().saturating_duration_since(began);
    for exchange in answers.into_iter().flatten() {
        burst.sent += 1;
        match reading.read(&exchange) {
            Read::Limited => burst.refusal = Some(exchange),
            Read::Handled => {
                burst.served += 1;
                burst.beside += 1;
                burst.handled = Some(exchange);
            }
            Read::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shape::tests::answer;

    fn bounds(limit: u64, replicas: u64) -> Bounds {
        Bounds {
            limit,
            percent: 10,
            replicas,
            window: Duration::from_secs(60),
            most: 300,
            to_the_limit: false,
        }
    }

    fn seen(before: u32, served: u32, reopened: u32, refused: bool) -> Burst {
        Burst {
            sent: 0,
            served,
            before,
            reopened,
            beside: 0,
            took: Duration::from_millis(50),
            refusal: refused.then(|| answer(429, "")),
            handled: None,
        }
    }

    #[test]
    fn bounds_tell_what_a_count_says() {
        let five = bounds(5, 1);
        for (burst, count) in [
            (seen(5, 5, 0, true), Count::Within),
            (seen(4, 4, 0, true), Count::Within),
            (seen(6, 6, 0, true), Count::Within),
            (seen(5, 6, 1, true), Count::Within),
            (seen(3, 3, 0, true), Count::TooEarly),
            (seen(8, 8, 0, true), Count::PerhapsAnEdge),
            (seen(10, 10, 0, true), Count::PerhapsAnEdge),
            (seen(5, 8, 2, true), Count::TooMany),
            (seen(5, 9, 0, true), Count::PerhapsAnEdge),
            (seen(0, 12, 0, false), Count::TooMany),
            (seen(0, 4, 0, false), Count::NotReached),
        ] {
            assert_eq!(five.judge(&burst, true), count, "{burst:?}");
        }
        assert_eq!(five.judge(&seen(1, 1, 0, true), false), Count::Within);
        assert_eq!(bounds(5, 2).judge(&seen(10, 10, 0, true), true), Count::Within);
        assert_eq!(bounds(1, 1).early(), 0);
    }

    #[test]
    fn a_bucket_that_refills_is_within() {
        let mut slow = seen(5, 9, 0, true);
        slow.took = Duration::from_secs(48);
        assert_eq!(bounds(5, 1).judge(&slow, true), Count::Within);
    }

    proptest! {
        #[test]
        fn bounds_are_in_order(limit in 1u64..10_000, replicas in 1u64..8, millis in 0u64..100_000) {
            let bounds = bounds(limit, replicas);
            let took = Duration::from_millis(millis);
            prop_assert!(bounds.early() < limit);
            prop_assert!(limit * replicas < bounds.allowed(took));
            prop_assert!(bounds.allowed(took) < bounds.edge(took));
        }
    }
}
