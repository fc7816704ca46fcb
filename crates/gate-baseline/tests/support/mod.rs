//! Runs and baselines for tests.
#![allow(dead_code)]

use gate_baseline::{Baseline, Terms, date, observe};
use gate_model::{
    Case, CaseResult, Cause, CheckId, Counts, Coverage, FailOn, Finding, Fingerprint, IdentityReport, Impact, Missing,
    OperationId, Outcome, REPORT_VERSION, Relation, RunReport, Severity, SkipReason, Undecided, Verdict,
};
use time::Date;

pub fn today() -> Date {
    date("2026-11-27").expect("a day")
}

pub fn terms() -> Terms {
    Terms {
        reason: "known at adoption".to_owned(),
        owner: "team-api".to_owned(),
        expires: date("2027-02-01").expect("a day"),
    }
}

pub fn read(text: &str) -> Baseline {
    gate_baseline::read("launchgate.baseline.yml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn result(check: &str, operation: &str, relation: Relation, outcome: Outcome) -> CaseResult {
    let case = Case::new(&CheckId::new(check))
        .with_operation(&OperationId::new(operation))
        .with_relation(relation);
    CaseResult {
        case,
        outcome,
        duration_ms: 1,
    }
}

pub fn pass(check: &str, operation: &str, relation: Relation) -> CaseResult {
    let proof = "shown".to_owned();
    result(check, operation, relation, Outcome::Pass { proof })
}

pub fn fail(check: &str, operation: &str, relation: Relation, severity: Severity) -> CaseResult {
    let mut failed = pass(check, operation, relation);
    let case = &failed.case;
    let finding = Finding {
        check: case.check.clone(),
        case: case.id.clone(),
        title: format!("somebody can {operation}"),
        severity,
        impact: Impact::DataExposure,
        operation: case.operation.clone(),
        actor: "mallory".to_owned(),
        owner: None,
        detail: String::new(),
        evidence: Vec::new(),
        remediation: String::new(),
        references: Vec::new(),
        secret: None,
        source: None,
        root_cause: String::new(),
        fingerprint: Fingerprint::of(&[case.id.as_str()]),
    };
    failed.outcome = Outcome::Fail {
        findings: vec![finding],
    };
    failed
}

pub fn open(check: &str, operation: &str, relation: Relation, cause: Cause) -> CaseResult {
    let undecided = Undecided::new(cause, "it happened");
    result(check, operation, relation, Outcome::Inconclusive { undecided })
}

pub fn not_testable(check: &str, operation: &str, relation: Relation) -> CaseResult {
    let missing = Missing {
        what: "an input".to_owned(),
        add: None,
    };
    result(check, operation, relation, Outcome::NotTestable { missing })
}

pub fn skipped(check: &str, operation: &str, relation: Relation, reason: SkipReason) -> CaseResult {
    result(check, operation, relation, Outcome::Skipped { reason })
}

/// A run with these cases; its cells are those that the cases show.
pub fn run(mut cases: Vec<CaseResult>) -> RunReport {
    cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
    let verdict = Verdict::of(&cases, FailOn::default());
    let identity = |name: &str, role: &str| IdentityReport {
        name: name.to_owned(),
        tenant: "acme".to_owned(),
        roles: vec![role.to_owned()],
        proven: true,
        how: String::new(),
    };
    RunReport {
        version: REPORT_VERSION,
        tool: "0.1.0".to_owned(),
        started_at: "2026-11-27T10:00:00Z".to_owned(),
        duration_ms: 1,
        target: "http://127.0.0.1:1".to_owned(),
        plan: None,
        verdict,
        exit_code: verdict.exit_code(),
        counts: Counts::of(&cases),
        coverage: Coverage::default(),
        identities: vec![identity("alice", "owner"), identity("bob", "viewer")],
        access: observe(&cases, &Default::default(), []),
        cases,
        baseline: None,
        full_scan: None,
        latency: Vec::new(),
        sources: Vec::new(),
        notices: Vec::new(),
        leftovers: Vec::new(),
        requests_sent: 1,
    }
}
