//! JUnit XML, as GitLab, Jenkins and the GitHub reporters read it.
//!
//! `failure` is a proven defect, `error` a case that could not be decided, `skipped` one that was left out or lacks an input.
//! One test case per case, never per request; names hold neither hosts nor ports nor times, so that GitLab can compare
//! branches by name. Every text enters through [`crate::foreign`].

mod baseline;
mod document;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{CaseResult, Outcome, RunReport, Verdict};
use junit_report::{ReportBuilder, TestCase, TestResult, TestSuite};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::{ReportError, foreign};

/// The longest name, class name or message, in characters.
const MAX_NAME: usize = 300;
/// All bodies together, in bytes: GitLab reads files of at most 30 MB.
const MAX_BODIES: usize = 16 << 20;

pub(crate) fn render(report: &RunReport) -> Result<String, ReportError> {
    let started = started_at(report);
    let mut names = BTreeSet::new();
    let mut room = MAX_BODIES;
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for case in &report.cases {
        let family = format!("launchgate.{}", foreign::line(case.case.check.family(), MAX_NAME));
        let mut test = test_case(case, &family, &mut names, &mut room);
        if let Some(known) = baseline::known(report, case) {
            test.result = skipped(&mut room, "known", &known);
        }
        suites
            .entry(family.clone())
            .or_insert_with(|| suite(&family, started))
            .add_testcase(test);
    }
    for test in baseline::remarks(report, &mut names) {
        suites
            .entry(baseline::SUITE.to_owned())
            .or_insert_with(|| suite(baseline::SUITE, started))
            .add_testcase(test);
    }
    if let Some(test) = no_result(report) {
        suites
            .entry("launchgate".to_owned())
            .or_insert_with(|| suite("launchgate", started))
            .add_testcase(test);
    }
    let suites: Vec<TestSuite> = suites.into_values().collect();
    let properties: Vec<_> = suites
        .iter()
        .map(|suite| document::properties(report, &suite.name))
        .collect();
    let totals = document::Totals::of(&suites);
    let mut written = Vec::new();
    ReportBuilder::new()
        .add_testsuites(suites)
        .build()
        .write_xml(&mut written)
        .map_err(|error| ReportError::Junit(error.to_string()))?;
    document::complete(&written, &totals, &properties)
}

fn suite(family: &str, started: OffsetDateTime) -> TestSuite {
    let mut suite = TestSuite::new(family);
    suite.package = family.to_owned();
    suite.set_timestamp(started);
    suite
}

fn test_case(case: &CaseResult, family: &str, names: &mut BTreeSet<String>, room: &mut usize) -> TestCase {
    let result = match &case.outcome {
        Outcome::Pass { .. } => TestResult::Success,
        Outcome::Fail { findings } => {
            let title = findings
                .first()
                .map_or("a finding without words", |finding| &finding.title);
            let message = foreign::unattached(&foreign::line(title, MAX_NAME));
            TestResult::Failure {
                type_: foreign::line(case.case.check.as_str(), MAX_NAME),
                cause: Some(body(room, &message, text::of_findings(case, findings))),
                message,
            }
        }
        Outcome::Inconclusive { undecided } => {
            let message = foreign::unattached(&text::undecided_message(undecided));
            TestResult::Error {
                type_: text::cause_word(undecided.cause),
                cause: Some(body(room, &message, text::of_undecided(case, undecided))),
                message,
            }
        }
        Outcome::NotTestable { missing } => skipped(room, "not-testable", &text::of_missing(missing)),
        Outcome::Skipped { reason } => skipped(room, "skipped", &foreign::line(&reason.to_string(), MAX_NAME)),
    };
    TestCase {
        name: unique(names, name(case)),
        time: milliseconds(case.duration_ms),
        result,
        classname: Some(family.to_owned()),
        filepath: case
            .case
            .source
            .as_ref()
            .map(|place| foreign::line(&place.file, MAX_NAME)),
        system_out: None,
        system_err: None,
    }
}

fn skipped(room: &mut usize, kind: &str, reason: &str) -> TestResult {
    // The text is the content of the element: GitLab reads bodies alone, and the schema of Jenkins knows no attributes here.
    TestResult::SkippedWithCause {
        type_: kind.to_owned(),
        message: String::new(),
        cause: Some(body(room, reason, String::new())),
    }
}

/// `access/read-other-tenant: GET /projects/{id} as other-tenant`.
fn name(case: &CaseResult) -> String {
    let (check, title) = (case.case.check.as_str(), case.case.title());
    let name = if title.is_empty() {
        check.to_owned()
    } else {
        format!("{check}: {title}")
    };
    foreign::line(&name, MAX_NAME)
}

/// GitLab counts only the first of two cases with one name. Ids are unique, but two may look alike once cut.
fn unique(names: &mut BTreeSet<String>, name: String) -> String {
    let mut candidate = name.clone();
    let mut number = 1;
    while !names.insert(candidate.clone()) {
        number += 1;
        candidate = format!("{name} ({number})");
    }
    candidate
}

/// The message as first line, then the rest while there is room in the file.
fn body(room: &mut usize, message: &str, rest: String) -> String {
    let mut body = message.to_owned();
    if !rest.is_empty() {
        body.push('\n');
        if rest.len() <= *room {
            *room -= rest.len();
            body.push_str(&rest);
        } else {
            body.push_str("the report is full; the evidence is in the JSON report");
        }
    }
    foreign::cdata(&body)
}

/// A run that came to no result must not look green because nothing in it is red.
fn no_result(report: &RunReport) -> Option<TestCase> {
    let message = match report.verdict {
        Verdict::NothingRan => "nothing ran: no case was tried, so that nothing is proven",
        Verdict::Unusable => "the command line or the plan is wrong",
        Verdict::ReportNotWritten => "a requested report could not be written",
        Verdict::Undecided if report.counts.inconclusive == 0 && !baseline::is_red(report) => {
            "the run could not be decided"
        }
        _ => return None,
    };
    let mut test = TestCase::error("launchgate: the run has a result", Duration::ZERO, "no-result", message);
    test.set_classname("launchgate");
    if let TestResult::Error { cause, .. } = &mut test.result {
        *cause = Some(message.to_owned());
    }
    Some(test)
}

fn milliseconds(ms: u64) -> Duration {
    const YEAR: u64 = 365 * 86_400_000;
    Duration::milliseconds(i64::try_from(ms.min(YEAR)).unwrap_or_default())
}

/// The start of the run; the epoch where the report states none, or one that the crate could not print.
fn started_at(report: &RunReport) -> OffsetDateTime {
    OffsetDateTime::parse(&report.started_at, &Rfc3339)
        .ok()
        .and_then(|time| time.checked_to_offset(UtcOffset::UTC))
        .filter(|time| (1970..9999).contains(&time.year()))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
