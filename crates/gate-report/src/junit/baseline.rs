//! The run beside its baseline: what is known does not fail, and what the file does not say is a test case of its own.
//!
//! The verdict is the same in every format: where a known finding does not fail the run, it must not fail here.

use std::collections::BTreeSet;

use gate_model::{CaseResult, Outcome, RemarkWeight, RunReport, Standing};
use junit_report::{Duration, TestCase, TestResult};

use super::{MAX_NAME, unique};
use crate::foreign;

/// The suite of remarks about the file.
pub(super) const SUITE: &str = "launchgate.baseline";
/// Remarks that become test cases.
const MAX_REMARKS: usize = 1_000;

/// Why a case that is red does not fail the run.
pub(super) fn known(report: &RunReport, case: &CaseResult) -> Option<String> {
    let standing = report.baseline.as_ref()?.standing(&case.case.id)?;
    if standing.standing != Standing::Known {
        return None;
    }
    let what = match &case.outcome {
        Outcome::Fail { findings } => findings.first().map_or("a finding", |finding| finding.title.as_str()),
        Outcome::Inconclusive { undecided } => undecided.detail.as_str(),
        Outcome::NotTestable { missing } => missing.what.as_str(),
        Outcome::Skipped { .. } => "left out by the plan",
        Outcome::Pass { .. } => return None,
    };
    let terms = standing.accepted.as_ref().map_or_else(String::new, |terms| {
        format!(
            ", accepted until {} by {}: {}",
            terms.expires, terms.owner, terms.reason
        )
    });
    Some(foreign::line(&format!("known{terms}; {what}"), 1_000))
}

/// Whether there is a remark that turns the run red.
pub(super) fn is_red(report: &RunReport) -> bool {
    report
        .baseline
        .as_ref()
        .is_some_and(|baseline| baseline.red().next().is_some())
}

/// A test case for each remark that turns the run red.
pub(super) fn remarks(report: &RunReport, names: &mut BTreeSet<String>) -> Vec<TestCase> {
    let Some(baseline) = &report.baseline else {
        return Vec::new();
    };
    let mut tests = Vec::new();
    for remark in baseline.red().take(MAX_REMARKS) {
        let message = foreign::unattached(&foreign::line(&remark.text, MAX_NAME));
        let type_ = foreign::line(remark.kind.headline(), MAX_NAME);
        let cause = Some(foreign::cdata(&message));
        let result = match remark.kind.weight() {
            RemarkWeight::Regression => TestResult::Failure {
                message: message.clone(),
                type_,
                cause,
            },
            RemarkWeight::Undecided | RemarkWeight::Note => TestResult::Error {
                message: message.clone(),
                type_,
                cause,
            },
        };
        tests.push(TestCase {
            name: unique(names, foreign::line(&format!("baseline: {message}"), MAX_NAME)),
            time: Duration::ZERO,
            result,
            classname: Some(SUITE.to_owned()),
            filepath: remark.source.as_ref().map(|place| foreign::line(&place.file, MAX_NAME)),
            system_out: None,
            system_err: None,
        });
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use crate::sample;

    #[test]
    fn what_is_known_does_not_fail_and_remarks_do() {
        let finding = sample::finding("access/read-other-tenant", "GET /a", "one");
        let failed = sample::failed("access/read-other-tenant", "GET /a", vec![finding]);
        let xml = render(&sample::with_baseline(sample::report(vec![failed]))).expect("rendered");
        assert!(
            xml.contains("known, accepted until 2027-01-31 by team-api: TICKET-1"),
            "{xml}"
        );
        assert_eq!(xml.matches("<failure ").count(), 1, "{xml}");
        assert_eq!(xml.matches("<error ").count(), 1, "{xml}");
        assert!(
            xml.contains("name=\"baseline: same-tenant:viewer may now DELETE /x ]]&gt;"),
            "{xml}"
        );
        assert!(
            !xml.contains("accepted until 2026-01-01") && !xml.contains('\u{1b}'),
            "{xml}"
        );
        roxmltree::Document::parse(&xml).expect("well-formed");
    }
}
