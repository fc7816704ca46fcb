//! Small runs for the tests of this crate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_model::{
    Acceptance, BASELINE_VERSION, BaselineCounts, BaselineRemark, BaselineRemarkKind, BaselineReport, Case, CaseResult,
    CaseStanding, Cause, CheckId, Counts, Coverage, Evidence, FailOn, Finding, Fingerprint, Impact, LatencyBudget,
    LatencyPhase, Leftover, Location, Missing, Notice, OperationId, OperationLatency, Outcome, REPORT_VERSION,
    Relation, ResourceName, RunReport, Severity, SkipReason, Standing, Undecided, Verdict,
};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

pub(crate) fn case(check: &str, operation: &str) -> Case {
    Case::new(&CheckId::new(check))
        .with_operation(&OperationId::new(operation))
        .with_relation(Relation::OtherTenant)
        .with_source(Some(Location::new("launchgate.yml", 18, 5)))
}

fn result(check: &str, operation: &str, outcome: Outcome) -> CaseResult {
    CaseResult {
        case: case(check, operation),
        outcome,
        duration_ms: 12,
    }
}

pub(crate) fn passed(check: &str, operation: &str) -> CaseResult {
    let proof = "alice was served before and after, mallory was answered 404 with a live session".into();
    result(check, operation, Outcome::Pass { proof })
}

pub(crate) fn failed(check: &str, operation: &str, findings: Vec<Finding>) -> CaseResult {
    result(check, operation, Outcome::Fail { findings })
}

pub(crate) fn open(check: &str, operation: &str, undecided: Undecided) -> CaseResult {
    result(check, operation, Outcome::Inconclusive { undecided })
}

pub(crate) fn missing(check: &str, operation: &str, what: &str, add: Option<&str>) -> CaseResult {
    let missing = Missing {
        what: what.into(),
        add: add.map(Into::into),
    };
    result(check, operation, Outcome::NotTestable { missing })
}

pub(crate) fn left_out(check: &str, operation: &str, reason: SkipReason) -> CaseResult {
    result(check, operation, Outcome::Skipped { reason })
}

pub(crate) fn evidence(body: &str) -> Evidence {
    Evidence {
        label: "probe".into(),
        actor: "mallory".into(),
        method: "GET".into(),
        url: "http://127.0.0.1:8080/projects/7?full=1".into(),
        status: 200,
        duration_ms: 12,
        headers: vec!["content-type: application/json".into()],
        body: body.into(),
        proof: Some("\"name\":\"lg-4f1c9a7be2d0\"".into()),
        curl: "curl -sS -H \"Authorization: Bearer $MALLORY_TOKEN\" 'http://127.0.0.1:8080/projects/7?full=1'".into(),
    }
}

pub(crate) fn finding(check: &str, operation: &str, root_cause: &str) -> Finding {
    let case = case(check, operation);
    Finding {
        check: case.check.clone(),
        case: case.id.clone(),
        title: "mallory of another tenant read alice's project".into(),
        severity: Severity::Critical,
        impact: Impact::DataExposure,
        operation: case.operation.clone(),
        actor: "mallory".into(),
        owner: Some("alice".into()),
        detail: "Expected a denial; the answer was 200 and held the value that was planted for alice alone.".into(),
        evidence: vec![evidence("{\"id\":7,\"name\":\"lg-4f1c9a7be2d0\"}")],
        remediation: "Compare the tenant of the object with the tenant of the session before answering.".into(),
        references: vec!["CWE-639".into(), "API1:2023".into()],
        secret: None,
        source: case.source,
        root_cause: root_cause.into(),
        fingerprint: Fingerprint::of(&[check, operation, "other-tenant"]),
    }
}

pub(crate) fn latency(operation: &str, micros: &[u64]) -> OperationLatency {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).expect("bounds");
    for value in micros {
        histogram.record(*value).expect("in bounds");
    }
    let mut bytes = Vec::new();
    V2Serializer::new()
        .serialize(&histogram, &mut bytes)
        .expect("serialised");
    let sorted = |quantile: f64| {
        let mut sorted = micros.to_vec();
        sorted.sort_unstable();
        let index = ((sorted.len() as f64 * quantile).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(index).map_or(0.0, |value| *value as f64 / 1000.0)
    };
    OperationLatency {
        operation: OperationId::new(operation),
        phase: LatencyPhase::Sampled,
        count: micros.len() as u64,
        not_2xx: 0,
        p50_ms: sorted(0.5),
        p95_ms: sorted(0.95),
        p99_ms: sorted(0.99),
        max_ms: sorted(1.0),
        budget: None,
        histogram: STANDARD.encode(bytes),
    }
}

/// A run with these cases and nothing else.
pub(crate) fn report(mut cases: Vec<CaseResult>) -> RunReport {
    cases.sort_by(|a, b| a.case.id.cmp(&b.case.id));
    let verdict = Verdict::of(&cases, FailOn::default());
    RunReport {
        version: REPORT_VERSION,
        tool: "0.1.0".into(),
        started_at: "2026-11-22T10:00:00Z".into(),
        duration_ms: 41_234,
        target: "http://127.0.0.1:8080".into(),
        plan: Some("launchgate.yml".into()),
        verdict,
        exit_code: verdict.exit_code(),
        counts: Counts::of(&cases),
        coverage: Coverage {
            operations: 100,
            tested: 98,
            public: 3,
            ..Coverage::default()
        },
        identities: Vec::new(),
        cases,
        access: Vec::new(),
        baseline: None,
        full_scan: None,
        latency: Vec::new(),
        sources: Vec::new(),
        notices: Vec::new(),
        leftovers: Vec::new(),
        requests_sent: 1204,
    }
}

/// A run with something of everything.
pub(crate) fn mixed() -> RunReport {
    let throttled = Undecided::new(Cause::Throttled, "mallory was answered 429").settled_by("target:\n  pace: 5/s");
    let mut report = report(vec![
        passed("access/read-other-tenant", "GET /projects"),
        failed(
            "access/read-other-tenant",
            "GET /projects/{id}",
            vec![finding(
                "access/read-other-tenant",
                "GET /projects/{id}",
                "tenant check",
            )],
        ),
        open("access/write-other-tenant", "PUT /projects/{id}", throttled),
        missing(
            "auth/expired-token",
            "GET /me",
            "no expired token",
            Some("tokens: { expired: \"${OLD}\" }"),
        ),
        left_out("leak/canary", "GET /search", SkipReason::Flag("--skip leak".into())),
        passed("latency/p95-budget", "GET /projects"),
    ]);
    let mut sampled = latency("GET /projects", &[10_000, 20_000, 412_500]);
    sampled.budget = Some(LatencyBudget { p95_ms: 300.0 });
    let mut seen = latency("GET /projects/{id}", &[3_000, 7_000]);
    seen.phase = LatencyPhase::Run;
    report.latency = vec![sampled, seen];
    report.notices = vec![Notice::warning("2 operations were not understood")];
    report.leftovers = vec![Leftover {
        resource: ResourceName::new("project"),
        owner: "alice".into(),
        path: "/projects/7".into(),
        reason: "DELETE was answered 500".into(),
    }];
    report
}

/// A run beside a baseline: its first case is known, and there is a remark of each weight.
pub(crate) fn with_baseline(mut report: RunReport) -> RunReport {
    let remark = |kind: BaselineRemarkKind, text: &str| BaselineRemark {
        kind,
        text: text.to_owned(),
        source: Some(Location::new("launchgate.baseline.yml", 7, 5)),
    };
    let cases = report.cases.first().map(|case| CaseStanding {
        case: case.case.id.clone(),
        standing: Standing::Known,
        accepted: Some(Acceptance {
            reason: "TICKET-1".into(),
            owner: "team-api".into(),
            expires: "2027-01-31".into(),
            source: None,
        }),
    });
    report.baseline = Some(BaselineReport {
        version: BASELINE_VERSION,
        file: "launchgate.baseline.yml".into(),
        waivers_from: "launchgate.baseline.yml at 0123456789ab".into(),
        counts: BaselineCounts {
            new: 0,
            known: 1,
            fixed: 0,
        },
        cases: cases.into_iter().collect(),
        remarks: vec![
            remark(
                BaselineRemarkKind::MorePermissive,
                "same-tenant:viewer may now DELETE /x ]]> \u{1b}[31m",
            ),
            remark(
                BaselineRemarkKind::Lost,
                "no case asks this any more: other-tenant may not GET /y",
            ),
            remark(
                BaselineRemarkKind::Expired,
                "accepted until 2026-01-01, and not any more: a",
            ),
        ],
    });
    report
}
