//! `rate-limit/bypass`: can a used-up limit be walked around?

mod alias;
mod body;
mod graphql;
mod headers;
mod path;
mod session;

use gate_check::{Ctx, Judgement, Verdict};
use gate_exchange::{Exchange, Outgoing, Way};
use gate_model::{Cause, Finding, Undecided};

use crate::account::Account;
use crate::board::{Known, Used, Without};
use crate::guess;
use crate::limited::{Job, shown};
use crate::neighbour::OTHER_ADDRESS;
use crate::persist::{Turns, turns};
use crate::reading::Read;

/// The page.
pub(crate) const PAGE: &str = include_str!("check.md");
/// What the check is expected to cost where nothing leads around.
pub(crate) const EXPECTED: u64 = 40;
/// Findings of one limit; whoever has more knows enough.
const MAX_FINDINGS: usize = 12;

/// A way around.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    /// As the end of "it is served with …".
    pub(crate) name: String,
    pub(crate) outgoing: Outgoing,
    pub(crate) proof: Same,
}

/// What shows that a variant reaches the same handler for the same account.
#[derive(Clone, Debug)]
pub(crate) enum Same {
    /// Nothing that decides about it differs: the answer of the handler is enough.
    Request,
    /// The route differs: a route that does not exist must be answered otherwise.
    Route,
    /// The account is written differently: with its right secret it must log in.
    Account(Option<Box<Outgoing>>),
}

/// Variants that are sent as one request first, and one by one only where that was not refused.
pub(crate) struct Bundle {
    pub(crate) together: Option<Outgoing>,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Default)]
struct Tally {
    refused: usize,
    elsewhere: Vec<String>,
    unproven: Vec<String>,
    /// The limit was lifted, or may have been, each time before it was known what the variant leads to.
    open: Vec<String>,
    findings: Vec<Finding>,
    /// What else was seen.
    remarks: Vec<String>,
}

/// Tries each variant once while the limit is used up.
pub(crate) async fn decide(ctx: &Ctx<'_>, job: &Job) -> Verdict {
    let mut known = job.board.of(&job.limit).await;
    match tried(ctx, job, &mut known).await {
        Ok(judgement) => job.close(ctx, judgement).await,
        Err(why) => job.without(why),
    }
}

async fn tried(ctx: &Ctx<'_>, job: &Job, known: &mut Known) -> Result<Judgement, Without> {
    let mut used = known.used_up(ctx, &job.limit).await?;
    let route = other_route(ctx, &used).await.map_err(Without::Open)?;
    let mut tally = Tally::default();
    let mut all = bundles(ctx, job, &used.account);
    if let Some(variant) = session::another(ctx, &used).await {
        if job.limit.key.token {
            tally
                .remarks
                .extend(session::remark(ctx, &used, &variant).await.map_err(Without::Open)?);
            used = known.used_up(ctx, &job.limit).await?;
        } else {
            all.push(Bundle {
                together: None,
                variants: vec![variant],
            });
        }
    }
    for bundle in all {
        if tally.findings.len() >= MAX_FINDINGS {
            break;
        }
        if let Some(together) = bundle.together {
            let exchange = ctx.target.send(together).await.map_err(Without::Open)?;
            if used.reading.read(&exchange) == Read::Limited {
                tally.refused += bundle.variants.len();
                continue;
            }
            used = known.used_up(ctx, &job.limit).await?;
        }
        for variant in bundle.variants {
            one(ctx, job, known, &mut used, &variant, route, &mut tally).await?;
            if tally.findings.len() >= MAX_FINDINGS {
                break;
            }
        }
    }
    if tally.findings.len() < MAX_FINDINGS {
        let batches = graphql::tried(ctx, job, known, &used).await?;
        tally.findings.extend(batches.findings);
        tally.remarks.extend(batches.words);
    }
    // It was used up until the end.
    known.used_up(ctx, &job.limit).await?;
    if tally.findings.is_empty() {
        if !tally.open.is_empty() {
            return Ok(Judgement::Undecided(Undecided::new(
                Cause::ControlLost,
                format!(
                    "the limit was lifted, or one of their own used up, each time before it was seen what these lead to: {}",
                    tally.open.join(", ")
                ),
            )));
        }
        return Ok(Judgement::Holds(tally.words(&used.account)));
    }
    Ok(Judgement::Violated(tally.findings))
}

impl Tally {
    fn words(&self, account: &Account) -> String {
        let mut words = format!(
            "while {} was refused, {} ways around were refused too",
            account.words(),
            self.refused
        );
        if !self.elsewhere.is_empty() {
            words.push_str(&format!(
                ", {} led elsewhere ({})",
                self.elsewhere.len(),
                self.elsewhere.join(", ")
            ));
        }
        if !self.unproven.is_empty() {
            words.push_str(&format!(
                ", and {} were not shown to mean the same account ({})",
                self.unproven.len(),
                self.unproven.join(", ")
            ));
        }
        for remark in &self.remarks {
            words.push_str("; ");
            words.push_str(remark);
        }
        words
    }
}

/// Tries one variant. Where the limit was lifted in between, it is used up and the variant tried again.
async fn one(
    ctx: &Ctx<'_>,
    job: &Job,
    known: &mut Known,
    used: &mut Used,
    variant: &Variant,
    other_route: bool,
    tally: &mut Tally,
) -> Result<(), Without> {
    let mut shown_same = false;
    let mut logged_in = 0;
    // How often it was served, once of it perhaps beside others: what has a limit of its own uses that up.
    let mut spent = 1;
    for _ in 0..3 {
        // Another address may not be had: what gets no answer is no way around.
        let Ok(came) = turns(ctx, &job.limit, used, &variant.outgoing, used.at).await else {
            tally.elsewhere.push(variant.name.clone());
            return Ok(());
        };
        let both = match came {
            Turns::Refused if spent == 1 || spent < job.limit.limit => {
                used.at = ctx.clock.now();
                tally.refused += 1;
                return Ok(());
            }
            // By this limit, or by one of its own that was used up on the way.
            Turns::Refused => break,
            Turns::Elsewhere(_) => {
                tally.elsewhere.push(variant.name.clone());
                return Ok(());
            }
            // A login lifts such a lock. Once, it may have ended by itself just then; not twice, right after it began anew.
            Turns::Lifted(served, _) if used.silent => {
                logged_in += 1;
                if logged_in == 2 {
                    if same(ctx, job, known, used, variant, other_route).await? {
                        tally.findings.push(finding(ctx, job, used, variant, &served, None));
                    } else {
                        tally.unproven.push(variant.name.clone());
                    }
                    *used = known.used_up(ctx, &job.limit).await?;
                    return Ok(());
                }
                *used = known.used_up(ctx, &job.limit).await?;
                continue;
            }
            Turns::Lifted(_, served) | Turns::Unproven(served) => {
                spent += served;
                // Asked before its own limit is used up, which it has where it is another account.
                if !shown_same && !same(ctx, job, known, used, variant, true).await? {
                    tally.unproven.push(variant.name.clone());
                    return Ok(());
                }
                shown_same = true;
                *used = known.used_up(ctx, &job.limit).await?;
                continue;
            }
            Turns::Served(both) => both,
        };
        if same(ctx, job, known, used, variant, other_route).await? {
            tally
                .findings
                .push(finding(ctx, job, used, variant, &both.0, Some(&both.1)));
        } else {
            tally.unproven.push(variant.name.clone());
        }
        return Ok(());
    }
    tally.open.push(variant.name.clone());
    Ok(())
}

/// Whether a variant reaches the same handler for the same account.
async fn same(
    ctx: &Ctx<'_>,
    job: &Job,
    known: &mut Known,
    used: &mut Used,
    variant: &Variant,
    other_route: bool,
) -> Result<bool, Without> {
    match &variant.proof {
        Same::Request => Ok(true),
        Same::Route => Ok(other_route),
        // The right secret was sent: it logged in.
        Same::Account(_) if used.silent => Ok(true),
        Same::Account(None) => Ok(false),
        Same::Account(Some(right)) => {
            let right = ctx.target.send(Outgoing::clone(right)).await.map_err(Without::Open)?;
            let same = used.reading.is_login(&right);
            // A login that worked may have lifted the limit.
            *used = known.used_up(ctx, &job.limit).await?;
            Ok(same)
        }
    }
}

/// Whether a route that does not exist is answered otherwise than the handler answers.
async fn other_route(ctx: &Ctx<'_>, used: &Used) -> Result<bool, Undecided> {
    let mut request = used.account.attempted();
    let (path, query) = path::split(&request.path);
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    request.path = format!("{parent}/{}{query}", guess::word());
    let exchange = ctx.target.send(used.account.outgoing(request)).await?;
    Ok(used.reading.read(&exchange) == Read::Other)
}

fn bundles(ctx: &Ctx<'_>, job: &Job, account: &Account) -> Vec<Bundle> {
    let mut bundles = headers::bundles(account);
    bundles.push(Bundle {
        together: None,
        variants: transport(ctx, job, account),
    });
    bundles.push(Bundle {
        together: None,
        variants: path::variants(account),
    });
    bundles.push(Bundle {
        together: None,
        variants: body::variants(account),
    });
    bundles
}

fn transport(ctx: &Ctx<'_>, job: &Job, account: &Account) -> Vec<Variant> {
    let variant = |name: &str, way: Way| Variant {
        name: name.to_owned(),
        outgoing: account.attempt().by(way),
        proof: Same::Request,
    };
    let mut variants = vec![variant("a connection that was used before", Way::Pooled)];
    if !job.limit.key.ip && ctx.spec.target.is_loopback() && !ctx.spec.target.host().contains(':') {
        variants.push(variant("another address", Way::From(OTHER_ADDRESS.into())));
    }
    variants
}

fn finding(
    ctx: &Ctx<'_>,
    job: &Job,
    used: &Used,
    variant: &Variant,
    served: &Exchange,
    after: Option<&Exchange>,
) -> Finding {
    let status = after.unwrap_or(&used.refusal).status;
    let again = match after {
        Some(_) => "refused again right after",
        None => "so again after it had been locked anew",
    };
    job.finding(
        &variant.name,
        format!(
            "{} is served behind its limit with {}",
            job.limit.operation, variant.name
        ),
        format!(
            "{} was refused with {status}, served with {}, and {again}; declared: {}",
            used.account.words(),
            variant.name,
            job.limit
        ),
        shown(
            ctx,
            &[
                ("served", Some(served)),
                ("refused before", Some(&used.refusal)),
                ("refused after", after),
            ],
        ),
    )
}
