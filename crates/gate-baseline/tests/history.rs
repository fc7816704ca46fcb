//! Runs as lines: what is kept, what goes, what is believed.

mod support;

use std::time::Duration;

use gate_baseline::{
    History, HistoryError, KeptRun, MAX_DAYS, MAX_HISTORY_BYTES, MAX_RUNS, Partial, compare, full_scan, moment,
};
use gate_model::{Cause, FailOn, FullScanStanding, Relation, RunReport, Severity, SkipReason, Standing};
use proptest::prelude::*;
use support::{fail, not_testable, open, pass, run, skipped, today};

const READ: &str = "access/read-other-tenant";

fn report() -> RunReport {
    let mut report = run(vec![
        pass(READ, "GET /a", Relation::OtherTenant),
        fail(READ, "GET /b/{id}", Relation::OtherTenant, Severity::High),
        open(
            READ,
            "GET /c",
            Relation::Identity("bob".to_owned()),
            Cause::NeitherAnswer,
        ),
        not_testable("auth/expired-token", "GET /a", Relation::Anonymous),
        skipped(
            READ,
            "GET /d",
            Relation::Anonymous,
            SkipReason::Plan("later".to_owned()),
        ),
        skipped(
            READ,
            "GET /e",
            Relation::Anonymous,
            SkipReason::Flag("--only".to_owned()),
        ),
    ]);
    report.plan = Some("/home/somebody/launchgate.yml".to_owned());
    report
}

fn at(started_at: &str, full: bool) -> KeptRun {
    let mut run = KeptRun::of(&report(), None, full);
    run.started_at = started_at.to_owned();
    run
}

fn now() -> time::OffsetDateTime {
    moment("2026-11-27T10:00:00Z").expect("a moment")
}

#[test]
fn a_line_holds_what_runs_are_compared_by_and_nobody_s_name() {
    let text = History::default().with(KeptRun::of(&report(), Some("nightly"), true), now());
    assert_eq!(text.matches('\n').count(), 1);
    for absent in ["alice", "bob", "mallory", "127.0.0.1", "somebody", "GET /e"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    let history = History::read(&text).expect("read");
    let kept = &history.runs[0];
    assert_eq!(kept, &KeptRun::of(&report(), Some("nightly"), true));
    // Beside the run itself nothing is new, nothing is fixed and nothing is lost.
    let beside = compare(&kept.report(), "runs.jsonl", report(), FailOn::default(), today()).expect("compared");
    let baseline = beside.report.baseline.expect("it was weighed");
    assert_eq!(
        (baseline.counts.new, baseline.counts.known, baseline.counts.fixed),
        (0, 2, 0)
    );
    assert_eq!(baseline.red().count(), 0, "{:?}", baseline.remarks);
    // And the other way round.
    let beside = compare(&report(), "result.json", kept.report(), FailOn::default(), today()).expect("compared");
    let baseline = beside.report.baseline.expect("it was weighed");
    assert_eq!(
        (baseline.counts.new, baseline.counts.known, baseline.counts.fixed),
        (0, 2, 0)
    );
    assert_eq!(baseline.red().count(), 0, "{:?}", baseline.remarks);
}

#[test]
fn a_regression_since_the_kept_run_is_red() {
    let kept = KeptRun::of(&run(vec![pass(READ, "GET /a", Relation::OtherTenant)]), None, true);
    let worse = run(vec![fail(READ, "GET /a", Relation::OtherTenant, Severity::Critical)]);
    let beside = compare(&kept.report(), "runs.jsonl", worse.clone(), FailOn::default(), today()).expect("compared");
    assert_eq!(beside.report.exit_code, 1);
    let baseline = beside.report.baseline.expect("weighed");
    assert_eq!(baseline.cases[0].standing, Standing::New);
    assert!(
        baseline
            .red()
            .any(|remark| remark.text == "other-tenant may now GET /a"),
        "{baseline:?}"
    );
    // The newer one may be a kept one too.
    let worse = KeptRun::of(&worse, None, true).report();
    let beside = compare(&kept.report(), "runs.jsonl", worse, FailOn::default(), today()).expect("compared");
    assert_eq!(beside.report.exit_code, 1);
}

#[test]
fn number_and_age_are_bounded_and_the_last_full_run_stays() {
    let mut text = String::new();
    let full = at("2026-11-01T00:00:00Z", true);
    let ancient = at("2025-01-01T00:00:00Z", true);
    for run in [ancient, full.clone()] {
        text.push_str(&serde_json::to_string(&run).expect("JSON"));
        text.push('\n');
    }
    for minute in 0..MAX_RUNS + 50 {
        let (hour, minute) = (minute / 60, minute % 60);
        let run = at(&format!("2026-11-20T{hour:02}:{minute:02}:00Z"), false);
        text.push_str(&serde_json::to_string(&run).expect("JSON"));
        text.push('\n');
    }
    let newest = at("2026-11-27T09:00:00Z", false);
    let history = History::read(&text).expect("read");
    let history = History::read(&history.with(newest.clone(), now())).expect("read");
    assert_eq!(history.runs.len(), MAX_RUNS);
    assert_eq!(
        history.runs.first(),
        Some(&full),
        "the last full run stays, and what is older than {MAX_DAYS} days goes"
    );
    assert_eq!(history.runs.last(), Some(&newest));
}

#[test]
fn bytes_are_bounded() {
    let mut large = at("2026-11-20T00:00:00Z", false);
    large.passed = vec!["x".repeat(1000); 3000];
    let history = History {
        runs: vec![large.clone(); 8],
        unreadable: 0,
    };
    let text = history.with(large, now());
    assert!(
        text.len() <= MAX_HISTORY_BYTES && text.len() > MAX_HISTORY_BYTES / 2,
        "{}",
        text.len()
    );
}

#[test]
fn the_age_is_that_of_the_last_full_run_of_the_same_plan() {
    let allowed = Duration::from_secs(24 * 3600);
    let mut of_another = at("2026-11-27T09:00:00Z", true);
    of_another.plan = Some("other.yml".to_owned());
    let history = History {
        runs: vec![
            at("2026-11-20T10:00:00Z", true),
            at("2026-11-27T08:00:00Z", false),
            of_another,
            at("2999-01-01T00:00:00Z", true),
        ],
        unreadable: 0,
    };
    let scan = full_scan(&history, &report(), Some(&Partial::Selection), allowed);
    assert_eq!(scan.standing, FullScanStanding::Overdue);
    assert_eq!(scan.earlier.map(|run| run.age_s), Some(7 * 24 * 3600));
    let scan = full_scan(&history, &report(), Some(&Partial::Fork), 7 * allowed);
    assert_eq!(scan.standing, FullScanStanding::Recent);
    let scan = full_scan(&history, &report(), None, allowed);
    assert_eq!(scan.standing, FullScanStanding::ThisRun);
    let scan = full_scan(&History::default(), &report(), Some(&Partial::NoResult), allowed);
    assert_eq!((scan.standing, scan.earlier), (FullScanStanding::Unknown, None));
}

#[test]
fn a_run_that_decided_nothing_is_over_nothing() {
    assert_eq!(Partial::of_result(&report()), None);
    let open = run(vec![open(READ, "GET /a", Relation::OtherTenant, Cause::TargetDown)]);
    assert_eq!(Partial::of_result(&open), Some(Partial::NoResult));
    assert_eq!(Partial::of_result(&run(Vec::new())), Some(Partial::NoResult));
}

#[test]
fn what_nobody_here_wrote_is_passed_over_or_refused() {
    assert_eq!(History::read(""), Ok(History::default()));
    assert_eq!(History::read("[]\n{}\n"), Err(HistoryError::NotAHistory));
    assert_eq!(History::read(&"[".repeat(100_000)), Err(HistoryError::NotAHistory));
    let bytes = MAX_HISTORY_BYTES + 1;
    assert_eq!(
        History::read(&"\n".repeat(bytes)),
        Err(HistoryError::TooLarge { bytes })
    );
    let good = serde_json::to_string(&at("2026-11-20T10:00:00Z", true)).expect("JSON");
    for bad in [
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("2026-11-20T10:00:00Z", "yesterday"),
        good.replace("\"tool\":\"0.1.0\"", "\"tool\":\"\\u001b[31m\""),
        good.replace("\"tool\":\"0.1.0\"", &format!("\"tool\":\"{}\"", "x".repeat(400))),
        good[..good.len() / 2].to_owned(),
    ] {
        let history = History::read(&format!("{bad}\n{good}\n")).expect("one is good");
        assert_eq!((history.runs.len(), history.unreadable), (1, 1), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,400}", cut in 0usize..600) {
        let good = serde_json::to_string(&at("2026-11-20T10:00:00Z", true)).expect("JSON");
        let cut: String = good.chars().take(cut).collect();
        if let Ok(history) = History::read(&format!("{cut}{text}\n{good}\n")) {
            for run in &history.runs {
                let _ = run.report();
            }
        }
    }
}
