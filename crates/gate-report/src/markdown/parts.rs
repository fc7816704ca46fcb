//! The sections that the summary and the comment share.

use std::fmt::Write as _;

use gate_model::{
    BaselineRemark, BaselineRemarkKind, Evidence, Finding, OperationLatency, RunReport, Severity, Standing, Verdict,
};

use super::words::{code, fenced};
use crate::coverage::covered;
use crate::group::still_open;
use crate::latency::within_budget;
use crate::numbers::{count, duration, plural};
use crate::telling::telling;
use crate::{Reason, RootCause, foreign, full_scan, paste, remedy};

/// Characters of a curl line.
const MAX_CURL: usize = 3000;
/// Characters of plan text of one cause.
const MAX_PLAN: usize = 4000;
/// Cases of a cause that are named.
const CASES: usize = 5;

/// Verdict and counts.
pub(super) fn head(report: &RunReport) -> String {
    let mark = match report.verdict {
        Verdict::Proven => "\u{2705}",
        Verdict::Regression => "\u{274c}",
        Verdict::Undecided | Verdict::NothingRan | Verdict::Unusable | Verdict::ReportNotWritten => "\u{26a0}\u{fe0f}",
    };
    let counts = &report.counts;
    let mut out = format!(
        "## {mark} launchgate: {}\n\n{} passed, {} failed, {} undecided, {} not testable, {} skipped",
        report.verdict.headline(),
        count(counts.pass as u64),
        count(counts.fail as u64),
        count(counts.inconclusive as u64),
        count(counts.not_testable as u64),
        count(counts.skipped as u64),
    );
    if let Some(baseline) = &report.baseline {
        let _ = write!(
            out,
            "; beside the baseline {} new, {} known, {} fixed",
            baseline.counts.new, baseline.counts.known, baseline.counts.fixed
        );
    }
    out.push_str(".\n");
    if let Some(scan) = &report.full_scan {
        let told = full_scan::sentence(scan);
        let _ = write!(
            out,
            "\n{}Last full scan: {}.\n",
            if told.is_bad { "\u{26a0}\u{fe0f} " } else { "" },
            code(&told.text, 600)
        );
    }
    out
}

/// Who gained or lost access, old beside new.
pub(super) fn access(report: &RunReport, most: usize) -> String {
    let changed: Vec<(&BaselineRemark, bool)> = remarks(report)
        .filter_map(|remark| match remark.kind {
            BaselineRemarkKind::MorePermissive => Some((remark, true)),
            BaselineRemarkKind::LessPermissive => Some((remark, false)),
            BaselineRemarkKind::Lost
            | BaselineRemarkKind::Shrunk
            | BaselineRemarkKind::Missing
            | BaselineRemarkKind::BaseUnknown
            | BaselineRemarkKind::Expired
            | BaselineRemarkKind::Unused
            | BaselineRemarkKind::Unrecorded => None,
        })
        .collect();
    if changed.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "### Who gained or lost access\n\n| what changed | before | now | line |\n| :-- | :-- | :-- | :-- |\n",
    );
    for (remark, gained) in changed.iter().take(most) {
        let (before, now) = if *gained {
            ("refused", "**served**")
        } else {
            ("served", "refused")
        };
        let line = remark.source.as_ref();
        let line = line.map_or_else(String::new, |place| {
            code(&format!("{}:{}", place.file, place.line), 200)
        });
        let _ = writeln!(out, "| {} | {before} | {now} | {line} |", code(&remark.text, 300));
    }
    more(&mut out, changed.len(), most, "changes");
    out
}

/// What else turned the run red beside its baseline: cases that are lost, a file that shrank, a base that cannot be read.
pub(super) fn baseline_trouble(report: &RunReport, most: usize) -> String {
    let red: Vec<&BaselineRemark> = remarks(report)
        .filter(|remark| {
            remark.kind != BaselineRemarkKind::MorePermissive && remark.kind.weight() != gate_model::RemarkWeight::Note
        })
        .collect();
    if red.is_empty() {
        return String::new();
    }
    let mut out = String::from("### The baseline does not hold\n\n");
    for remark in red.iter().take(most) {
        let _ = writeln!(out, "- {}: {}", remark.kind.headline(), code(&remark.text, 300));
    }
    more(&mut out, red.len(), most, "remarks");
    out
}

/// Findings, worst first, each with what repeats it and what mends it.
pub(super) fn findings(groups: &[RootCause<'_>], title: &str, most: usize, with_evidence: bool) -> String {
    let defects: Vec<_> = groups
        .iter()
        .filter_map(|group| match &group.reason {
            Reason::Defect {
                impact,
                severity,
                findings,
            } => Some((group, *impact, *severity, *findings.first()?)),
            Reason::Undecided { .. } | Reason::Missing { .. } | Reason::Skipped => None,
        })
        .collect();
    if defects.is_empty() {
        return String::new();
    }
    let mut out = format!("### {title}\n");
    for (group, impact, severity, lead) in defects.iter().take(most) {
        let _ = write!(
            out,
            "\n**{}**, {impact}: {}\n\n{} in {}",
            word(*severity),
            code(&lead.title, 300),
            code(lead.check.as_str(), 100),
            plural(group.cases.len(), "case", "cases"),
        );
        if let Some(place) = &lead.source {
            let _ = write!(out, ", {}", code(&format!("{}:{}", place.file, place.line), 300));
        }
        let _ = write!(out, "\n\n{}\n", code(&lead.detail, 500));
        if let Some(one) = telling(&lead.evidence) {
            let _ = write!(out, "\n{}", fenced(&foreign::line(&one.curl, MAX_CURL), "sh", MAX_CURL));
        }
        if !lead.remediation.is_empty() {
            let (prose, lines) = remedy::parts(&lead.remediation);
            let _ = write!(out, "\nRemedy: {}\n", code(prose, 600));
            if !lines.is_empty() {
                let _ = write!(out, "\n{}", fenced(lines, "yaml", 1_500));
            }
        }
        if with_evidence {
            out.push_str(&evidence(lead));
        }
    }
    more(&mut out, defects.len(), most, "root causes of findings");
    out
}

fn evidence(finding: &Finding) -> String {
    if finding.evidence.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n<details><summary>Evidence</summary>\n\n");
    for one in finding.evidence.iter().take(4) {
        let _ = write!(out, "{}\n\n{}\n", code(&exchange(one), 700), fenced(&one.body, "", 800));
    }
    out.push_str("</details>\n");
    out
}

fn exchange(one: &Evidence) -> String {
    let answer = if one.status == 0 {
        "no answer".to_owned()
    } else {
        one.status.to_string()
    };
    format!("{}: {} {} as {} -> {answer}", one.label, one.method, one.url, one.actor)
}

/// What stayed open, by cause, with the lines that settle it.
pub(super) fn undecided(groups: &[RootCause<'_>], plan: Option<&str>, most: usize) -> String {
    let open = still_open(groups);
    if open.is_empty() {
        return String::new();
    }
    let mut out = String::from("### Undecided\n\nNothing was proven there, which is no pass.\n");
    for (group, remarks) in open.iter().take(most) {
        let _ = write!(
            out,
            "\n- {} ({})\n",
            code(&group.headline, 400),
            plural(group.cases.len(), "case", "cases")
        );
        for case in group.cases.iter().take(CASES) {
            let _ = writeln!(out, "  - {}", code(case.case.id.as_str(), 200));
        }
        let lines = paste::merged(remarks.iter().filter_map(|remark| remark.settle.as_deref()), 10);
        if !lines.is_empty() {
            let _ = write!(
                out,
                "\nPaste into {}:\n\n{}",
                code(plan.unwrap_or("the plan"), 200),
                fenced(&lines.join("\n"), "yaml", MAX_PLAN)
            );
        }
    }
    more(&mut out, open.len(), most, "causes");
    out
}

/// What the plan lacks, with the lines to add.
pub(super) fn missing(groups: &[RootCause<'_>], most: usize) -> String {
    let lacking: Vec<_> = groups
        .iter()
        .filter_map(|group| match &group.reason {
            Reason::Missing { inputs } => Some((group, inputs)),
            Reason::Defect { .. } | Reason::Undecided { .. } | Reason::Skipped => None,
        })
        .collect();
    if lacking.is_empty() {
        return String::new();
    }
    let cases: usize = lacking.iter().map(|(group, _)| group.cases.len()).sum();
    let mut out = format!(
        "<details><summary>Not testable: {}, for want of {} of the plan</summary>\n",
        plural(cases, "case", "cases"),
        plural(lacking.len(), "input", "inputs")
    );
    for (group, inputs) in lacking.iter().take(most) {
        let _ = write!(
            out,
            "\n{} ({})\n",
            code(&group.headline, 300),
            plural(group.cases.len(), "case", "cases")
        );
        let lines = paste::merged(inputs.iter().filter_map(|input| input.add.as_deref()), 10);
        if !lines.is_empty() {
            let _ = write!(out, "\n{}", fenced(&lines.join("\n"), "yaml", MAX_PLAN));
        }
    }
    more(&mut out, lacking.len(), most, "inputs");
    out.push_str("\n</details>\n");
    out
}

/// What was tested of what there is, and what the baseline does not hold yet.
pub(super) fn coverage(report: &RunReport, most: usize) -> String {
    let coverage = &report.coverage;
    if coverage.operations == 0 {
        return String::new();
    }
    let mut out = format!("### Coverage\n\n{}", covered(coverage));
    out.push_str(".\n");
    let new: Vec<&BaselineRemark> = remarks(report)
        .filter(|remark| remark.kind == BaselineRemarkKind::Unrecorded)
        .collect();
    if !new.is_empty() {
        let _ = write!(out, "\nNot in the baseline yet:\n\n");
        for remark in new.iter().take(most) {
            let _ = writeln!(out, "- {}", code(&remark.text, 300));
        }
        more(&mut out, new.len(), most, "things");
    }
    out
}

/// Operations whose 95th percentile is over its budget.
pub(super) fn over_budget(report: &RunReport, most: usize) -> String {
    let over: Vec<&OperationLatency> = report
        .latency
        .iter()
        .filter(|one| within_budget(one) == Some(false))
        .collect();
    if over.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "### p95 over budget\n\n| operation | p95 ms | budget ms | samples |\n| :-- | --: | --: | --: |\n",
    );
    for one in over.iter().take(most) {
        let budget = one.budget.as_ref().map(|budget| budget.p95_ms).unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {:.1} | {budget:.1} | {} |",
            code(one.operation.as_str(), 200),
            one.p95_ms,
            one.count
        );
    }
    more(&mut out, over.len(), most, "operations");
    out
}

/// The command that shows the same on a developer's machine.
pub(super) fn repeat(report: &RunReport, groups: &[RootCause<'_>]) -> String {
    let Some(plan) = &report.plan else { return String::new() };
    let mut checks: Vec<&str> = groups
        .iter()
        .filter(|group| matches!(group.reason, Reason::Defect { .. } | Reason::Undecided { .. }))
        .flat_map(|group| &group.cases)
        .map(|case| case.case.check.as_str())
        .collect();
    checks.sort_unstable();
    checks.dedup();
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let plan = if plain(plan) {
        foreign::line(plan, 200)
    } else {
        "launchgate.yml".to_owned()
    };
    let only = match checks.len() {
        1..=5 if checks.iter().all(|check| plain(check)) => format!(" --only {}", checks.join(",")),
        _ => String::new(),
    };
    format!(
        "### Run it locally\n\n{}",
        fenced(&format!("launchgate run --plan {plan}{only}"), "sh", 1000)
    )
}

/// What is known and accepted, as a count.
pub(super) fn known(report: &RunReport) -> String {
    let Some(baseline) = &report.baseline else {
        return String::new();
    };
    let known = baseline
        .cases
        .iter()
        .filter(|case| case.standing == Standing::Known)
        .count();
    if known == 0 {
        return String::new();
    }
    format!(
        "{} known and accepted in {}.\n",
        plural(known, "case is", "cases are"),
        code(&baseline.file, 200)
    )
}

/// What was run, when, against what.
pub(super) fn foot(report: &RunReport) -> String {
    format!(
        "<sub>launchgate {}, {} requests in {} to {}</sub>\n",
        code(&report.tool, 40),
        count(report.requests_sent),
        duration(report.duration_ms),
        code(&report.target, 200)
    )
}

/// How many were left out of a list.
fn more(out: &mut String, all: usize, most: usize, what: &str) {
    if all > most {
        let _ = writeln!(out, "\nand {} more {what}", count((all - most) as u64));
    }
}

fn remarks(report: &RunReport) -> impl Iterator<Item = &BaselineRemark> {
    report.baseline.iter().flat_map(|baseline| &baseline.remarks)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Note => "note",
    }
}
