//! `rate-limit/neighbour`: does a used-up limit hit whom it must, and nobody else?

use std::time::Duration;

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::{Exchange, LimiterFields, Outgoing, Way};
use gate_model::{Cause, IdentityName, Missing, Undecided};
use gate_spec::{Counts, Identity, LimitKey, Spec};

use crate::board::{Known, Used, operation_of};
use crate::limited::{Job, shown};
use crate::maker::Maker;
use crate::persist::{Turns, turns};
use crate::reading::{FieldsOf as _, Read};

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");

/// Another address of this machine: all of 127.0.0.0/8 is loopback.
pub(crate) const OTHER_ADDRESS: [u8; 4] = [127, 0, 0, 77];

/// Somebody else, and whether the limit must hit him too.
struct Neighbour {
    who: String,
    outgoing: Outgoing,
    refused: bool,
}

/// Asks as somebody else while the limit is used up.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    let used = match known.used_up(ctx, &job.limit).await {
        Ok(used) => used,
        Err(why) => return job.without(why),
    };
    let mut came = asked(ctx, job, &mut known, &used).await;
    if came.as_ref().is_err_and(|reason| reason.cause == Cause::ControlLost) {
        match known.used_up(ctx, &job.limit).await {
            Ok(used) => came = asked(ctx, job, &mut known, &used).await,
            Err(why) => return job.without(why),
        }
    }
    match came {
        Ok(Some(judgement)) => job.close(ctx, judgement).await,
        Ok(None) => Verdict::not_testable(
            &job.case.id,
            Missing {
                what: format!(
                    "{}: nobody but {} can be asked for",
                    job.limit.operation,
                    used.account.words()
                ),
                add: Some(ctx.spec.stub_identity(None)),
            },
        ),
        Err(reason) => Verdict::undecided(&job.case.id, reason),
    }
}

async fn asked(ctx: &Ctx<'_>, job: &Job, known: &mut Known, used: &Used) -> Result<Option<Judgement>, Undecided> {
    let neighbours = neighbours(ctx, job, used).await?;
    if neighbours.is_empty() {
        return Ok(None);
    }
    let (mut words, mut findings) = (Vec::new(), Vec::new());
    for neighbour in neighbours {
        let who = &neighbour.who;
        match turns(ctx, &job.limit, used, &neighbour.outgoing, used.at).await? {
            Turns::Refused if neighbour.refused => words.push(format!("{who} was refused too, as declared")),
            Turns::Served(_) if !neighbour.refused => words.push(format!("{who} was served, as declared")),
            // Once is enough for whom the limit leaves alone: he is not its key.
            Turns::Unproven(_) if !neighbour.refused => words.push(format!("{who} was served, as declared")),
            Turns::Refused => match still_refused(ctx, job, known, used, &neighbour).await? {
                Some(exchange) => findings.push(finding(ctx, job, used, who, "is refused too", &exchange)),
                None => words.push(format!(
                    "{who} was served after a limit of everybody's was lifted, as declared"
                )),
            },
            Turns::Served(both) => findings.push(finding(ctx, job, used, who, "is still served", &both.0)),
            // An account that nobody has may be answered in words of its own: not by the limit is enough.
            Turns::Elsewhere(exchange)
                if !neighbour.refused && matches!(exchange.status, 200..=299 | 400..=403 | 422) =>
            {
                words.push(format!("{who} was answered {}, not by the limit", exchange.status));
            }
            Turns::Elsewhere(exchange) => {
                return Err(used.reading.neither(who, &exchange).shown_by(ctx.target.evidence(
                    "neighbour",
                    &exchange,
                    None,
                )));
            }
            // The account's own login lifts its lock.
            Turns::Lifted(..) if used.silent && !neighbour.refused => {
                words.push(format!("{who} was served, as declared"));
            }
            Turns::Lifted(..) | Turns::Unproven(_) => {
                return Err(Undecided::new(
                    Cause::ControlLost,
                    format!(
                        "the limit of {} was lifted while others were asked for",
                        job.limit.operation
                    ),
                ));
            }
        }
    }
    Ok(Some(if findings.is_empty() {
        Judgement::Holds(format!(
            "while {} was refused, {}{}",
            used.account.words(),
            words.join(", and "),
            spray(job)
        ))
    } else {
        Judgement::Violated(findings)
    }))
}

/// What a limit of accounts alone leaves open.
fn spray(job: &Job) -> &'static str {
    match job.limit.key {
        LimitKey {
            account: true,
            ip: false,
            ..
        } if job.limit.counts == Counts::Failures => {
            "; by this limit alone one password may be tried on every account from one address"
        }
        _ => "",
    }
}

/// Asks once more when whatever refused the neighbour is lifted, with the limit used up anew: a limit for everybody may have stood
/// in the way.
async fn still_refused(
    ctx: &Ctx<'_>,
    job: &Job,
    known: &mut Known,
    used: &Used,
    neighbour: &Neighbour,
) -> Result<Option<Exchange>, Undecided> {
    let refused = ctx.target.send(neighbour.outgoing.clone()).await?;
    let asked = LimiterFields::of(&refused).wait().unwrap_or(job.limit.window);
    let wait = asked.min(ctx.spec.settings.limit_probe.wait);
    ctx.clock.sleep(wait + Duration::from_millis(200)).await;
    if known.used_up(ctx, &job.limit).await.is_err() {
        return Ok(Some(refused));
    }
    let again = ctx.target.send(neighbour.outgoing.clone()).await?;
    Ok((used.reading.read(&again) == Read::Limited).then_some(again))
}

async fn neighbours(ctx: &Ctx<'_>, job: &Job, used: &Used) -> Result<Vec<Neighbour>, Undecided> {
    let (limit, operation) = (&job.limit, operation_of(ctx, &job.limit)?);
    let maker = Maker::new(ctx.spec, operation, Some(limit));
    let mut neighbours = Vec::new();
    if used.silent {
        // Only the right secret tells a lock that is answered like a wrong one.
        if let Some((other, right)) = right_of_another(ctx, &maker, used).await {
            neighbours.push(Neighbour {
                who: format!("{other} from the same address"),
                outgoing: right,
                refused: !limit.key.account,
            });
        }
    } else if used.account.names_account() && maker.is_anonymous() {
        neighbours.push(Neighbour {
            who: "another account from the same address".to_owned(),
            outgoing: maker.invented(ctx).await?.attempt(),
            refused: !limit.key.account,
        });
    } else if let Some(other) = other(ctx.spec, &operation.id, used.account.identity.as_ref())
        && !maker.is_anonymous()
    {
        neighbours.push(Neighbour {
            who: format!("{} from the same address", other.name),
            outgoing: maker.made(ctx, Some(&other.name)).await?.attempt(),
            refused: !limit.key.account && !limit.key.token,
        });
    }
    // Where accounts alone count, another address is a way around the limit, and asked about there.
    if limit.key.ip && ctx.spec.target.is_loopback() && !ctx.spec.target.host().contains(':') {
        neighbours.push(Neighbour {
            who: "the same request from another address".to_owned(),
            outgoing: used.account.attempt().by(Way::From(OTHER_ADDRESS.into())),
            refused: false,
        });
    }
    Ok(neighbours)
}

/// The right login of somebody else.
async fn right_of_another(ctx: &Ctx<'_>, maker: &Maker<'_>, used: &Used) -> Option<(IdentityName, Outgoing)> {
    for identity in ctx.spec.actors() {
        if Some(&identity.name) == used.account.identity.as_ref() || !maker.logs_in(ctx.spec, identity) {
            continue;
        }
        if let Ok(account) = maker.made(ctx, Some(&identity.name)).await
            && let Some(right) = account.right()
        {
            return Some((identity.name.clone(), right));
        }
    }
    None
}

/// Somebody else who may do it.
fn other<'p>(spec: &'p Spec, operation: &gate_model::OperationId, used: Option<&IdentityName>) -> Option<&'p Identity> {
    let mut others = spec.actors().filter(|identity| Some(&identity.name) != used);
    others.find(|identity| spec.granted(identity, operation).is_some())
}

fn finding(ctx: &Ctx<'_>, job: &Job, used: &Used, who: &str, what: &str, exchange: &Exchange) -> gate_model::Finding {
    job.finding(
        who,
        format!("{}: {who} {what} while the limit is used up", job.limit.operation),
        format!(
            "{} had used the limit up; declared: {}",
            used.account.words(),
            job.limit
        ),
        shown(ctx, &[("refused", Some(&used.refusal)), ("neighbour", Some(exchange))]),
    )
}
