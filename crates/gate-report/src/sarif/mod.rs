//! SARIF 2.1.0 (OASIS), in the form that GitHub code scanning takes.
//!
//! Its limits decide the form: a result without a place in a file makes it refuse the whole upload, so that each has one: the
//! line of the plan or the document that expects something, or the line that holds a secret. It tells alerts apart by
//! `partialFingerprints` alone; ours hold neither hosts nor lines, so that an alert outlives a moved line. What is accepted is left out,
//! since it ignores suppressions. Where nothing was found the results are empty, which is what closes alerts.

mod place;
mod rules;

use std::collections::HashMap;

use gate_model::{CaseResult, Finding, Fingerprint, Outcome, RunReport, Severity, Verdict};
use serde_json::{Value, json};

use crate::place::Places;
use crate::{Context, ReportError, foreign};
use rules::Rules;

/// Results of a run: more are not shown there.
const MAX_RESULTS: usize = 5000;
/// Remarks about what could not be decided.
const MAX_NOTIFICATIONS: usize = 200;
/// Characters of a message.
const MAX_MESSAGE: usize = 1000;
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(crate) fn render(report: &RunReport, context: &Context) -> Result<String, ReportError> {
    let places = Places::of(report, context);
    let rules = Rules::of(report, context);
    let mut found: Vec<(&CaseResult, &Finding)> = Vec::new();
    for case in &report.cases {
        if let Outcome::Fail { findings } = &case.outcome {
            found.extend(findings.iter().map(|finding| (case, finding)));
        }
    }
    found.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
    let left_out = found.len().saturating_sub(MAX_RESULTS);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let results: Vec<Value> = found
        .iter()
        .take(MAX_RESULTS)
        .map(|(case, finding)| result(case, finding, &places, &rules, &mut seen))
        .collect();
    let whole = !matches!(
        report.verdict,
        Verdict::Undecided | Verdict::NothingRan | Verdict::Unusable | Verdict::ReportNotWritten
    );
    let name = report.plan.as_deref().and_then(|plan| places.in_repository(plan));
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "launchgate",
                "version": text(&report.tool, 100),
                "informationUri": "https://github.com/launchgate/launchgate",
                "rules": rules.as_json(),
            }},
            "automationDetails": { "id": format!("launchgate/{}/", name.as_deref().unwrap_or("secrets")) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": whole,
                "exitCode": report.exit_code,
                "startTimeUtc": text(&report.started_at, 40),
                "toolExecutionNotifications": notifications(report, &places, &rules, left_out),
            }],
            "results": results,
        }],
    });
    let mut out = serde_json::to_string_pretty(&sarif).map_err(ReportError::Json)?;
    out.push('\n');
    Ok(out)
}

fn result(
    case: &CaseResult,
    finding: &Finding,
    places: &Places,
    rules: &Rules,
    seen: &mut HashMap<String, usize>,
) -> Value {
    let mut location = places.location(
        finding.source.as_ref().or(case.case.source.as_ref()),
        finding.secret.as_ref(),
    );
    if let Some(operation) = &finding.operation {
        location["logicalLocations"] =
            json!([{ "fullyQualifiedName": text(operation.as_str(), 300), "kind": "resource" }]);
    }
    let mut result = json!({
        "ruleId": text(finding.check.as_str(), 200),
        "level": level(finding.severity),
        "message": { "text": message(&finding.title, &finding.detail) },
        "locations": [location],
        "partialFingerprints": { "primaryLocationLineHash": fingerprint(finding, seen) },
        "properties": {
            "case": text(case.case.id.as_str(), 300),
            "severity": finding.severity,
            "fingerprint": finding.fingerprint.as_str(),
        },
    });
    if let Some(index) = rules.index(finding.check.as_str()) {
        result["ruleIndex"] = json!(index);
    }
    if let Some(secret) = &finding.secret {
        result["properties"]["rule"] = json!(text(&secret.rule, 200));
        if let Some(commit) = &secret.commit {
            result["properties"]["commit"] = json!(text(&commit.id, 64));
        }
    }
    result
}

/// The first sentence is the title of an alert.
fn message(title: &str, detail: &str) -> String {
    let title = text(title.trim_end_matches('.'), 300);
    // A link of SARIF is `[text](number)`; nothing that came from elsewhere may become one.
    format!("{title}. {}", text(detail, MAX_MESSAGE))
        .trim_end()
        .replace("](", "] (")
}

/// What stays the same while lines and commits move. GitHub tells results with one hash apart by the number after it.
fn fingerprint(finding: &Finding, seen: &mut HashMap<String, usize>) -> String {
    let file = match (&finding.secret, &finding.source) {
        (Some(_), Some(source)) => source.file.to_string(),
        _ => String::new(),
    };
    let parts = finding
        .secret
        .as_ref()
        .map(|secret| secret.parts.join("!"))
        .unwrap_or_default();
    let whole = Fingerprint::of(&[finding.check.as_str(), finding.fingerprint.as_str(), &file, &parts]);
    let hash: String = whole.as_str().chars().take(16).collect();
    let number = seen.entry(hash.clone()).or_default();
    *number += 1;
    format!("{hash}:{number}")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Note => "note",
    }
}

/// What could not be decided is no result, since it is no defect of any line; it is why the run was not successful.
fn notifications(report: &RunReport, places: &Places, rules: &Rules, left_out: usize) -> Vec<Value> {
    let mut notifications = Vec::new();
    for case in &report.cases {
        let Outcome::Inconclusive { undecided } = &case.outcome else {
            continue;
        };
        let what = format!("{}: {}", case.case.id, undecided.cause.headline());
        let mut notification = json!({
            "level": "error",
            "message": { "text": message(&what, &undecided.detail) },
            "locations": [places.location(case.case.source.as_ref(), None)],
        });
        if let Some(index) = rules.index(case.case.check.as_str()) {
            notification["associatedRule"] = json!({ "id": text(case.case.check.as_str(), 200), "index": index });
        }
        notifications.push(notification);
    }
    let more = notifications.len().saturating_sub(MAX_NOTIFICATIONS);
    notifications.truncate(MAX_NOTIFICATIONS);
    let mut say =
        |level: &str, text: String| notifications.push(json!({ "level": level, "message": { "text": text } }));
    if more > 0 {
        say("error", format!("{more} more cases are undecided."));
    }
    if left_out > 0 {
        say(
            "warning",
            format!("{left_out} more findings are not in this report; the JSON report holds all."),
        );
    }
    for source in &report.sources {
        for part in &source.not_scanned {
            say(
                "warning",
                format!("Not scanned: {}: {}.", text(&part.path, 300), text(&part.why, 300)),
            );
        }
    }
    notifications
}

/// A text fit for a reader, never empty: an empty one makes the upload fail.
fn text(text: &str, max: usize) -> String {
    match foreign::line(text, max) {
        line if line.is_empty() => "-".to_owned(),
        line => line,
    }
}

#[cfg(test)]
mod tests;
