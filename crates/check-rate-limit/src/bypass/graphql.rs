//! Many guesses in one request, where the operation goes over GraphQL: as a list of operations, and as aliases of one field. Who
//! counts requests counts one.

use gate_check::Ctx;
use gate_exchange::{Exchange, Parsed, RequestBody};
use gate_model::{Finding, Undecided};
use serde_json::Value;

use crate::account::Account;
use crate::board::{Known, Used, Without, operation_of};
use crate::body::Fields;
use crate::burst::{Bounds, burst};
use crate::limited::{Job, shown};
use crate::maker::Maker;
use crate::reading::{Read, Reading};

use super::alias::{self, Aliased};

/// Guesses in one request, at most: a limit that is higher is not asked about in this way.
const MAX_GUESSES: u64 = 60;

/// What came of it.
#[derive(Default)]
pub(super) struct Batches {
    pub(super) findings: Vec<Finding>,
    /// What was seen, for the proof.
    pub(super) words: Vec<String>,
}

/// How many guesses go into one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    List,
    Aliases,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::List => "a list of operations",
            Self::Aliases => "aliases of one field",
        }
    }
}

/// One request with many guesses.
struct Batch {
    body: Vec<u8>,
    aliased: Option<Aliased>,
}

/// Tries each way: for the account that is used up, and for one that nobody has tried yet.
pub(super) async fn tried(ctx: &Ctx<'_>, job: &Job, known: &mut Known, used: &Used) -> Result<Batches, Without> {
    let mut batches = Batches::default();
    let guesses = Bounds::of(&job.limit, 0).allowed(std::time::Duration::ZERO) + 1;
    if used.silent || query_of(&used.account).is_none() {
        return Ok(batches);
    }
    if guesses > MAX_GUESSES {
        batches
            .words
            .push(format!("more than {MAX_GUESSES} guesses in one request were not tried"));
        return Ok(batches);
    }
    let first = known.first(ctx, &job.limit).await.map_err(Without::Open)?;
    let Some(handled) = first.burst.handled else {
        return Ok(batches);
    };
    for way in [Way::List, Way::Aliases] {
        let used = known.used_up(ctx, &job.limit).await?;
        if let Some((exchange, served)) = sent(ctx, &used.account, way, guesses, &used.reading, &handled)
            .await
            .map_err(Without::Open)?
        {
            let after = ctx.target.send(used.account.attempt()).await.map_err(Without::Open)?;
            if served == guesses && used.reading.read(&after) == Read::Limited {
                batches
                    .findings
                    .push(behind(ctx, job, &used, way, guesses, &exchange, &after));
                continue;
            }
        }
        fresh(ctx, job, &used, way, guesses, &handled, &mut batches)
            .await
            .map_err(Without::Open)?;
    }
    Ok(batches)
}

/// Whether an account that nobody has tried yet takes more guesses in one request than the limit allows.
async fn fresh(
    ctx: &Ctx<'_>,
    job: &Job,
    used: &Used,
    way: Way,
    guesses: u64,
    handled: &Exchange,
    batches: &mut Batches,
) -> Result<(), Undecided> {
    if !job.limit.key.account || !used.account.names_account() {
        return Ok(());
    }
    let account = Maker::new(ctx.spec, operation_of(ctx, &job.limit)?, Some(&job.limit))
        .invented(ctx)
        .await?;
    let mut reading = used.reading.clone();
    let Some((exchange, served)) = sent(ctx, &account, way, guesses, &reading, handled).await? else {
        return Ok(());
    };
    if served < guesses {
        batches
            .words
            .push(format!("of {guesses} guesses as {} {served} were tried", way.words()));
        return Ok(());
    }
    // The limit must hold for such an account at all.
    let bounds = Bounds::of(&job.limit, ctx.spec.settings.limit_probe.most);
    let held = burst(ctx, &account, &mut reading, &bounds).await?;
    let Some(refusal) = held.refusal else {
        batches.words.push(format!(
            "{guesses} guesses as {} were tried for an account that nobody has, which this limit leaves alone",
            way.words()
        ));
        return Ok(());
    };
    batches.findings.push(job.finding(
        way.words(),
        format!("{} takes {guesses} guesses in one request with {}", job.limit.operation, way.words()),
        format!(
            "one request for an account that nobody had tried held {guesses} guesses, and each was answered as a wrong one is; single ones \
             were refused after {} more; declared: {}",
            held.before, job.limit
        ),
        shown(ctx, &[("many guesses at once", Some(&exchange)), ("one, refused", Some(&refusal))]),
    ));
    Ok(())
}

fn behind(
    ctx: &Ctx<'_>,
    job: &Job,
    used: &Used,
    way: Way,
    guesses: u64,
    served: &Exchange,
    after: &Exchange,
) -> Finding {
    job.finding(
        &format!("{} behind the limit", way.words()),
        format!("{} is served behind its limit with {}", job.limit.operation, way.words()),
        format!(
            "{} was refused with {}; {guesses} guesses in one request were answered as wrong ones are, and one alone was refused again \
             right after; declared: {}",
            used.account.words(),
            used.refusal.status,
            job.limit
        ),
        shown(
            ctx,
            &[("served", Some(served)), ("refused before", Some(&used.refusal)), ("refused after", Some(after))],
        ),
    )
}

/// Sends one request with many guesses. How many of them were answered as the handler answers; none where it cannot be made.
async fn sent(
    ctx: &Ctx<'_>,
    account: &Account,
    way: Way,
    guesses: u64,
    reading: &Reading,
    handled: &Exchange,
) -> Result<Option<(Exchange, u64)>, Undecided> {
    let Some(batch) = batch(account, way, guesses) else {
        return Ok(None);
    };
    let mut request = account.attempted();
    request.body = Some(RequestBody {
        media_type: "application/json".to_owned(),
        bytes: batch.body.into(),
    });
    let exchange = ctx.target.send(account.outgoing(request)).await?;
    let parts = parts(&exchange, batch.aliased.as_ref(), handled, guesses);
    let served = parts
        .into_iter()
        .filter(|part| reading.read(&as_one(&exchange, handled, part)) == Read::Handled)
        .count();
    Ok(Some((exchange, served as u64)))
}

fn query_of(account: &Account) -> Option<String> {
    let Some(Fields::Json(Value::Object(fields))) = Fields::of(&account.request) else {
        return None;
    };
    let query = fields.get("query")?.as_str()?;
    query.contains('{').then(|| query.to_owned())
}

fn batch(account: &Account, way: Way, guesses: u64) -> Option<Batch> {
    match way {
        Way::List => {
            let mut list = Vec::new();
            for _ in 0..guesses {
                list.push(serde_json::from_slice::<Value>(account.attempted().body_bytes()).ok()?);
            }
            Some(Batch {
                body: Value::from(list).to_string().into_bytes(),
                aliased: None,
            })
        }
        Way::Aliases => {
            let aliased = alias::many(&query_of(account)?, guesses)?;
            let mut body: Value = serde_json::from_slice(account.attempted().body_bytes()).ok()?;
            body["query"] = Value::from(aliased.query.as_str());
            Some(Batch {
                body: body.to_string().into_bytes(),
                aliased: Some(aliased),
            })
        }
    }
}

/// The answers to the guesses, each as if it had been sent alone.
fn parts(exchange: &Exchange, aliased: Option<&Aliased>, handled: &Exchange, guesses: u64) -> Vec<Value> {
    let Some(json) = exchange.json() else { return Vec::new() };
    let most = usize::try_from(guesses).unwrap_or(usize::MAX);
    match (aliased, &*json) {
        (None, Value::Array(all)) => all.iter().take(most).cloned().collect(),
        (Some(aliased), Value::Object(_)) => {
            let alone = handled.json();
            (0..guesses)
                .filter_map(|number| aliased.part(&json, number, alone.as_deref()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// An answer to one guess as an exchange of its own. A list is answered with one status for all.
fn as_one(exchange: &Exchange, handled: &Exchange, part: &Value) -> Exchange {
    Exchange {
        status: if exchange.is_success() {
            handled.status
        } else {
            exchange.status
        },
        body: part.to_string().into(),
        parsed: Parsed::default(),
        ..exchange.clone()
    }
}
