//! GitLab's report of dynamic scans: findings that an exchange with the target proves.

use gate_model::{Evidence, Finding, Outcome, RunReport};
use serde_json::{Value, json};

use super::{envelope, text};
use crate::telling::telling;
use crate::{ReportError, foreign, standing};

/// Operations that are named as scanned.
const SCANNED: usize = 1000;

/// The report. What is known and accepted is left out; what has no exchange is in the other reports.
pub(crate) fn render(report: &RunReport) -> Result<String, ReportError> {
    let mut found: Vec<&Finding> = Vec::new();
    for case in &report.cases {
        if let Outcome::Fail { findings } = &case.outcome
            && !standing::known(report, case.case.id.as_str())
        {
            found.extend(findings.iter().filter(|finding| finding.secret.is_none()));
        }
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let vulnerabilities = found
        .iter()
        .take(envelope::MOST)
        .map(|finding| vulnerability(report, finding))
        .collect();
    envelope::document(report, "dast", Some(scanned(report)), vulnerabilities)
}

fn vulnerability(report: &RunReport, finding: &Finding) -> Value {
    let mut fields = envelope::vulnerability(finding, &[finding.case.as_str()]);
    let (method, path) = match &finding.operation {
        Some(operation) => split(operation.as_str()),
        None => ("GET".to_owned(), "/".to_owned()),
    };
    fields.insert(
        "location".to_owned(),
        json!({ "hostname": text(&origin(&report.target), 250), "method": method, "param": "", "path": path }),
    );
    if let Some(one) = telling(&finding.evidence) {
        fields.insert("evidence".to_owned(), evidence(one, finding));
    }
    Value::Object(fields)
}

fn evidence(one: &Evidence, finding: &Finding) -> Value {
    let mut out = json!({
        "summary": text(&finding.title, 1000),
        "request": {
            "headers": [],
            "method": text(&one.method, 20),
            "url": text(&one.url, 1000),
        },
    });
    if one.status != 0 {
        let headers: Vec<Value> = one
            .headers
            .iter()
            .take(30)
            .filter_map(|header| header.split_once(':'))
            .map(|(name, value)| json!({ "name": text(name, 100), "value": text(value, 500) }))
            .collect();
        out["response"] = json!({
            "headers": headers,
            "reason_phrase": phrase(one.status),
            "status_code": one.status,
            "body": foreign::block(&one.body, 4000),
        });
    }
    out
}

fn scanned(report: &RunReport) -> Vec<Value> {
    let target = report.target.trim_end_matches('/');
    let tested = report
        .coverage
        .by_operation
        .iter()
        .filter(|one| one.state == gate_model::CoverageState::Tested);
    tested
        .take(SCANNED)
        .map(|one| {
            let (method, path) = split(one.operation.as_str());
            json!({ "method": method, "url": text(&format!("{target}{path}"), 1000), "type": "url" })
        })
        .collect()
}

/// Method and path of an operation.
fn split(operation: &str) -> (String, String) {
    let (method, path) = operation.split_once(' ').unwrap_or(("GET", operation));
    (text(method, 20), text(path, 1000))
}

/// Scheme, host and port of the target.
fn origin(target: &str) -> String {
    let (scheme, rest) = target.split_once("://").unwrap_or(("http", target));
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}

/// The usual phrase of a status (RFC 9110 section 15); HTTP/2 sends none.
fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
