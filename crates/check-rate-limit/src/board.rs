//! What is known of each limit: the account that it was used up with, how its handler answers, and its last refusal. One use serves
//! all questions about the limit; where it was lifted in between, it is used up again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gate_check::Ctx;
use gate_exchange::{Exchange, LimiterFields};
use gate_model::{Cause, OperationId, Undecided};
use gate_spec::{Counts, Operation, RateLimit};
use tokio::sync::OwnedMutexGuard;

use crate::account::Account;
use crate::burst::{Bounds, Burst, Count, burst};
use crate::faster::faster;
use crate::maker::Maker;
use crate::reading::{FieldsOf as _, Read, Reading};
use crate::reasons;
use crate::silent::{self, Login};

/// The longest wait for telling an edge of a window from a limit that is too high. Sound limits never cost it.
const EDGE_WAIT: Duration = Duration::from_secs(90);
/// A burst that takes this part of a window or less has an edge in it so rarely that it is taken for none.
const RARE: u32 = 100;

/// What is known of the limits of a run.
#[derive(Default)]
pub(crate) struct Board {
    limits: Mutex<HashMap<OperationId, Arc<tokio::sync::Mutex<Known>>>>,
}

/// What is known of one limit.
#[derive(Default)]
pub(crate) struct Known {
    first: Option<Result<First, Undecided>>,
    used: Option<Used>,
}

/// The first use of a limit, and what it showed.
#[derive(Clone)]
pub(crate) struct First {
    pub(crate) burst: Burst,
    pub(crate) count: Count,
    pub(crate) account: Account,
    /// How it was measured again, where once did not tell.
    pub(crate) again: Option<String>,
    /// Whether the first attempts were sure to be counted alone.
    pub(crate) counted: bool,
    /// What the right secret was answered before that, where it is known.
    pub(crate) login: Login,
    /// Whether a lock shows by nothing but the right secret, which is refused like a wrong one.
    pub(crate) silent: bool,
}

/// A limit that is used up at this moment.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) account: Account,
    pub(crate) reading: Reading,
    pub(crate) refusal: Exchange,
    /// When the refusal came.
    pub(crate) at: Instant,
    /// Whether it shows by nothing but the right secret: then that is what the account's attempts send.
    pub(crate) silent: bool,
}

/// Why a limit cannot be asked about.
pub(crate) enum Without {
    /// It does not hold at all: `rate-limit/enforced` says so.
    Nothing,
    /// It could not be found out.
    Open(Undecided),
}

impl Board {
    /// What is known of a limit, for one question at a time.
    pub(crate) async fn of(&self, limit: &RateLimit) -> OwnedMutexGuard<Known> {
        let known = {
            let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(limits.entry(limit.operation.clone()).or_default())
        };
        known.lock_owned().await
    }
}

impl Known {
    /// Uses the limit up for the first time, or tells what that showed.
    pub(crate) async fn first(&mut self, ctx: &Ctx<'_>, limit: &RateLimit) -> Result<First, Undecided> {
        if let Some(first) = &self.first {
            return first.clone();
        }
        let first = self.measure(ctx, limit).await;
        self.first = Some(first.clone());
        first
    }

    /// The limit, used up: shown by a refusal just now.
    pub(crate) async fn used_up(&mut self, ctx: &Ctx<'_>, limit: &RateLimit) -> Result<Used, Without> {
        let first = self.first(ctx, limit).await.map_err(Without::Open)?;
        let Some(mut used) = self.used.clone() else {
            return Err(if first.count == Count::NotReached {
                Without::Open(reasons::not_reached(limit, &first.burst))
            } else {
                Without::Nothing
            });
        };
        let exchange = ctx.target.send(used.account.attempt()).await.map_err(Without::Open)?;
        if used.reading.read(&exchange) == Read::Limited {
            used.refusal = exchange;
            used.at = ctx.clock.now();
        } else if used.silent {
            let locked = silent::lock_again(ctx, limit, &used).await.map_err(Without::Open)?;
            used.refusal = locked.ok_or(Without::Nothing)?;
            used.at = ctx.clock.now();
        } else {
            let bounds = Bounds::of(limit, ctx.spec.settings.limit_probe.most);
            let again = burst(ctx, &used.account, &mut used.reading, &bounds).await;
            let again = again.map_err(Without::Open)?;
            used.refusal = again.refusal.ok_or(Without::Nothing)?;
            used.at = ctx.clock.now();
        }
        self.used = Some(used.clone());
        Ok(used)
    }

    /// Whether the right secret of the account logs in while nothing is used up, as far as it is known.
    ///
    /// # Errors
    /// Where it does not, or the limit could not be used up.
    pub(crate) async fn logs_in(&mut self, ctx: &Ctx<'_>, limit: &RateLimit) -> Result<(), Undecided> {
        match self.first(ctx, limit).await?.login {
            Login::Unknown | Login::Works => Ok(()),
            Login::Fails(exchange) => Err(reasons::does_not_log_in(ctx, limit, &exchange)),
        }
    }

    async fn measure(&mut self, ctx: &Ctx<'_>, limit: &RateLimit) -> Result<First, Undecided> {
        let operation = operation_of(ctx, limit)?;
        let maker = Maker::new(ctx.spec, operation, Some(limit));
        let account = maker.account(ctx).await?;
        let bounds = Bounds::of(limit, ctx.spec.settings.limit_probe.most);
        let mut reading = Reading::new(Some(limit), !maker.is_anonymous());
        let counted = limit.key.account && account.names_account() && !limit.key.ip;
        if limit.counts == Counts::Failures && maker.is_from_plan() && !account.wrong {
            return Err(reasons::nothing_to_guess(limit));
        }
        let before = silent::logins_before(ctx, limit, &account).await?;
        let may_be_silent = silent::may_be(limit) && before.len() > 1;
        let mut seen = match may_be_silent {
            true => burst(ctx, &account, &mut reading, &bounds.to_the_limit()).await?,
            false => burst(ctx, &account, &mut reading, &bounds).await?,
        };
        let login = silent::judged(&reading, before);
        if may_be_silent && seen.refusal.is_none() && matches!(login, Login::Works) {
            let sought = silent::sought(ctx, &account, &mut reading, &bounds, seen).await?;
            seen = sought.burst;
            if let Some(again) = sought.locked {
                self.used = seen.refusal.clone().map(|refusal| Used {
                    account: account.with_right_secret(),
                    reading: reading.of_right_secrets(),
                    refusal,
                    at: ctx.clock.now(),
                    silent: true,
                });
                return Ok(First {
                    burst: seen,
                    count: Count::Within,
                    account,
                    again,
                    counted,
                    login,
                    silent: true,
                });
            }
        } else if may_be_silent && seen.refusal.is_none() {
            // The right secret tells nothing here: the rest of the attempts.
            seen = seen.and(burst(ctx, &account, &mut reading, &bounds).await?);
        }
        if seen.served == 0 {
            seen = self
                .once_more(ctx, limit, &account, &mut reading, &bounds, seen)
                .await?;
        }
        let mut count = bounds.judge(&seen, counted);
        let mut again = None;
        if count == Count::TooMany && !maker.is_from_plan() && !is_sure(&seen) {
            return Err(reasons::unsure(ctx, limit, &seen));
        }
        if count == Count::TooEarly {
            (count, again) = early(ctx, limit, &maker, &account, &reading, &bounds, &seen).await?;
        }
        if count == Count::PerhapsAnEdge {
            (count, again) = edge(ctx, limit, &maker, &account, &reading, &bounds, &seen).await?;
        }
        if count == Count::Within
            && let Some(refusal) = &seen.refusal
            && let Some(words) = faster(ctx, limit, &account, &reading, refusal).await?
        {
            (count, again) = (Count::TooFast, Some(words));
        }
        // Many servers lock accounts that exist and no others.
        let nobodys = account.identity.is_none() && account.names_account() && limit.key.account;
        if count == Count::TooMany && nobodys && seen.refusal.is_none() {
            return Err(reasons::needs_account(ctx, limit, &seen));
        }
        if let Some(refusal) = &seen.refusal {
            self.used = Some(Used {
                account: account.clone(),
                reading: reading.clone(),
                refusal: refusal.clone(),
                at: ctx.clock.now(),
                silent: false,
            });
        }
        Ok(First {
            burst: seen,
            count,
            account,
            again,
            counted,
            login,
            silent: false,
        })
    }

    /// Everything was refused: the key was used up before. Waits once, where that fits.
    async fn once_more(
        &mut self,
        ctx: &Ctx<'_>,
        limit: &RateLimit,
        account: &Account,
        reading: &mut Reading,
        bounds: &Bounds,
        seen: Burst,
    ) -> Result<Burst, Undecided> {
        let Some(refusal) = &seen.refusal else { return Ok(seen) };
        let asked = LimiterFields::of(refusal).wait().unwrap_or(limit.window);
        let wait = ctx.spec.settings.limit_probe.wait;
        if asked > wait {
            return Err(reasons::used_up_before(ctx, &limit.operation, refusal, Some(asked)));
        }
        ctx.clock.sleep(asked + Duration::from_millis(500)).await;
        let again = burst(ctx, account, reading, bounds).await?;
        if again.served == 0 {
            return Err(reasons::used_up_before(ctx, &limit.operation, refusal, None));
        }
        Ok(again)
    }
}

/// Measures once more, because a limit for everybody may have refused what this one did not: when that is lifted, with another
/// account where accounts are counted.
async fn early(
    ctx: &Ctx<'_>,
    limit: &RateLimit,
    maker: &Maker<'_>,
    account: &Account,
    reading: &Reading,
    bounds: &Bounds,
    seen: &Burst,
) -> Result<(Count, Option<String>), Undecided> {
    let asked = seen
        .refusal
        .as_ref()
        .and_then(|refusal| LimiterFields::of(refusal).wait());
    let wait = asked.unwrap_or(limit.window).min(ctx.spec.settings.limit_probe.wait);
    ctx.clock.sleep(wait + Duration::from_millis(200)).await;
    let other = if limit.key.account && account.names_account() {
        maker.invented(ctx).await?
    } else {
        account.clone()
    };
    let mut reading = reading.clone();
    let second = burst(ctx, &other, &mut reading, bounds).await?;
    let words = format!(
        "measured again after {wait:?}, {} were served before a refusal",
        second.before
    );
    Ok((bounds.judge(&second, true), Some(words)))
}

/// Measures once more, because an edge of a window may lie within the first burst: with another account where accounts are
/// counted, else when the window has passed.
async fn edge(
    ctx: &Ctx<'_>,
    limit: &RateLimit,
    maker: &Maker<'_>,
    account: &Account,
    reading: &Reading,
    bounds: &Bounds,
    seen: &Burst,
) -> Result<(Count, Option<String>), Undecided> {
    let (other, how) = if limit.key.account && account.names_account() {
        (maker.invented(ctx).await?, "with another account".to_owned())
    } else if limit.window <= EDGE_WAIT {
        ctx.clock.sleep(limit.window + Duration::from_millis(200)).await;
        (account.clone(), "when the window had passed".to_owned())
    } else if seen.took * RARE <= limit.window {
        return Ok((Count::TooMany, None));
    } else {
        return Err(Undecided::new(
            Cause::Flaky,
            format!(
                "{} attempts were served in {:?}, which an edge of the window may explain",
                seen.served, seen.took
            ),
        ));
    };
    let mut reading = reading.clone();
    let second = burst(ctx, &other, &mut reading, bounds).await?;
    let words = format!("{how}, {} were served before a refusal", second.served);
    Ok(match bounds.judge(&second, false) {
        Count::Within => (Count::Within, Some(words)),
        _ => (Count::TooMany, Some(words)),
    })
}

pub(crate) fn operation_of<'p>(ctx: &Ctx<'p>, limit: &RateLimit) -> Result<&'p Operation, Undecided> {
    ctx.spec.operations.get(&limit.operation).ok_or_else(|| {
        Undecided::new(
            Cause::ObjectMissing,
            format!("the plan does not know {}", limit.operation),
        )
    })
}

/// Whether the handler itself answered, as far as a status tells.
fn is_sure(seen: &Burst) -> bool {
    let status = seen.handled.as_ref().map_or(0, |exchange| exchange.status);
    matches!(status, 200..=299 | 401 | 403)
}
