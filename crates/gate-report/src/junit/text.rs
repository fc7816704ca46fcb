//! The bodies of failures and errors. The second line is the plan line with a blank before it: reporters on GitHub find the
//! place of an annotation by ` file:line` in the body.

use std::fmt::Write as _;

use gate_model::{CaseResult, Cause, Evidence, Finding, Location, Missing, Undecided};

use super::MAX_NAME;
use crate::foreign;

/// Findings of one case that are written out.
const MAX_FINDINGS: usize = 10;
/// Secrets of one source that are written out.
const MAX_SECRETS: usize = 500;
/// Exchanges of one finding that are written out.
const MAX_EXCHANGES: usize = 6;
const MAX_PROOF: usize = 500;
const MAX_BODY: usize = 800;
const MAX_CURL: usize = 2000;
const MAX_TEXT: usize = 1500;

pub(super) fn of_findings(case: &CaseResult, findings: &[Finding]) -> String {
    if findings.iter().all(|finding| finding.secret.is_some()) {
        return of_secrets(findings);
    }
    let mut out = String::new();
    for (index, finding) in findings.iter().take(MAX_FINDINGS).enumerate() {
        if index > 0 {
            let _ = writeln!(out, "\n{}", foreign::line(&finding.title, MAX_NAME));
        }
        place(&mut out, finding.source.as_ref().or(case.case.source.as_ref()));
        let check = foreign::line(finding.check.as_str(), MAX_NAME);
        let _ = writeln!(out, "check: {check} ({}, {})", finding.severity, finding.impact);
        let _ = write!(out, "who: {}", foreign::line(&finding.actor, MAX_NAME));
        if let Some(owner) = &finding.owner {
            let _ = write!(out, "; whose object: {}", foreign::line(owner, MAX_NAME));
        }
        let _ = writeln!(out, "\n{}", foreign::block(&finding.detail, MAX_TEXT));
        exchanges(&mut out, &finding.evidence);
        let _ = writeln!(out, "fix: {}", foreign::block(&finding.remediation, MAX_TEXT));
        if !finding.references.is_empty() {
            let _ = writeln!(out, "see: {}", foreign::line(&finding.references.join(", "), MAX_TEXT));
        }
        let _ = writeln!(out, "fingerprint: {}", foreign::line(finding.fingerprint.as_str(), 64));
    }
    if findings.len() > MAX_FINDINGS {
        let _ = writeln!(out, "\nand {} more findings", findings.len() - MAX_FINDINGS);
    }
    out
}

/// The findings of one source: a line each for its place and one for what is known of it, then once what to do.
fn of_secrets(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(MAX_SECRETS) {
        let rule = finding
            .secret
            .as_ref()
            .map(|secret| secret.rule.as_str())
            .unwrap_or_default();
        if let Some(place) = &finding.source {
            let _ = write!(
                out,
                " {}:{}:{}: ",
                foreign::line(&place.file, MAX_NAME),
                place.line,
                place.column
            );
        }
        let _ = writeln!(
            out,
            "{}: {} {}",
            finding.severity,
            foreign::line(rule, 100),
            foreign::line(&finding.title, MAX_NAME)
        );
        let _ = writeln!(out, "  {}", foreign::line(&finding.detail, MAX_TEXT));
        let _ = writeln!(
            out,
            "  fingerprint: {}",
            foreign::line(finding.fingerprint.as_str(), 64)
        );
    }
    if findings.len() > MAX_SECRETS {
        let _ = writeln!(out, "and {} more findings", findings.len() - MAX_SECRETS);
    }
    if let Some(finding) = findings.first() {
        let _ = writeln!(out, "fix: {}", foreign::block(&finding.remediation, MAX_TEXT));
        if !finding.references.is_empty() {
            let _ = writeln!(out, "see: {}", foreign::line(&finding.references.join(", "), MAX_TEXT));
        }
    }
    out
}

pub(super) fn undecided_message(undecided: &Undecided) -> String {
    let message = format!("{}: {}", undecided.cause.headline(), undecided.detail);
    foreign::line(message.trim_end_matches(": "), MAX_NAME)
}

pub(super) fn of_undecided(case: &CaseResult, undecided: &Undecided) -> String {
    let mut out = String::new();
    place(&mut out, case.case.source.as_ref());
    exchanges(&mut out, &undecided.evidence);
    if let Some(yaml) = &undecided.settle {
        let _ = writeln!(out, "settled by this in the plan:\n{}", foreign::block(yaml, MAX_TEXT));
    }
    out
}

pub(super) fn of_missing(missing: &Missing) -> String {
    let mut out = format!("not testable: {}", foreign::line(&missing.what, MAX_NAME));
    if let Some(yaml) = &missing.add {
        let _ = write!(out, "\nadd to the plan:\n{}", foreign::block(yaml, MAX_TEXT));
    }
    out
}

/// The cause as JSON writes it: `target-down`.
pub(super) fn cause_word(cause: Cause) -> String {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "undecided".to_owned(),
    }
}

fn place(out: &mut String, place: Option<&Location>) {
    if let Some(place) = place {
        let _ = writeln!(out, " {}:{}", foreign::line(&place.file, MAX_NAME), place.line);
    }
}

fn exchanges(out: &mut String, evidence: &[Evidence]) {
    for one in evidence.iter().take(MAX_EXCHANGES) {
        let answer = match one.status {
            0 => "no answer".to_owned(),
            status => status.to_string(),
        };
        let _ = writeln!(
            out,
            "{}: {} {} as {} -> {answer}",
            foreign::line(&one.label, 80),
            foreign::line(&one.method, 20),
            foreign::line(path(&one.url), 1000),
            foreign::line(&one.actor, 80),
        );
        match &one.proof {
            Some(proof) => {
                let _ = writeln!(out, "  proof: {}", foreign::line(proof, MAX_PROOF));
            }
            None if !one.body.is_empty() => {
                let _ = writeln!(out, "  body: {}", foreign::line(&one.body, MAX_BODY));
            }
            None => {}
        }
        let _ = writeln!(out, "  $ {}", foreign::block(&one.curl, MAX_CURL));
    }
    if evidence.len() > MAX_EXCHANGES {
        let _ = writeln!(out, "and {} more exchanges", evidence.len() - MAX_EXCHANGES);
    }
}

/// The URL without scheme and authority.
fn path(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    rest.find(['/', '?']).map_or("/", |at| &rest[at..])
}
