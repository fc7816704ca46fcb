//! Root causes: findings by impact, then what stayed open, then what the plan lacks.

use gate_model::{CaseResult, Evidence, Finding, Impact, Location, Missing, RunReport, Severity, Undecided};

use super::page::{BAD, FAINT, OPEN, Page, TITLE};
use crate::numbers::{duration, plural};
use crate::telling::telling;
use crate::{Reason, RootCause, foreign, paste, remedy};

/// Groups of one kind that are written out.
const MAX_GROUPS: usize = 30;
/// Cases of a group that are named; more with `verbose`.
const CASES: usize = 5;
const CASES_VERBOSE: usize = 100;
/// Different plan lines of one group that are shown; more with `verbose`.
const PLAN_LINES: usize = 10;
const PLAN_LINES_VERBOSE: usize = 300;
/// Characters of plan text that one group shows.
const MAX_PLAN_TEXT: usize = 20_000;
const MAX_PROOF: usize = 300;
const MAX_CURL: usize = 4000;

pub(super) fn write(page: &mut Page, report: &RunReport, groups: &[RootCause<'_>]) {
    let mut number = 0;
    let mut impact_before: Option<Impact> = None;
    let mut parts = Parts::default();
    for group in groups {
        match &group.reason {
            Reason::Defect {
                impact,
                severity,
                findings,
            } => {
                parts.defects += 1;
                if parts.defects > MAX_GROUPS {
                    continue;
                }
                if impact_before != Some(*impact) {
                    impact_before = Some(*impact);
                    page.gap();
                    page.headline(&impact.to_string().to_uppercase(), BAD, "", 0);
                }
                number += 1;
                defect(page, number, *severity, findings, &group.cases);
            }
            Reason::Undecided { remarks, .. } => {
                parts.undecided += 1;
                if parts.undecided == 1 {
                    page.gap();
                    page.headline("UNDECIDED", OPEN, "", 0);
                }
                if parts.undecided <= MAX_GROUPS {
                    undecided(page, report, &group.headline, remarks, &group.cases);
                }
            }
            // A run that tested something says only how many there are.
            Reason::Missing { inputs } if page.verbose() || !tested_something(report) => {
                parts.missing += 1;
                if parts.missing == 1 {
                    page.gap();
                    page.headline("NOT TESTABLE", TITLE, "", 0);
                }
                if parts.missing <= MAX_GROUPS {
                    missing(page, report, &group.headline, inputs, &group.cases);
                }
            }
            Reason::Skipped if page.verbose() => {
                parts.skipped += 1;
                if parts.skipped == 1 {
                    page.gap();
                    page.headline("SKIPPED", TITLE, "", 0);
                }
                if parts.skipped <= MAX_GROUPS {
                    page.headline("  ", TITLE, &with_count(&group.headline, &group.cases), 4);
                    affected(page, &group.cases);
                }
            }
            Reason::Missing { .. } | Reason::Skipped => {}
        }
    }
    parts.say_what_was_left_out(page);
}

/// Whether the verdict stands on cases that were tried, so that what could be tried as well is no news.
pub(super) fn tested_something(report: &RunReport) -> bool {
    report.counts.pass + report.counts.fail + report.counts.inconclusive > 0
}

/// Groups met so far, by kind.
#[derive(Default)]
struct Parts {
    defects: usize,
    undecided: usize,
    missing: usize,
    skipped: usize,
}

impl Parts {
    fn say_what_was_left_out(&self, page: &mut Page) {
        for (met, what) in [
            (self.defects, "root causes of findings"),
            (self.undecided, "reasons for undecided cases"),
            (self.missing, "missing inputs"),
            (self.skipped, "reasons for skipped cases"),
        ] {
            if met > MAX_GROUPS {
                page.gap();
                page.line(&format!("and {} more {what}; the reports hold all", met - MAX_GROUPS));
            }
        }
    }
}

fn defect(page: &mut Page, number: usize, severity: Severity, findings: &[&Finding], cases: &[&CaseResult]) {
    let Some(lead) = findings.first() else { return };
    page.gap();
    let style = if severity >= Severity::High { BAD } else { OPEN };
    let title = foreign::line(&lead.title, 300);
    let check = page.paint(FAINT, format!("[{}]", foreign::line(lead.check.as_str(), 100)));
    page.headline(&format!("{number:>2}. {severity}"), style, &format!("  {title}"), 6);
    page.line(&format!("      {check}"));
    if lead.secret.is_none() {
        page.field(6, "who", &lead.actor);
    }
    page.field(6, "whose", lead.owner.as_deref().unwrap_or_default());
    let shown = telling(&lead.evidence);
    if let Some(one) = shown {
        page.field(6, "request", &exchange(one));
        page.field(
            6,
            "proof",
            &foreign::line(one.proof.as_deref().unwrap_or_default(), MAX_PROOF),
        );
    }
    page.field(6, "seen", &foreign::line(&lead.detail, 800));
    if let Some(one) = shown {
        page.verbatim(6, "repeat", &one.curl, MAX_CURL, 40);
    }
    let (prose, lines) = remedy::parts(&lead.remediation);
    page.field(6, "fix", &foreign::line(prose, 800));
    page.verbatim(6, "", lines, 1_500, 20);
    if lead.secret.is_some() {
        let places: Vec<String> = findings.iter().map(|finding| place(finding.source.as_ref())).collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        page.list(6, "where", &places, if page.verbose() { CASES_VERBOSE } else { CASES });
    } else {
        page.field(6, "plan", &place(lead.source.as_ref()));
    }
    page.field(6, "see", &lead.references.join(", "));
    if cases.len() > 1 || page.verbose() {
        affected(page, cases);
    } else if let Some(case) = cases.first() {
        page.field(6, "case", case.case.id.as_str());
    }
    if page.verbose() {
        exchanges(page, &lead.evidence);
    }
}

fn undecided(page: &mut Page, report: &RunReport, headline: &str, remarks: &[&Undecided], cases: &[&CaseResult]) {
    page.gap();
    page.headline("  ", OPEN, &with_count(headline, cases), 4);
    affected(page, cases);
    if let Some(one) = remarks.iter().find_map(|remark| telling(&remark.evidence)) {
        page.field(6, "request", &exchange(one));
        page.verbatim(6, "repeat", &one.curl, MAX_CURL, 40);
    }
    let lines = remarks.iter().filter_map(|remark| remark.settle.as_deref());
    plan_lines(page, report, "settle by", lines);
    if page.verbose() {
        for remark in remarks.iter().take(CASES) {
            exchanges(page, &remark.evidence);
        }
    }
}

fn missing(page: &mut Page, report: &RunReport, headline: &str, inputs: &[&Missing], cases: &[&CaseResult]) {
    page.headline("  ", TITLE, &with_count(headline, cases), 4);
    if page.verbose() {
        affected(page, cases);
    }
    let lines = inputs.iter().filter_map(|missing| missing.add.as_deref());
    plan_lines(page, report, "add", lines);
}

/// The different plan lines of a group, ready to be pasted.
fn plan_lines<'a>(page: &mut Page, report: &RunReport, label: &str, lines: impl Iterator<Item = &'a str>) {
    let lines = paste::merged(lines, if page.verbose() { PLAN_LINES_VERBOSE } else { PLAN_LINES });
    if lines.is_empty() {
        return;
    }
    let plan = foreign::line(report.plan.as_deref().unwrap_or("the plan"), 200);
    page.field(6, label, &format!("this in {plan}:"));
    page.verbatim(8, "", &lines.join("\n"), MAX_PLAN_TEXT, usize::MAX);
}

fn with_count(headline: &str, cases: &[&CaseResult]) -> String {
    format!("{headline} ({})", plural(cases.len(), "case", "cases"))
}

fn affected(page: &mut Page, cases: &[&CaseResult]) {
    let shown = if page.verbose() { CASES_VERBOSE } else { CASES };
    let ids: Vec<&str> = cases.iter().map(|case| case.case.id.as_str()).collect();
    page.list(6, "cases", &ids, shown);
}

fn exchange(one: &Evidence) -> String {
    let answer = match one.status {
        0 => "no answer".to_owned(),
        status => status.to_string(),
    };
    let (method, url) = (foreign::line(&one.method, 20), foreign::line(&one.url, 500));
    format!(
        "{method} {url} as {} -> {answer} in {}",
        foreign::line(&one.actor, 80),
        duration(one.duration_ms)
    )
}

fn exchanges(page: &mut Page, evidence: &[Evidence]) {
    for one in evidence.iter().take(20) {
        page.field(
            6,
            "exchange",
            &format!("{}: {}", foreign::line(&one.label, 80), exchange(one)),
        );
        page.verbatim(8, "headers", &one.headers.join("\n"), 2000, 20);
        page.verbatim(8, "body", &one.body, 4000, 40);
        page.verbatim(8, "repeat", &one.curl, MAX_CURL, 40);
    }
}

fn place(place: Option<&Location>) -> String {
    place
        .map(|place| format!("{}:{}", foreign::line(&place.file, 300), place.line))
        .unwrap_or_default()
}
