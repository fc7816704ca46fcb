//! Findings, ranked by what they do to a launch, one entry for each root cause.

use gate_model::{CaseResult, Evidence, Finding, Impact, Severity};

use super::tags::Page;
use crate::numbers::{duration, plural};
use crate::telling::telling;
use crate::{Reason, RootCause, remedy};

/// Entries of a list.
const MOST: usize = 200;
/// Cases and exchanges of an entry.
const CASES: usize = 50;
const EXCHANGES: usize = 8;

pub(super) fn write(page: &mut Page, title: &str, groups: &[RootCause<'_>]) {
    let defects: Vec<_> = groups
        .iter()
        .filter_map(|group| match &group.reason {
            Reason::Defect {
                impact,
                severity,
                findings,
            } => Some((group, *impact, *severity, findings)),
            Reason::Undecided { .. } | Reason::Missing { .. } | Reason::Skipped => None,
        })
        .collect();
    if defects.is_empty() {
        return;
    }
    page.element("h2", title, 100);
    let mut before: Option<Impact> = None;
    for (group, impact, severity, findings) in defects.iter().take(MOST) {
        if !page.has_room() {
            page.element(
                "p class=\"more\"",
                "The rest is too long for this page; the JSON report holds all.",
                200,
            );
            return;
        }
        if before != Some(*impact) {
            before = Some(*impact);
            page.element("h3", &impact.to_string(), 40);
        }
        entry(page, *severity, findings, &group.cases);
    }
    page.more(defects.len(), MOST, "root causes");
}

fn entry(page: &mut Page, severity: Severity, findings: &[&Finding], cases: &[&CaseResult]) {
    let Some(lead) = findings.first() else { return };
    let word = class(severity);
    page.raw(&format!(
        "<article class=\"{word}\">\n<h4><span class=\"badge\">{word}</span>"
    ));
    page.text(&lead.title, 300);
    page.raw("</h4>\n<dl>\n");
    if lead.secret.is_none() {
        page.field("who", &lead.actor, 100);
    }
    page.field("whose", lead.owner.as_deref().unwrap_or_default(), 100);
    page.field("seen", &lead.detail, 1000);
    let (prose, lines) = remedy::parts(&lead.remediation);
    page.field("fix", prose, 1500);
    let place = lead
        .source
        .as_ref()
        .map(|place| format!("{}:{}", place.file, place.line));
    page.field("place", &place.unwrap_or_default(), 300);
    page.field("check", lead.check.as_str(), 100);
    page.field("see", &lead.references.join(", "), 400);
    page.raw("</dl>\n");
    if !lines.is_empty() {
        page.lines(lines, 1500);
    }
    if let Some(one) = telling(&lead.evidence) {
        page.raw("<details><summary>Repeat it</summary>\n");
        page.lines(&one.curl, 4000);
        page.raw("</details>\n");
    }
    if !lead.evidence.is_empty() {
        page.raw("<details><summary>Evidence</summary>\n");
        lead.evidence.iter().take(EXCHANGES).for_each(|one| exchange(page, one));
        page.more(lead.evidence.len(), EXCHANGES, "exchanges");
        page.raw("</details>\n");
    }
    page.raw(&format!(
        "<details><summary>{}</summary>\n<ul>\n",
        plural(cases.len(), "case", "cases")
    ));
    cases
        .iter()
        .take(CASES)
        .for_each(|case| page.element("li", case.case.id.as_str(), 300));
    page.raw("</ul>\n");
    page.more(cases.len(), CASES, "cases");
    page.raw("</details>\n</article>\n");
}

fn exchange(page: &mut Page, one: &Evidence) {
    let answer = if one.status == 0 {
        "no answer".to_owned()
    } else {
        one.status.to_string()
    };
    page.element(
        "p",
        &format!(
            "{}: {} {} as {}: {answer} in {}",
            one.label,
            one.method,
            one.url,
            one.actor,
            duration(one.duration_ms)
        ),
        800,
    );
    page.lines(&format!("{}\n\n{}", one.headers.join("\n"), one.body), 4000);
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Note => "note",
    }
}
