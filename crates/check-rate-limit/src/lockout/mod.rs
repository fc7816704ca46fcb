//! `rate-limit/lockout`: what becomes of the right password while the limit is reached, and does a refusal leave a session?

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::{Altered, Exchange};
use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::WhileLocked;

use crate::board::Used;
use crate::limited::{Job, shown};
use crate::reading::Read;

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");

/// Cookies of a refusal that are tried.
const MAX_COOKIES: usize = 10;

/// Sends the right password while the limit is reached.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    if let Err(reason) = known.logs_in(ctx, &job.limit).await {
        return Verdict::undecided(&job.case.id, reason);
    }
    let used = match known.used_up(ctx, &job.limit).await {
        Ok(used) => used,
        Err(why) => return job.without(why),
    };
    let mut tries = tried(ctx, job, &used).await;
    // A bucket that was refilled by one just then takes any request: it is tried once more.
    if matches!(tries, Ok(Judgement::Violated(_))) {
        let used = match known.used_up(ctx, &job.limit).await {
            Ok(used) => used,
            Err(why) => return job.without(why),
        };
        tries = tried(ctx, job, &used).await;
    }
    match tries {
        Ok(judgement) => job.close(ctx, judgement).await,
        Err(reason) => Verdict::undecided(&job.case.id, reason),
    }
}

async fn tried(ctx: &Ctx<'_>, job: &Job, used: &Used) -> Result<Judgement, Undecided> {
    let reading = used.reading.of_wrong_secrets();
    let (Some(right), Some(identity)) = (used.account.guessed_at().right(), &used.account.identity) else {
        return Err(Undecided::new(
            Cause::IdentityUnproven,
            format!(
                "{} was not used up with an account whose password is known",
                job.limit.operation
            ),
        )
        .settled_by(ctx.spec.stub_login()));
    };
    let operation = &job.limit.operation;
    let exchange = ctx.target.send(right).await?;
    let evidence = || {
        shown(
            ctx,
            &[
                (
                    if used.silent {
                        "refused before"
                    } else {
                        "wrong password"
                    },
                    Some(&used.refusal),
                ),
                ("right password", Some(&exchange)),
            ],
        )
    };
    let declared = job.limit.while_locked;
    let limited = reading.is_limited(&exchange);
    if reading.is_login(&exchange) {
        return Ok(match declared {
            WhileLocked::Accepted => Judgement::Holds(format!(
                "while wrong passwords of {identity} were refused, the right one logged in, as declared"
            )),
            WhileLocked::Refused => job.violated(
                format!("{operation} takes the right password of a locked account"),
                format!(
                    "{identity} was refused with {} for wrong passwords, and logged in with the right one: guessing goes on behind \
                     the limit",
                    used.refusal.status
                ),
                evidence(),
            ),
        });
    }
    // A wrong answer to the right password is a lock that does not say so.
    let refused =
        limited || matches!(exchange.status, 400 | 401 | 403 | 423) || reading.read(&exchange) == Read::Handled;
    if !refused {
        return Err(Undecided::new(
            Cause::NeitherAnswer,
            format!("the right password of {identity} was answered {}", exchange.status),
        )
        .shown_by(ctx.target.evidence("right password", &exchange, None)));
    }
    if declared == WhileLocked::Accepted {
        return Ok(job.violated(
            format!("{operation} refuses the right password while wrong ones are limited"),
            format!(
                "the plan declares that the right password of {identity} still logs in; it was answered {}",
                exchange.status
            ),
            evidence(),
        ));
    }
    if session_in(ctx, identity, &exchange).await? {
        return Ok(job.violated(
            format!("{operation} refuses a login and gives its session all the same"),
            format!(
                "the answer {} to the right password of {identity} sets a cookie that is a session of his",
                exchange.status
            ),
            evidence(),
        ));
    }
    Ok(Judgement::Holds(format!(
        "while wrong passwords of {identity} were refused, the right one was answered {} too and left no session",
        exchange.status
    )))
}

/// Whether the cookies of a refusal are a session.
async fn session_in(ctx: &Ctx<'_>, identity: &IdentityName, refusal: &Exchange) -> Result<bool, Undecided> {
    let cookies: Vec<&str> = refusal
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .filter_map(|(_, value)| value.split(';').next())
        .take(MAX_COOKIES)
        .collect();
    if cookies.is_empty() {
        return Ok(false);
    }
    let jar = Secret::new(cookies.join("; "));
    let altered = Altered {
        of: identity.clone(),
        generation: 0,
        row: "cookies-of-a-refusal".to_owned(),
        what: "the cookies of a refused login".to_owned(),
        headers: vec![("Cookie".to_owned(), jar.clone())],
        query: Vec::new(),
        beside_writes: Vec::new(),
        secrets: vec![jar],
    };
    ctx.sessions.recognised(&altered).await
}
