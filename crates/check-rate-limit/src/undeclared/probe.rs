//! A bounded look at one operation of which the plan says nothing.

use std::time::Duration;

use gate_check::{ClosingProof, Ctx, Judgement, Procedure, Verdict};
use gate_exchange::{Actor, Exchange, LimiterFields};
use gate_model::{Cause, Missing, Undecided};

use gate_spec::Resource;

use crate::account::Account;
use crate::limited::shown;
use crate::maker::Maker;
use crate::reading::{FieldsOf as _, Read, Reading};

use super::{Wanted, line, sample};

/// Answers at either end of the probe that are compared.
const ENDS: usize = 3;
/// Answers are slowed down where they take at least this much longer, and three times as long.
const SLOWER: Duration = Duration::from_millis(150);

/// A refusal that asks for no more is waited out once.
const BRIEF: Duration = Duration::from_secs(2);

enum Seen {
    Limited(Exchange, usize),
    Slowed(Duration, Duration),
    Nothing(Exchange),
    Served(Exchange),
    NotUnderstood(Exchange),
}

/// Sends attempts until one is refused, at most as many as the plan allows.
pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Verdict {
    let procedure = Procedure::begin(&wanted.case);
    let maker = Maker::new(ctx.spec, &wanted.operation, None);
    let made = if wanted.sort.guesses() {
        maker.account(ctx).await
    } else {
        maker.harmless(ctx).await
    };
    let account = match made {
        Ok(account) => account,
        Err(reason) => return Verdict::undecided(&wanted.case.id, reason),
    };
    let seen = match probed(ctx, wanted, &account, maker.is_from_plan()).await {
        Ok(seen) => seen,
        Err(reason) => return Verdict::undecided(&wanted.case.id, reason),
    };
    let seen = match (seen, sample::taken_back(ctx.spec, &wanted.operation)) {
        (Seen::Nothing(empty), Some(kind)) if !wanted.sort.guesses() => making(ctx, wanted, kind, empty).await,
        (seen, _) => seen,
    };
    let operation = &wanted.operation.id;
    let requests = ctx.spec.settings.limit_probe.requests;
    let judgement = match seen {
        Seen::Limited(exchange, sent) => {
            let by = LimiterFields::of(&exchange).name().map(|name| format!(" by {name}"));
            Judgement::Holds(format!(
                "attempt {sent} for {} was refused with {}{}",
                account.words(),
                exchange.status,
                by.unwrap_or_default()
            ))
        }
        Seen::Slowed(first, last) => Judgement::Holds(format!(
            "answers to {} slowed down from {first:?} to {last:?} within {requests} attempts",
            account.words()
        )),
        Seen::Nothing(exchange) if wanted.sort.guesses() => {
            let words = format!(
                "{requests} attempts for {} were neither refused nor slowed down, the last was answered {}; where a limit is meant \
                 to be higher, or only accounts that exist are locked, declare it and give an account away",
                account.words(),
                exchange.status
            );
            let evidence = shown(ctx, &[("the last attempt", Some(&exchange))]);
            let mut finding = wanted
                .text
                .finding(&wanted.case, &Actor::anonymous(), None, "", words, evidence);
            finding.title = format!("{operation} is {} that nothing limits", wanted.sort.words());
            finding.remediation = format!("{}\n\n{}", finding.remediation, line(&wanted.operation, wanted.sort));
            finding.root_cause = format!("{} {operation}", wanted.case.check);
            Judgement::Violated(vec![finding])
        }
        Seen::Nothing(exchange) => {
            let what = format!(
                "{operation} is {} of which the plan declares no limit; {requests} requests, the last answered {}, met none",
                wanted.sort.words(),
                exchange.status
            );
            return not_testable(wanted, what);
        }
        Seen::Served(exchange) => {
            let what = format!(
                "{operation} was served ({}) for a request that ought to be refused, so that it is not tried further",
                exchange.status
            );
            return not_testable(wanted, what);
        }
        Seen::NotUnderstood(exchange) => {
            let what = format!(
                "{operation}: attempts were answered {}, so that they may not have reached what ought to be limited",
                exchange.status
            );
            return not_testable(wanted, what);
        }
    };
    let proof = match &judgement {
        Judgement::Holds(_) => ClosingProof::others_usable(ctx).await,
        Judgement::Violated(_) | Judgement::Undecided(_) => Err(Undecided::new(Cause::NoVerdict, "nothing was proven")),
    };
    procedure.close(proof, judgement)
}

fn not_testable(wanted: &Wanted, what: String) -> Verdict {
    let add = Some(line(&wanted.operation, wanted.sort));
    Verdict::not_testable(&wanted.case.id, Missing { what, add })
}

async fn probed(ctx: &Ctx<'_>, wanted: &Wanted, account: &Account, sure: bool) -> Result<Seen, Undecided> {
    let mut reading = Reading::new(None, false);
    let mut took: Vec<Duration> = Vec::new();
    let (mut last, mut waited) = (None, false);
    for sent in 1..=ctx.spec.settings.limit_probe.requests as usize {
        let mut exchange = ctx.target.send(account.attempt()).await?;
        let asked = LimiterFields::of(&exchange).wait();
        if reading.is_limited(&exchange)
            && !waited
            && let Some(asked) = asked.filter(|asked| *asked <= BRIEF)
        {
            // Perhaps a limit for everybody that the run itself had used up: it is no limit of this operation.
            waited = true;
            ctx.clock.sleep(asked + Duration::from_millis(100)).await;
            exchange = ctx.target.send(account.attempt()).await?;
        }
        if reading.is_limited(&exchange) {
            return Ok(Seen::Limited(exchange, sent));
        }
        if exchange.is_success() && !wanted.sort.guesses() {
            return Ok(Seen::Served(exchange));
        }
        if matches!(exchange.status, 500..=599) {
            return Ok(Seen::NotUnderstood(exchange));
        }
        // A lock that another status says: first failures, then something else.
        let changed = last
            .as_ref()
            .is_some_and(|before: &Exchange| before.status != exchange.status);
        if changed && matches!(exchange.status, 403 | 423) {
            return Ok(Seen::Limited(exchange, sent));
        }
        took.push(exchange.duration);
        last = Some(exchange);
    }
    let Some(last) = last else {
        return Err(Undecided::new(Cause::NoVerdict, "nothing was sent"));
    };
    if let Some((first, end)) = slowed(&took) {
        return Ok(Seen::Slowed(first, end));
    }
    // The right password of an account that may be locked: refused now, it is locked without a word.
    if let Some(right) = account.right() {
        reading.learn(&last);
        let exchange = ctx.target.send(right).await?;
        if reading.read(&exchange) != Read::Other {
            return Ok(Seen::Limited(exchange, took.len() + 1));
        }
    }
    if !sure && wanted.sort.guesses() && matches!(last.status, 300..=400 | 404 | 405 | 411..=422) {
        return Ok(Seen::NotUnderstood(last));
    }
    Ok(Seen::Nothing(last))
}

/// As many requests again, of which each makes an object that is taken back. Where the first cannot be made, what is known of empty
/// ones stands.
async fn making(ctx: &Ctx<'_>, wanted: &Wanted, kind: &Resource, empty: Exchange) -> Seen {
    let reading = Reading::new(None, true);
    let mut last = empty;
    for sent in 1..=ctx.spec.settings.limit_probe.requests as usize {
        let Ok(exchange) = sample::made(ctx, &wanted.operation, kind).await else {
            break;
        };
        if reading.is_limited(&exchange) {
            return Seen::Limited(exchange, sent);
        }
        if !exchange.is_success() {
            return Seen::NotUnderstood(exchange);
        }
        last = exchange;
    }
    Seen::Nothing(last)
}

/// The middle duration at the beginning and at the end, where the latter is clearly longer.
fn slowed(took: &[Duration]) -> Option<(Duration, Duration)> {
    let middle = |part: &[Duration]| {
        let mut part = part.to_vec();
        part.sort();
        part.get(part.len() / 2).copied()
    };
    let first = middle(took.get(..ENDS)?)?;
    let end = middle(took.get(took.len().checked_sub(ENDS)?..)?)?;
    (end >= first * 3 && end >= first + SLOWER).then_some((first, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_answers_are_told_from_noise() {
        let millis = |times: &[u64]| times.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
        assert!(slowed(&millis(&[5, 6, 5, 100, 400, 800, 900])).is_some());
        assert!(slowed(&millis(&[5, 6, 5, 7, 30, 8, 5])).is_none());
        assert!(slowed(&millis(&[5, 6])).is_none());
    }
}
