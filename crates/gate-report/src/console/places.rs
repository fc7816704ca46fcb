//! Findings by place, one a line, grouped by source: what a developer reads in a hook, and what editors jump to.

use gate_model::{CaseResult, Finding, Outcome, RunReport, Severity, Verdict};

use super::page::{BAD, FAINT, GOOD, OPEN, Page, TITLE};
use crate::foreign;
use crate::numbers::{duration, plural};

/// Findings of one source that are shown; more with `verbose`.
const SHOWN: usize = 100;
const SHOWN_VERBOSE: usize = 1000;

/// The cases that did not pass, with what was found.
pub(super) fn write(page: &mut Page, report: &RunReport) {
    for case in &report.cases {
        match &case.outcome {
            Outcome::Fail { findings } => {
                page.gap();
                let headline = format!("  {}", plural(findings.len(), "finding", "findings"));
                page.headline(&foreign::line(case.case.id.as_str(), 200), TITLE, &headline, 2);
                let mut sorted: Vec<&Finding> = findings.iter().collect();
                sorted.sort_by(|left, right| left.source.cmp(&right.source));
                let limit = if page.verbose() { SHOWN_VERBOSE } else { SHOWN };
                for finding in sorted.iter().take(limit) {
                    one(page, finding);
                }
                if sorted.len() > limit {
                    page.line(&format!("and {} more; the reports hold all", sorted.len() - limit));
                }
            }
            Outcome::Inconclusive { undecided } => {
                page.gap();
                let id = foreign::line(case.case.id.as_str(), 200);
                page.headline(&id, OPEN, &format!("  {}", undecided.cause.headline()), 2);
                page.field(2, "why", &undecided.detail);
                page.verbatim(
                    2,
                    "settle by",
                    undecided.settle.as_deref().unwrap_or_default(),
                    2000,
                    20,
                );
            }
            Outcome::NotTestable { missing } => untested(page, report, case, &missing.what),
            Outcome::Skipped { reason } => untested(page, report, case, &reason.to_string()),
            Outcome::Pass { .. } => {}
        }
    }
}

fn untested(page: &mut Page, report: &RunReport, case: &CaseResult, why: &str) {
    if page.verbose() || report.exit_code != 0 {
        page.gap();
        page.headline(
            &foreign::line(case.case.id.as_str(), 200),
            TITLE,
            "  nothing was scanned",
            2,
        );
        page.field(2, "why", why);
    }
}

/// `path:line:column: rule title`, and below what is known of it. Never wrapped: editors read the first line.
fn one(page: &mut Page, finding: &Finding) {
    let place = finding
        .source
        .as_ref()
        .map(|place| format!("{}:{}:{}: ", foreign::line(&place.file, 500), place.line, place.column))
        .unwrap_or_default();
    let (rule, title) = match &finding.secret {
        Some(secret) => (secret.rule.as_str(), secret.title.as_str()),
        None => (finding.check.as_str(), finding.title.as_str()),
    };
    let style = if finding.severity >= Severity::High { BAD } else { OPEN };
    let title = page.paint(style, foreign::line(title, 300));
    page.line(&format!("{place}{} {title}", foreign::line(rule, 100)));
    let severity = page.paint(FAINT, finding.severity);
    let detail = finding
        .detail
        .strip_prefix(&format!("{rule}, "))
        .unwrap_or(&finding.detail);
    page.line(&format!("    {severity}  {}", foreign::line(detail, 600)));
    let fingerprint = foreign::line(finding.fingerprint.as_str(), 64);
    page.line(&page.paint(FAINT, format!("    fingerprint {fingerprint}")));
}

/// The last line.
pub(super) fn verdict(page: &mut Page, report: &RunReport) {
    if !report.sources.is_empty() && report.verdict == Verdict::Proven {
        // One thing beside the other: quiet where all is well.
    } else {
        page.gap();
    }
    let style = match report.verdict {
        Verdict::Proven => GOOD,
        Verdict::Regression => BAD,
        _ => OPEN,
    };
    let findings: usize = report
        .cases
        .iter()
        .map(|case| match &case.outcome {
            Outcome::Fail { findings } => findings.len(),
            _ => 0,
        })
        .sum();
    let text = match report.verdict {
        Verdict::Proven if findings > 0 => format!(
            "{} below the severity that fails a run",
            plural(findings, "finding lies", "findings lie")
        ),
        Verdict::Proven => format!("no secret in {}", plural(report.counts.pass, "source", "sources")),
        Verdict::Regression => plural(findings, "secret", "secrets"),
        Verdict::Undecided => "something could not be scanned, so that nothing is proven".to_owned(),
        Verdict::NothingRan => "nothing was scanned, so that nothing is proven".to_owned(),
        Verdict::Unusable => "the command line or the configuration is wrong".to_owned(),
        Verdict::ReportNotWritten => "a requested report could not be written".to_owned(),
    };
    let text = format!("  {text} ({})", duration(report.duration_ms));
    page.headline(report.verdict.headline(), style, &text, 2);
}
