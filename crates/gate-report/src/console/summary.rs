//! The last lines: verdict, counts, coverage, cost, and the slowest p95 beside its budget.

use gate_model::{CoverageState, OperationLatency, OutcomeKind, RunReport, Standing, Verdict};

use super::causes::tested_something;
use super::page::{BAD, GOOD, OPEN, Page};
use crate::coverage::covered;
use crate::numbers::{count, duration, plural};
use crate::{Reason, RootCause, foreign, full_scan};

/// Operations with a budget that are shown, slowest of their budget first.
const SLOWEST: usize = 3;

pub(super) fn write(page: &mut Page, report: &RunReport, groups: &[RootCause<'_>]) {
    page.gap();
    let counts = &report.counts;
    let tally = format!(
        "  {} passed, {} failed, {} inconclusive, {} not testable, {} skipped",
        count(counts.pass as u64),
        count(counts.fail as u64),
        count(counts.inconclusive as u64),
        count(counts.not_testable as u64),
        count(counts.skipped as u64)
    );
    let style = match report.verdict {
        Verdict::Proven => GOOD,
        Verdict::Regression => BAD,
        _ => OPEN,
    };
    page.headline(report.verdict.headline(), style, &tally, 2);
    page.field(2, "why", why(report, groups).as_str());
    if let Some(baseline) = &report.baseline {
        page.field(2, "baseline", &super::baseline::summary(baseline));
    }
    page.field(2, "coverage", &coverage(report));
    page.field(2, "", &families(report));
    if page.verbose() && !report.coverage.credentials.is_empty() {
        page.field(2, "presented", &credentials(report));
    }
    if page.verbose() {
        for one in report
            .coverage
            .by_operation
            .iter()
            .filter(|one| one.state != CoverageState::Tested)
        {
            let reason = one.reason.as_deref().unwrap_or_default();
            page.field(2, "", &format!("{}: {}, {reason}", one.operation, one.state));
        }
    }
    if let Some(scan) = &report.full_scan {
        page.field(2, "full scan", &full_scan::sentence(scan).text);
    }
    let target = foreign::line(&report.target, 200);
    let requests = format!(
        "{} in {} to {target}",
        count(report.requests_sent),
        duration(report.duration_ms)
    );
    page.field(2, "requests", &requests);
    for (index, latency) in slowest(report).into_iter().enumerate() {
        page.field(2, if index == 0 { "p95" } else { "" }, &p95(latency));
    }
    if tested_something(report) && !page.verbose() && counts.not_testable > 0 {
        let reasons = groups
            .iter()
            .filter(|group| matches!(group.reason, Reason::Missing { .. }))
            .count();
        let lacking = format!(
            "{} of the plan would add {}; shown with -v",
            plural(reasons, "missing input", "missing inputs"),
            plural(counts.not_testable, "case", "cases")
        );
        page.field(2, "open", &lacking);
    }
}

/// One sentence for a verdict that is not proven.
fn why(report: &RunReport, groups: &[RootCause<'_>]) -> String {
    let defects = groups
        .iter()
        .filter(|group| matches!(group.reason, Reason::Defect { .. }))
        .count();
    let open = groups
        .iter()
        .filter(|group| matches!(group.reason, Reason::Undecided { .. }))
        .count();
    let known = report.baseline.as_ref().map_or(0, |baseline| {
        let is_known = |case: &&gate_model::CaseResult| {
            let standing = baseline.standing(&case.case.id).map(|known| known.standing);
            standing == Some(Standing::Known) && case.outcome.kind() == OutcomeKind::Inconclusive
        };
        report.cases.iter().filter(is_known).count()
    });
    let undecided = report.counts.inconclusive.saturating_sub(known);
    match report.verdict {
        Verdict::Proven if defects > 0 => format!(
            "{} below the severity that fails a run",
            plural(defects, "root cause of findings lies", "root causes of findings lie")
        ),
        Verdict::Proven => String::new(),
        Verdict::Regression if defects == 0 => "somebody may do what the baseline does not say".to_owned(),
        Verdict::Regression => format!(
            "{} behind the failures{}",
            plural(defects, "root cause", "root causes"),
            if open > 0 {
                format!(", {} behind the undecided cases", plural(open, "reason", "reasons"))
            } else {
                String::new()
            }
        ),
        Verdict::Undecided if open == 0 && report.baseline.is_some() => {
            "no regression was proven, and the baseline does not hold".to_owned()
        }
        Verdict::Undecided => format!(
            "no regression was proven, and {} left open for {}",
            plural(undecided, "case was", "cases were"),
            plural(open, "reason", "reasons")
        ),
        Verdict::NothingRan => "no case was tried, so that nothing is proven".to_owned(),
        Verdict::Unusable => "the command line or the plan is wrong".to_owned(),
        Verdict::ReportNotWritten => "a requested report could not be written".to_owned(),
    }
}

fn coverage(report: &RunReport) -> String {
    let coverage = &report.coverage;
    if coverage.operations == 0 {
        return "no operation is known".to_owned();
    }
    covered(coverage)
}

/// Operations that each family of checks tested.
fn families(report: &RunReport) -> String {
    let families = &report.coverage.families;
    let tested = |tested: usize| count(tested as u64);
    let words = families
        .iter()
        .map(|one| format!("{} {}", foreign::line(&one.family, 60), tested(one.tested)));
    words.collect::<Vec<_>>().join(", ")
}

/// On how many operations each kind of bad credential was tried.
fn credentials(report: &RunReport) -> String {
    let classes = &report.coverage.credentials;
    let words = classes.iter().map(|one| {
        let open = if one.undecided > 0 {
            format!(" (and {} undecided)", count(one.undecided as u64))
        } else {
            String::new()
        };
        let why = one.reason.as_deref().filter(|_| one.tested + one.undecided == 0);
        let why = why
            .map(|why| format!(" ({})", foreign::line(why, 80)))
            .unwrap_or_default();
        format!("{} {}{open}{why}", one.class, count(one.tested as u64))
    });
    let of = classes.first().map_or(0, |one| one.of);
    format!(
        "{}; of {} that need a login",
        words.collect::<Vec<_>>().join(", "),
        plural(of, "operation", "operations")
    )
}

/// Operations with a budget, those that use most of it first.
fn slowest(report: &RunReport) -> Vec<&OperationLatency> {
    let used = |one: &OperationLatency| {
        one.budget
            .as_ref()
            .map_or(0.0, |budget| one.p95_ms / budget.p95_ms.max(0.001))
    };
    let mut judged: Vec<&OperationLatency> = report
        .latency
        .iter()
        .filter(|one| one.budget.is_some() && one.count > 0)
        .collect();
    judged.sort_by(|a, b| used(b).total_cmp(&used(a)));
    judged.truncate(SLOWEST);
    judged
}

fn p95(latency: &OperationLatency) -> String {
    let budget = latency.budget.as_ref().map(|budget| budget.p95_ms).unwrap_or_default();
    format!(
        "{:.1} ms of {budget:.1} ms  {} ({})",
        latency.p95_ms,
        foreign::line(latency.operation.as_str(), 120),
        plural(
            usize::try_from(latency.count).unwrap_or(usize::MAX),
            "sample",
            "samples"
        )
    )
}
