//! `rate-limit/retry-after`: does a refusal say when to come back?

use std::time::Duration;

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::{LimiterFields, RetryAfter};
use gate_model::{Missing, Severity};

use crate::limited::{Job, shown};
use crate::reading::FieldsOf as _;

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");

/// What two fields of one answer may differ in, and what a rounding up to whole seconds adds.
const ROUNDING: Duration = Duration::from_secs(2);

/// Reads the refusal.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    let used = match known.used_up(ctx, &job.limit).await {
        Ok(used) => used,
        Err(why) => return job.without(why),
    };
    let fields = LimiterFields::of(&used.refusal);
    let status = used.refusal.status;
    if fields.wait().is_none() && fields.retry_after.is_none() && !matches!(status, 429 | 503) {
        // A captcha or a lock is not lifted by waiting alone.
        let what = format!(
            "{} refuses with {status}, which names no time to come back at",
            job.limit.operation
        );
        return Verdict::not_testable(&job.case.id, Missing { what, add: None });
    }
    let evidence = shown(ctx, &[("refused", Some(&used.refusal))]);
    let operation = &job.limit.operation;
    let judgement = match judge(&fields, job.limit.window) {
        Ok(words) => Judgement::Holds(words),
        Err((Wrong::Absent, words)) => {
            let title = format!("{operation} does not say when to come back");
            let mut finding = job.finding("", title, words, evidence);
            // RFC 6585 section 4: it may.
            finding.severity = Severity::Note;
            Judgement::Violated(vec![finding])
        }
        Err((Wrong::Said, words)) => {
            job.violated(format!("{operation} says wrongly when to come back"), words, evidence)
        }
    };
    job.close(ctx, judgement).await
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Absent,
    Said,
}

fn judge(fields: &LimiterFields, window: Duration) -> Result<String, (Wrong, String)> {
    let (wait, form) = match fields.retry_after {
        Some(RetryAfter::Delay(delay)) => (delay, "Retry-After in seconds"),
        Some(RetryAfter::Date(delay)) => (delay, "Retry-After as a date"),
        Some(RetryAfter::Odd(delay)) => {
            let words = format!(
                "Retry-After is {delay:?}, which is neither whole seconds nor a date (RFC 9110 section 10.2.3)"
            );
            return Err((Wrong::Said, words));
        }
        Some(RetryAfter::Malformed) => {
            let words = "Retry-After is neither seconds nor a date (RFC 9110 section 10.2.3)";
            return Err((Wrong::Said, words.to_owned()));
        }
        None => match fields.reset() {
            Some(reset) => (reset, "the RateLimit fields, without Retry-After"),
            None => {
                let words = "the refusal has neither Retry-After nor a RateLimit field";
                return Err((Wrong::Absent, words.to_owned()));
            }
        },
    };
    if wait.is_zero() && window > ROUNDING {
        return Err((
            Wrong::Said,
            format!("{form} asks to come back at once, and the limit still refuses"),
        ));
    }
    if wait > window + window / 10 + ROUNDING {
        return Err((
            Wrong::Said,
            format!("{form} asks for {wait:?}, the declared window is {window:?}"),
        ));
    }
    // "Retry-After SHOULD NOT be earlier" (draft-ietf-httpapi-ratelimit-headers).
    if fields.retry_after.is_some()
        && let Some(reset) = fields.reset()
        && reset > wait + ROUNDING
        && reset <= window + ROUNDING
    {
        let words = format!("{form} asks for {wait:?}, the fields beside it for {reset:?}");
        return Err((Wrong::Said, words));
    }
    Ok(format!("{form} asks for {wait:?}, within the window of {window:?}"))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn of(headers: &[(&str, &str)]) -> Result<String, Wrong> {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        judge(&LimiterFields::read(&headers, now), Duration::from_secs(60)).map_err(|(wrong, _)| wrong)
    }

    #[test]
    fn what_is_said_must_be_readable_and_likely() {
        assert!(of(&[("retry-after", "58")]).is_ok());
        assert!(of(&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")]).is_ok());
        assert!(of(&[("x-ratelimit-reset", "30")]).is_ok());
        assert!(of(&[("retry-after", "12"), ("ratelimit", "\"a\";r=0;t=12")]).is_ok());
        assert_eq!(of(&[]), Err(Wrong::Absent));
        for wrong in ["soon", "0", "1.5", "3600", "Sun, 06 Nov 1994 08:49:27 GMT"] {
            assert_eq!(of(&[("retry-after", wrong)]), Err(Wrong::Said), "{wrong}");
        }
        assert_eq!(
            of(&[("retry-after", "1"), ("ratelimit", "\"a\";r=0;t=50")]),
            Err(Wrong::Said)
        );
    }
}
