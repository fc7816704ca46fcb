//! GitLab's code quality report: what is new, on the line of the plan that expects something, so that the merge request shows it.

use std::collections::HashSet;

use gate_model::{BaselineRemarkKind, BaselineReport, Finding, Fingerprint, Outcome, RunReport, Severity};
use serde_json::{Value, json};

use super::text;
use crate::place::{Places, Spot};
use crate::{Context, ReportError, standing};

/// Entries of a report.
const MOST: usize = 5000;

/// A list of what is new. Known findings are left out: GitLab compares branches itself.
pub(crate) fn render(report: &RunReport, context: &Context) -> Result<String, ReportError> {
    let places = Places::of(report, context);
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    for remark in report.baseline.iter().flat_map(BaselineReport::red) {
        if remark.kind == BaselineRemarkKind::MorePermissive {
            let fingerprint = Fingerprint::of(&["baseline", &remark.text]);
            let spot = places.spot(remark.source.as_ref(), None);
            push(
                &mut entries,
                &mut seen,
                "launchgate/baseline",
                &remark.text,
                &fingerprint,
                "blocker",
                spot,
            );
        }
    }
    for case in &report.cases {
        let Outcome::Fail { findings } = &case.outcome else {
            continue;
        };
        if standing::known(report, case.case.id.as_str()) {
            continue;
        }
        for finding in findings {
            let spot = places.spot(
                finding.source.as_ref().or(case.case.source.as_ref()),
                finding.secret.as_ref(),
            );
            let own = identity(finding, &spot);
            let words = format!("{}. {}", finding.title.trim_end_matches('.'), finding.remediation);
            let level = severity(finding.severity);
            push(
                &mut entries,
                &mut seen,
                finding.check.as_str(),
                &words,
                &own,
                level,
                spot,
            );
        }
    }
    entries.truncate(MOST);
    let mut out = serde_json::to_string_pretty(&entries).map_err(ReportError::Json)?;
    out.push('\n');
    Ok(out)
}

/// A secret is told apart by its file too: the same one in two files is two entries.
fn identity(finding: &Finding, spot: &Spot) -> Fingerprint {
    let file = if finding.secret.is_some() {
        spot.file.as_str()
    } else {
        ""
    };
    Fingerprint::of(&[finding.check.as_str(), finding.fingerprint.as_str(), file])
}

fn push(
    entries: &mut Vec<Value>,
    seen: &mut HashSet<String>,
    check: &str,
    words: &str,
    fingerprint: &Fingerprint,
    severity: &str,
    spot: Spot,
) {
    // Entries with one fingerprint are one entry there.
    if !seen.insert(fingerprint.as_str().to_owned()) {
        return;
    }
    entries.push(json!({
        "type": "issue",
        "check_name": text(check, 200),
        "description": text(words, 1000),
        "categories": ["Security"],
        "severity": severity,
        "fingerprint": fingerprint.as_str(),
        "location": { "path": spot.file, "lines": { "begin": spot.line } },
    }));
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Note => "info",
    }
}
