//! Samples one operation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_check::{ClosingProof, Ctx, Judgement, Procedure, Subject, Verdict, ask, subject_of};
use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Missing, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin, extract};
use gate_spec::{Operation, ParamSource};

use super::{Wanted, percentile::Summary, row};

/// Requests before the first sample.
const WARM_UP: usize = 5;
/// Successful samples that a verdict needs.
const NEEDED: usize = 100;
/// Samples at the most, where the budget lies within the interval of the percentile.
const MOST: usize = 400;
/// More samples than these over the budget put the 95th percentile over it, however many more are taken.
const MOST_OVER: usize = MOST / 20;
/// Answers other than 2xx after which sampling stops: one in ten of the samples needed.
const MOST_REFUSED: u64 = 10;
/// What a group is expected to cost.
pub(super) const EXPECTED_REQUESTS: u64 = (WARM_UP + NEEDED) as u64 + 2;

struct Samples {
    durations: Vec<Duration>,
    refused: u64,
    last_refused: Option<Exchange>,
    last: Option<Exchange>,
    out_of_time: bool,
    over: usize,
}

/// Samples an operation and judges its budget.
pub(super) async fn decide(ctx: &Ctx<'_>, wanted: &Wanted) -> Verdict {
    let procedure = Procedure::begin(&wanted.case);
    let deadline = wanted.board.deadline(ctx.clock.now());
    if ctx.clock.now() >= deadline && !wanted.named {
        return Verdict::not_testable(&wanted.case.id, no_time(wanted));
    }
    let (sampler, caller) = match sampler(ctx, wanted).await {
        Ok(found) => found,
        Err(reason) => return Verdict::undecided(&wanted.case.id, reason),
    };
    let samples = match take(ctx, &sampler, wanted, deadline).await {
        Ok(samples) => samples,
        Err(reason) => return Verdict::undecided(&wanted.case.id, reason),
    };
    let summary = Summary::of(&samples.durations);
    wanted.board.put(row(wanted, &summary, samples.refused));
    if samples.out_of_time && summary.count < NEEDED && !wanted.named {
        return Verdict::not_testable(&wanted.case.id, no_time(wanted));
    }
    let budget_ms = wanted.budget.as_secs_f64() * 1000.0;
    let mut proof = ClosingProof::enough_samples(summary.count, NEEDED, 0);
    if samples.refused > MOST_REFUSED {
        let mut reason = Undecided::new(
            Cause::TooFewSamples,
            format!(
                "{} of {} samples were answered other than 2xx",
                samples.refused,
                samples.refused as usize + summary.count
            ),
        );
        reason.evidence = samples
            .last_refused
            .iter()
            .map(|exchange| ctx.target.evidence("sample", exchange, None))
            .collect();
        proof = Err(reason);
    }
    let words = format!(
        "p95 {:.1} ms of {} successful answers (p50 {:.1}, p99 {:.1}, max {:.1} ms, {} refused), closed loop, service time",
        summary.p95_ms, summary.count, summary.p50_ms, summary.p99_ms, summary.max_ms, samples.refused
    );
    let judgement = if summary.p95_ms <= budget_ms {
        Judgement::Holds(format!("{words}; budget {budget_ms:.0} ms"))
    } else if let (Err(reason), true) = (&proof, samples.over <= MOST_OVER) {
        let reason = reason.clone();
        return procedure.close(Err(reason.clone()), Judgement::Undecided(reason));
    } else {
        let evidence = samples
            .last
            .iter()
            .map(|exchange| ctx.target.evidence("sample", exchange, None))
            .collect();
        let what = format!(
            "{:.0} ms at the 95th percentile, {budget_ms:.0} ms are allowed",
            summary.p95_ms
        );
        let mut finding = wanted
            .text
            .finding(&wanted.case, &Actor::identity(&caller), None, &what, words, evidence);
        finding.title = format!("{} takes {what}", wanted.operation);
        finding.root_cause = format!("{} {}", wanted.case.check, wanted.operation);
        Judgement::Violated(vec![finding])
    };
    procedure.close(proof, judgement)
}

fn no_time(wanted: &Wanted) -> Missing {
    Missing {
        what: format!(
            "the minute for sampling was over before {} had {NEEDED} samples",
            wanted.operation
        ),
        add: Some(format!(
            "checks: {{ latency: [ {{ operations: [\"{}\"], p95: 300ms }} ] }}",
            wanted.operation
        )),
    }
}

/// How one sample is made.
struct Sampler<'p> {
    operation: &'p Operation,
    caller: IdentityName,
    bindings: Bindings,
    makes: bool,
    like: Option<Arc<Object>>,
}

async fn sampler<'p>(ctx: &Ctx<'p>, wanted: &Wanted) -> Result<(Sampler<'p>, IdentityName), Undecided> {
    let missing = |what: &str| {
        Undecided::new(
            Cause::ObjectMissing,
            format!("{} cannot be sampled: {what}", wanted.operation),
        )
    };
    let operation = ctx
        .spec
        .operations
        .get(&wanted.operation)
        .ok_or_else(|| missing("the plan does not know it"))?;
    let mut bindings = Bindings {
        params: operation.params.clone(),
        ..Bindings::default()
    };
    let mut makes = false;
    let mut like = None;
    match subject_of(ctx.spec, operation) {
        Subject::Create(resource) => {
            let object = ctx.objects.leased(&resource).await?;
            bindings.objects.extend(object.ancestors.iter().cloned());
            like = Some(object);
            makes = true;
        }
        Subject::Change(resource) | Subject::Act(resource) => {
            bindings.objects.push(ctx.objects.disposable(&resource).await?)
        }
        Subject::Read(resource) => bindings.objects.push(ctx.objects.leased(&resource).await?),
        Subject::List(resources) => {
            for resource in resources.iter().take(1) {
                bindings.objects.push(ctx.objects.leased(resource).await?);
            }
        }
        _ => {
            for (_, source) in &operation.params {
                if let ParamSource::Id(resource) | ParamSource::Key(resource, _) = source {
                    bindings.objects.push(ctx.objects.leased(resource).await?);
                }
            }
        }
    }
    let owner = bindings
        .objects
        .first()
        .map(|object| &object.owner)
        .or(like.as_ref().map(|object| &object.owner))
        .cloned();
    let caller = wanted
        .identity
        .clone()
        .or(owner)
        .or_else(|| ctx.spec.actors().next().map(|identity| identity.name.clone()))
        .ok_or_else(|| missing("the plan has no identity"))?;
    Ok((
        Sampler {
            operation,
            caller: caller.clone(),
            bindings,
            makes,
            like,
        },
        caller,
    ))
}

impl Sampler<'_> {
    async fn one(&self, ctx: &Ctx<'_>, purpose: Purpose) -> Result<Exchange, Undecided> {
        let mut lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(&self.caller), &self.bindings);
        if let Some(resource) = &self.operation.resource {
            lookup = lookup.making(resource);
        }
        let request = Request::fill(&self.operation.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ObjectMissing, error.to_string()))?;
        let unique = lookup.unique().to_owned();
        let outgoing = Outgoing::new(&Actor::identity(&self.caller), purpose, request).of(&self.operation.id);
        // The warm-up may find a dead session; a sample is sent as it is.
        let exchange = if purpose == Purpose::Sample {
            ctx.target.send(outgoing).await?
        } else {
            ask(ctx, outgoing).await?
        };
        if self.makes && exchange.is_success() {
            self.adopt(ctx, &exchange, &unique);
        }
        Ok(exchange)
    }

    /// Hands what a sample made to the clean-up.
    fn adopt(&self, ctx: &Ctx<'_>, exchange: &Exchange, unique: &str) {
        let Some(like) = &self.like else { return };
        let Some(kind) = ctx.spec.resources.get(&like.resource) else {
            return;
        };
        let id = kind.id.iter().find_map(|from| match from {
            gate_spec::Extract::Named(template) => Some(template.replace("{{unique}}", unique).into()),
            other => extract(other, exchange),
        });
        if let Some(id) = id {
            let made = Object {
                id,
                canaries: Vec::new(),
                origin: Origin::Created,
                owner: self.caller.clone(),
                ..(**like).clone()
            };
            ctx.objects.adopt(Arc::new(made));
        }
    }
}

async fn take(ctx: &Ctx<'_>, sampler: &Sampler<'_>, wanted: &Wanted, deadline: Instant) -> Result<Samples, Undecided> {
    for _ in 0..WARM_UP {
        if ctx.clock.now() >= deadline {
            break;
        }
        sampler.one(ctx, Purpose::Setup).await?;
    }
    let mut samples = Samples {
        durations: Vec::with_capacity(NEEDED),
        refused: 0,
        last_refused: None,
        last: None,
        out_of_time: false,
        over: 0,
    };
    let budget_ms = wanted.budget.as_secs_f64() * 1000.0;
    while samples.durations.len() < MOST && samples.refused <= MOST_REFUSED {
        if ctx.clock.now() >= deadline {
            samples.out_of_time = true;
            break;
        }
        if samples.durations.len() >= NEEDED && samples.durations.len().is_multiple_of(NEEDED) {
            let (low, high) = Summary::of(&samples.durations).p95_interval_ms();
            if budget_ms < low || budget_ms > high {
                break;
            }
        }
        let exchange = sampler.one(ctx, Purpose::Sample).await?;
        if exchange.is_success() {
            samples.over += usize::from(exchange.duration > wanted.budget);
            samples.durations.push(exchange.duration);
            if samples.over > MOST_OVER {
                break;
            }
            samples.last = Some(exchange);
        } else {
            samples.refused += 1;
            samples.last_refused = Some(exchange);
        }
    }
    Ok(samples)
}
