//! `rate-limit/recovery`: is a limit lifted when it says so, and not before?

use std::time::Duration;

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::{Exchange, LimiterFields};
use gate_model::{Cause, Missing, Undecided};

use crate::board::{Used, operation_of};
use crate::burst::{Bounds, burst};
use crate::limited::{Job, shown};
use crate::maker::Maker;
use crate::reading::{FieldsOf as _, Read};

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");

/// What is waited beyond the advertised time: whole seconds are often cut off and not rounded up.
const SLACK: Duration = Duration::from_millis(1_100);
/// An advertised time below this is not asked about at its half: rounding up to whole seconds may be all of it.
const HALVED_FROM: Duration = Duration::from_secs(2);

/// Waits and asks.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    let used = match known.used_up(ctx, &job.limit).await {
        Ok(used) => used,
        Err(why) => return job.without(why),
    };
    drop(known);
    let used = match anew(ctx, job, used).await {
        Ok(used) => used,
        Err(reason) => return Verdict::undecided(&job.case.id, reason),
    };
    match waited(ctx, job, &used).await {
        Ok(Waited::Judged(judgement)) => job.close(ctx, *judgement).await,
        Ok(Waited::TooLong(asked)) => Verdict::not_testable(
            &job.case.id,
            Missing {
                what: format!(
                    "{} asks to wait {asked:?}, which this run does not",
                    job.limit.operation
                ),
                add: Some(format!(
                    "profiles: {{ nightly: {{ rate_limit_probe: {{ wait: {}s }} }} }}",
                    asked.as_secs() + 5
                )),
            },
        ),
        Err(reason) => Verdict::undecided(&job.case.id, reason),
    }
}

/// The limit of an account that was used up just now: what was used up a while ago may be lifted for that reason alone. Where
/// only accounts that exist are limited, the one that is used up serves.
async fn anew(ctx: &Ctx<'_>, job: &Job, used: Used) -> Result<Used, Undecided> {
    // Nothing but the right password tells that an account is locked without a word.
    if used.silent || !job.limit.key.account || !used.account.names_account() {
        return Ok(used);
    }
    let operation = operation_of(ctx, &job.limit)?;
    let account = Maker::new(ctx.spec, operation, Some(&job.limit)).invented(ctx).await?;
    let mut reading = used.reading.clone();
    let bounds = Bounds::of(&job.limit, ctx.spec.settings.limit_probe.most);
    let fresh = burst(ctx, &account, &mut reading, &bounds).await?;
    Ok(match fresh.refusal {
        Some(refusal) => Used {
            account,
            reading,
            refusal,
            at: ctx.clock.now(),
            silent: false,
        },
        None => used,
    })
}

enum Waited {
    Judged(Box<Judgement>),
    TooLong(Duration),
}

async fn waited(ctx: &Ctx<'_>, job: &Job, used: &Used) -> Result<Waited, Undecided> {
    let mut refusal = used.refusal.clone();
    let mut asked = advertised(&refusal, job.limit.window);
    if asked > ctx.spec.settings.limit_probe.wait.max(job.limit.window) {
        return Ok(Waited::TooLong(asked));
    }
    let operation = &job.limit.operation;
    let mut before = String::new();
    // A time that nobody named is no promise: a bucket serves the next request long before its window has passed.
    let named = LimiterFields::of(&refusal).wait().is_some();
    if named && asked >= HALVED_FROM {
        ctx.clock.sleep(asked / 2).await;
        let early = ctx.target.send(used.account.attempt()).await?;
        match used.reading.read(&early) {
            // What it asks for now counts from now: some limits count what they refuse.
            Read::Limited => {
                before = format!("after half of {asked:?} it still refused; ");
                asked = advertised(&early, job.limit.window);
                refusal = early;
            }
            Read::Handled => {
                let title = format!("{operation} is open again after half of the time that it names");
                let words = format!("it named {asked:?}, and served an attempt after {:?}", asked / 2);
                let evidence = shown(ctx, &[("refused", Some(&refusal)), ("served early", Some(&early))]);
                return judged(job.violated(title, words, evidence));
            }
            Read::Other => return Err(used.reading.neither("an attempt before the named time", &early)),
        }
    }
    if asked > ctx.spec.settings.limit_probe.wait.max(job.limit.window) {
        return Ok(Waited::TooLong(asked));
    }
    ctx.clock.sleep(asked + asked / 20 + SLACK).await;
    let after = ctx.target.send(used.account.attempt()).await?;
    match used.reading.read(&after) {
        Read::Handled => {
            let kind = match used.silent {
                true => String::new(),
                false => algorithm(ctx, job, used).await?,
            };
            judged(Judgement::Holds(format!(
                "{before}after {asked:?} more it served again{kind}"
            )))
        }
        Read::Limited => {
            let (title, said) = if named {
                (
                    format!("{operation} is not open again at the time that it names"),
                    "it named",
                )
            } else {
                (
                    format!("{operation} is not open again when its window has passed"),
                    "the window is",
                )
            };
            let words = format!("{before}{said} {asked:?}, and it still refused when that had passed");
            let evidence = shown(ctx, &[("refused", Some(&refusal)), ("still refused", Some(&after))]);
            judged(job.violated(title, words, evidence))
        }
        Read::Other => Err(used
            .reading
            .neither("an attempt after the named time", &after)
            .shown_by(ctx.target.evidence("after the wait", &after, None))),
    }
}

fn judged(judgement: Judgement) -> Result<Waited, Undecided> {
    Ok(Waited::Judged(Box::new(judgement)))
}

fn advertised(refusal: &Exchange, window: Duration) -> Duration {
    LimiterFields::of(refusal).wait().unwrap_or(window)
}

/// How many are served at once after the limit was lifted tells kinds of limits apart. A remark, never a verdict.
async fn algorithm(ctx: &Ctx<'_>, job: &Job, used: &Used) -> Result<String, Undecided> {
    let most = job.limit.limit.min(20);
    let mut served = 1;
    while served < most {
        let exchange = ctx.target.send(used.account.attempt()).await?;
        match used.reading.read(&exchange) {
            Read::Handled => served += 1,
            Read::Limited => break,
            Read::Other => {
                return Err(Undecided::new(
                    Cause::NeitherAnswer,
                    format!(
                        "after the wait {} was answered {}",
                        job.limit.operation, exchange.status
                    ),
                ));
            }
        }
    }
    let kind = if served >= most {
        "as a window that begins anew does"
    } else {
        "as a sliding window or a bucket that fills up does"
    };
    Ok(format!("; {served} of {} were served at once, {kind}", job.limit.limit))
}
