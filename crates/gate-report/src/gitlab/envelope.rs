//! What GitLab's security reports have in common: the scan, and how a vulnerability is named.

use gate_model::{Finding, Fingerprint, RunReport, Severity, Verdict};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::text;
use crate::ReportError;

/// A version of the schemas that every GitLab since 15.0 takes in.
const SCHEMA_VERSION: &str = "15.0.7";
/// Vulnerabilities of a report.
pub(super) const MOST: usize = 5000;

/// The report around its vulnerabilities.
pub(super) fn document(
    report: &RunReport,
    kind: &str,
    scanned: Option<Vec<Value>>,
    vulnerabilities: Vec<Value>,
) -> Result<String, ReportError> {
    let tool = json!({
        "id": "launchgate",
        "name": "launchgate",
        "version": text(&report.tool, 100),
        "vendor": { "name": "launchgate" },
    });
    // The scan is done where it came to a verdict; a regression is one.
    let status = match report.verdict {
        Verdict::Proven | Verdict::Regression => "success",
        Verdict::Undecided | Verdict::NothingRan | Verdict::Unusable | Verdict::ReportNotWritten => "failure",
    };
    let (start, end) = times(report);
    let mut scan = json!({
        "type": kind,
        "status": status,
        "start_time": start,
        "end_time": end,
        "analyzer": tool,
        "scanner": tool,
    });
    if let Some(scanned) = scanned {
        scan["scanned_resources"] = Value::Array(scanned);
    }
    let whole = json!({ "version": SCHEMA_VERSION, "scan": scan, "vulnerabilities": vulnerabilities });
    let mut out = serde_json::to_string_pretty(&whole).map_err(ReportError::Json)?;
    out.push('\n');
    Ok(out)
}

/// What every vulnerability has. `parts` tell it apart from others of its check.
pub(super) fn vulnerability(finding: &Finding, parts: &[&str]) -> Map<String, Value> {
    let mut own = vec![finding.check.as_str(), finding.fingerprint.as_str()];
    own.extend(parts);
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("id", Value::from(uuid(&Fingerprint::of(&own))));
    put("name", Value::from(cut(&finding.title, 250)));
    put("description", Value::from(text(&finding.detail, 5000)));
    put("severity", Value::from(severity(finding.severity)));
    put("solution", Value::from(cut(&finding.remediation, 6900)));
    put("identifiers", Value::Array(identifiers(finding)));
    fields
}

/// A text of at most so many characters, however many of them had to be written out.
fn cut(words: &str, most: usize) -> String {
    text(words, most).chars().take(most).collect()
}

/// The rule first, which is what GitLab tells vulnerabilities apart by; then weaknesses by number.
fn identifiers(finding: &Finding) -> Vec<Value> {
    let check = text(finding.check.as_str(), 200);
    let mut out = vec![json!({ "type": "launchgate_check", "name": check, "value": check })];
    for reference in finding.references.iter().take(15) {
        if let Some(number) = reference.strip_prefix("CWE-").filter(|number| is_number(number)) {
            out.push(json!({
                "type": "cwe",
                "name": format!("CWE-{number}"),
                "value": number,
                "url": format!("https://cwe.mitre.org/data/definitions/{number}.html"),
            }));
        }
    }
    out
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A fingerprint in the form of a UUID of version 8 (RFC 9562 section 5.8).
fn uuid(fingerprint: &Fingerprint) -> String {
    let digits = fingerprint.as_str();
    format!(
        "{}-{}-8{}-a{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..32]
    )
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Note => "Info",
    }
}

/// Begin and end in UTC, without a fraction and without a zone.
fn times(report: &RunReport) -> (String, String) {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let begin = OffsetDateTime::parse(&report.started_at, &Rfc3339)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(UtcOffset::UTC);
    let took = Duration::milliseconds(i64::try_from(report.duration_ms.min(1 << 40)).unwrap_or_default());
    let end = begin.checked_add(took).unwrap_or(begin);
    let shown = |moment: OffsetDateTime| {
        let moment = if (0..=9999).contains(&moment.year()) {
            moment
        } else {
            OffsetDateTime::UNIX_EPOCH
        };
        moment
            .format(&format)
            .unwrap_or_else(|_| "1970-01-01T00:00:00".to_owned())
    };
    (shown(begin), shown(end))
}
