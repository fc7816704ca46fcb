//! `rate-limit/enforced`: does a declared limit hold?

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::LimiterFields;
use gate_model::{Cause, Undecided};

use crate::board::First;
use crate::burst::{Bounds, Count};
use crate::limited::{Job, shown};
use crate::reading::FieldsOf as _;

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");

/// Uses the limit up and judges what was served.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    let first = match known.first(ctx, &job.limit).await {
        Ok(first) => first,
        Err(reason) => return Verdict::undecided(&job.case.id, reason),
    };
    let judgement = judged(ctx, job, &first);
    job.close(ctx, judgement).await
}

fn judged(ctx: &Ctx<'_>, job: &Job, first: &First) -> Judgement {
    let (burst, limit) = (&first.burst, &job.limit);
    let bounds = Bounds::of(limit, ctx.spec.settings.limit_probe.most);
    let again = first
        .again
        .as_ref()
        .map(|words| format!("; {words}"))
        .unwrap_or_default();
    let words = format!(
        "of {} attempts for {} within {} ms, each over a connection of its own, {} were served, {} before the first refusal{again}; \
         declared: {limit}",
        burst.sent,
        first.account.words(),
        burst.took.as_millis(),
        burst.served,
        burst.before,
    );
    let evidence = || {
        shown(
            ctx,
            &[("served", burst.handled.as_ref()), ("refused", burst.refusal.as_ref())],
        )
    };
    match first.count {
        Count::Within if first.silent => Judgement::Holds(format!(
            "{} wrong passwords for {} were answered alike within {} ms; the right one, which had logged in before them, was then \
             refused with {}: the account is locked without a word{again}; that it is not locked too early is not told; declared: \
             {limit}",
            burst.served,
            first.account.words(),
            burst.took.as_millis(),
            burst.refusal.as_ref().map_or(0, |refusal| refusal.status),
        )),
        Count::Within => Judgement::Holds(format!("{words}{}{}", remark(first), fields(first))),
        Count::TooEarly => job.violated(
            format!(
                "{} refuses after {} attempts, {} are declared",
                limit.operation, burst.before, limit.limit
            ),
            words,
            evidence(),
        ),
        Count::TooFast => job.violated(
            format!(
                "{} is used up and open again far sooner than its window allows",
                limit.operation
            ),
            words,
            evidence(),
        ),
        Count::TooMany | Count::PerhapsAnEdge => {
            let title = match &burst.refusal {
                None => format!(
                    "{} served {} attempts without a refusal, {} are declared",
                    limit.operation, burst.served, limit.limit
                ),
                Some(_) => format!(
                    "{} served {} attempts, {} are declared",
                    limit.operation, burst.served, limit.limit
                ),
            };
            let allowed = bounds.allowed(burst.took);
            let why = if burst.reopened + burst.beside > 0 {
                "; attempts were served after others were refused, as where several processes count each for themselves"
            } else {
                ""
            };
            job.violated(
                title,
                format!("{words}; at most {allowed} fit the declared limit{why}"),
                evidence(),
            )
        }
        Count::NotReached => Judgement::Undecided(
            Undecided::new(
                Cause::TooFewSamples,
                format!("{words}: too few or too slow to reach the limit"),
            )
            .settled_by(format!(
                "checks: {{ rate_limit_probe: {{ most: {} }} }}",
                u64::from(burst.sent) * 4
            )),
        ),
    }
}

/// What was not shown, because earlier requests of the run count too.
fn remark(first: &First) -> &'static str {
    if first.counted {
        ""
    } else {
        "; earlier requests of this run may count too, so that a refusal which comes too early is not told"
    }
}

/// How the limiter speaks of itself.
fn fields(first: &First) -> String {
    let Some(refusal) = &first.burst.refusal else {
        return String::new();
    };
    let fields = LimiterFields::of(refusal);
    if fields.is_silent() {
        return "; it says nothing of itself".to_owned();
    }
    let shapes: Vec<String> = fields.shapes.iter().map(ToString::to_string).collect();
    format!("; it speaks in {}", shapes.join(" and "))
}
