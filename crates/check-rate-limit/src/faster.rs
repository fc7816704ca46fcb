//! Whether a window is far shorter than the declared one: a limit of so many a minute that is one of so many a second refuses as
//! it should, and is open again at once.

use std::time::Duration;

use gate_check::Ctx;
use gate_exchange::{Exchange, LimiterFields};
use gate_model::Undecided;
use gate_spec::RateLimit;

use crate::account::Account;
use crate::burst::{Bounds, burst};
use crate::reading::{FieldsOf as _, Reading};

/// How often the limit is used up: twice is what the edge of a sound window explains.
const ROUNDS: u32 = 3;
/// A refusal that asks to wait for this part of the window, or less, is looked into.
const PART: u32 = 6;
/// What is waited beyond the named time: it may be rounded.
const SLACK: Duration = Duration::from_millis(600);

/// Uses the limit up again each time that it said it would be open, and says how many were served where no declared window
/// explains that. Nothing is sent where the time that it names is as long as can be expected, or longer than the run waits.
///
/// # Errors
/// As [`burst`].
pub(crate) async fn faster(
    ctx: &Ctx<'_>,
    limit: &RateLimit,
    account: &Account,
    reading: &Reading,
    refusal: &Exchange,
) -> Result<Option<String>, Undecided> {
    let bounds = Bounds::of(limit, ctx.spec.settings.limit_probe.most);
    let mut reading = reading.clone();
    let mut asked = LimiterFields::of(refusal).wait();
    let (mut served, mut began) = (0, None);
    for round in 1..=ROUNDS {
        let Some(wait) = asked.filter(|wait| is_short(*wait, limit, ctx.spec.settings.limit_probe.wait)) else {
            return Ok(None);
        };
        ctx.clock.sleep(wait + wait / 20 + SLACK).await;
        let began = *began.get_or_insert(ctx.clock.now());
        let once = burst(ctx, account, &mut reading, &bounds).await?;
        served += u64::from(once.served);
        let took = ctx.clock.now().saturating_duration_since(began);
        if served > bounds.edge(took) {
            return Ok(Some(format!(
                "used up {round} times, each time when it said that it was open again, it served {served} within {took:?}: its window is \
                 shorter than declared"
            )));
        }
        asked = once
            .refusal
            .as_ref()
            .and_then(|refusal| LimiterFields::of(refusal).wait());
    }
    Ok(None)
}

fn is_short(wait: Duration, limit: &RateLimit, most: Duration) -> bool {
    wait * PART <= limit.window && wait <= most
}
