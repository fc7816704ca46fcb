//! The run as one value.

use std::time::Duration;

use base64::Engine as _;
use gate_exchange::Client;
use gate_model::{
    AccessCell, CaseResult, Counts, Coverage, FailOn, IdentityReport, KnownOperation, LatencyPhase, Leftover, Notice,
    OperationLatency, Outcome, REPORT_VERSION, RunReport, SourceReport, Verdict,
};
use gate_spec::{Operation, PublicReason, Spec};
use hdrhistogram::serialization::{Serializer as _, V2Serializer};

/// What a report is made of.
pub(crate) struct Parts<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) started_at: String,
    pub(crate) took: Duration,
    pub(crate) fail_on: FailOn,
    pub(crate) results: Vec<CaseResult>,
    pub(crate) access: Vec<AccessCell>,
    pub(crate) identities: Vec<IdentityReport>,
    pub(crate) latency: Vec<OperationLatency>,
    pub(crate) sources: Vec<SourceReport>,
    pub(crate) only_secrets: bool,
    pub(crate) notices: Vec<Notice>,
    pub(crate) leftovers: Vec<Leftover>,
    pub(crate) requests_sent: u64,
}

/// Now, RFC 3339 in UTC.
pub(crate) fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}

/// The report of a run.
pub(crate) fn report(parts: Parts<'_>) -> RunReport {
    let mut cases = parts.results;
    cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
    let coverage = Coverage::of_results(&known(parts.spec), &cases);
    let mut verdict = Verdict::of(&cases, parts.fail_on);
    if verdict == Verdict::Proven
        && coverage.tested == 0
        && coverage.operations > 0
        && coverage.public == coverage.operations
    {
        // A document that calls everything public switches the gate off; that is no proof of anything.
        verdict = Verdict::NothingRan;
    }
    if verdict == Verdict::Proven && !parts.only_secrets && nothing_of_the_target(&cases) {
        // A clean repository says nothing about a target that nobody asked anything.
        verdict = Verdict::NothingRan;
    }
    RunReport {
        version: REPORT_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: parts.started_at,
        duration_ms: u64::try_from(parts.took.as_millis()).unwrap_or(u64::MAX),
        target: parts.spec.target.url.clone(),
        plan: parts.spec.file.clone(),
        verdict,
        exit_code: verdict.exit_code(),
        counts: Counts::of(&cases),
        coverage,
        identities: parts.identities,
        cases,
        access: parts.access,
        baseline: None,
        full_scan: None,
        latency: parts.latency,
        sources: parts.sources,
        notices: parts.notices,
        leftovers: parts.leftovers,
        requests_sent: parts.requests_sent,
    }
}

/// The report of a run whose target did not even give its document: nothing is known, so that nothing is decided.
pub(crate) fn silent(spec: &Spec, reason: &str) -> RunReport {
    let parts = Parts {
        spec,
        started_at: now(),
        took: Duration::ZERO,
        fail_on: FailOn::default(),
        results: Vec::new(),
        access: Vec::new(),
        identities: Vec::new(),
        latency: Vec::new(),
        sources: Vec::new(),
        only_secrets: false,
        notices: vec![Notice::warning(reason)],
        leftovers: Vec::new(),
        requests_sent: 0,
    };
    let verdict = Verdict::Undecided;
    RunReport {
        verdict,
        exit_code: verdict.exit_code(),
        ..report(parts)
    }
}

/// The report of a run whose target was silent, with what needs no target.
pub(crate) fn with_local(
    mut report: RunReport,
    cases: Vec<CaseResult>,
    desk: &check_secrets::Desk,
    fail_on: FailOn,
) -> RunReport {
    report.cases = cases;
    report.cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
    report.counts = Counts::of(&report.cases);
    report.sources = desk.take();
    report.notices.extend(desk.take_notices());
    if Verdict::of(&report.cases, fail_on) == Verdict::Regression {
        report.verdict = Verdict::Regression;
        report.exit_code = report.verdict.exit_code();
    }
    report
}

/// Whether no case about the target itself was tried.
fn nothing_of_the_target(cases: &[CaseResult]) -> bool {
    let about_the_target = |result: &&CaseResult| result.case.check.family() != "secrets";
    !cases.iter().filter(about_the_target).any(|result| {
        matches!(
            result.outcome,
            Outcome::Pass { .. } | Outcome::Fail { .. } | Outcome::Inconclusive { .. }
        )
    })
}

/// The operations of a plan, with the reason of those that anybody may call.
pub(crate) fn known(spec: &Spec) -> Vec<KnownOperation> {
    let why = |operation: &Operation| match operation.public.as_ref()? {
        PublicReason::Document => Some("the document asks for no credentials".to_owned()),
        PublicReason::Plan { reason, .. } => Some(reason.clone().unwrap_or_else(|| "the plan says so".to_owned())),
        PublicReason::Login => Some("it is how somebody logs in or recovers an account".to_owned()),
        PublicReason::Name => Some("it is called like health or documentation, which is open".to_owned()),
        PublicReason::Signed => Some("its caller signs what he sends".to_owned()),
    };
    spec.operations
        .values()
        .map(|operation| KnownOperation {
            id: operation.id.clone(),
            public: why(operation),
        })
        .collect()
}

/// Percentiles of what the run saw beside its other traffic.
pub(crate) fn latency(client: &Client) -> Vec<OperationLatency> {
    let mut serializer = V2Serializer::new();
    let mut bytes = Vec::new();
    client
        .latencies()
        .into_iter()
        .filter(|samples| samples.count() > 0)
        .map(|samples| {
            let histogram = samples.histogram();
            let ms = |micros: u64| micros as f64 / 1000.0;
            bytes.clear();
            let encoded = match serializer.serialize(&histogram, &mut bytes) {
                Ok(_) => base64::engine::general_purpose::STANDARD.encode(&bytes),
                Err(_) => String::new(),
            };
            OperationLatency {
                operation: samples.operation,
                phase: LatencyPhase::Run,
                count: histogram.len(),
                not_2xx: samples.not_2xx,
                p50_ms: ms(histogram.value_at_quantile(0.50)),
                p95_ms: ms(histogram.value_at_quantile(0.95)),
                p99_ms: ms(histogram.value_at_quantile(0.99)),
                max_ms: ms(histogram.max()),
                budget: None,
                histogram: encoded,
            }
        })
        .collect()
}
