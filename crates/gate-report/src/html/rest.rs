//! What is undecided, what was covered, what the plan lacks, and remarks.

use gate_model::{CoverageState, RunReport};

use super::tags::Page;
use crate::group::still_open;
use crate::numbers::{count, plural};
use crate::telling::telling;
use crate::{Reason, RootCause, paste};

/// Entries of a list.
const MOST: usize = 100;
const CASES: usize = 50;
/// Characters of lines to paste.
const MAX_PLAN: usize = 10_000;

/// What stayed open, by cause.
pub(super) fn undecided(page: &mut Page, groups: &[RootCause<'_>]) {
    let open = still_open(groups);
    if open.is_empty() {
        return;
    }
    page.raw("<h2>Undecided</h2>\n<p>Nothing was proven there, which is no pass.</p>\n");
    for (group, remarks) in open.iter().take(MOST) {
        page.raw("<article class=\"undecided\">\n<h4><span class=\"badge\">undecided</span>");
        page.text(&group.headline, 400);
        page.raw("</h4>\n");
        let lines = paste::merged(remarks.iter().filter_map(|remark| remark.settle.as_deref()), 20);
        if !lines.is_empty() {
            page.raw("<p>This in the plan settles it:</p>\n");
            page.lines(&lines.join("\n"), MAX_PLAN);
        }
        if let Some(one) = remarks.iter().find_map(|remark| telling(&remark.evidence)) {
            page.raw("<details><summary>Repeat it</summary>\n");
            page.lines(&one.curl, 4000);
            page.raw("</details>\n");
        }
        page.raw(&format!(
            "<details><summary>{}</summary>\n<ul>\n",
            plural(group.cases.len(), "case", "cases")
        ));
        group
            .cases
            .iter()
            .take(CASES)
            .for_each(|case| page.element("li", case.case.id.as_str(), 300));
        page.raw("</ul>\n");
        page.more(group.cases.len(), CASES, "cases");
        page.raw("</details>\n</article>\n");
    }
    page.more(open.len(), MOST, "causes");
}

/// What became of each operation.
pub(super) fn coverage(page: &mut Page, report: &RunReport) {
    let coverage = &report.coverage;
    if coverage.operations == 0 {
        return;
    }
    page.raw("<h2>Coverage</h2>\n");
    page.element(
        "p",
        &format!(
            "{} of {} tested, {} public.",
            count(coverage.tested as u64),
            plural(coverage.operations, "operation", "operations"),
            count(coverage.public as u64)
        ),
        200,
    );
    let others: Vec<_> = coverage
        .by_operation
        .iter()
        .filter(|one| one.state != CoverageState::Tested)
        .collect();
    if others.is_empty() {
        return;
    }
    page.raw("<details><summary>What was not tested, and why</summary>\n<ul>\n");
    for one in others.iter().take(5 * MOST) {
        let why = one.reason.as_deref().unwrap_or_default();
        page.element("li", &format!("{}: {} {why}", one.operation, one.state), 500);
    }
    page.raw("</ul>\n");
    page.more(others.len(), 5 * MOST, "operations");
    page.raw("</details>\n");
}

/// What the plan lacks.
pub(super) fn missing(page: &mut Page, groups: &[RootCause<'_>]) {
    let lacking: Vec<_> = groups
        .iter()
        .filter_map(|group| match &group.reason {
            Reason::Missing { inputs } => Some((group, inputs)),
            Reason::Defect { .. } | Reason::Undecided { .. } | Reason::Skipped => None,
        })
        .collect();
    if lacking.is_empty() {
        return;
    }
    page.raw("<h2>Not testable</h2>\n<details><summary>What the plan lacks, and the lines that add it</summary>\n");
    for (group, inputs) in lacking.iter().take(MOST) {
        page.element(
            "p",
            &format!("{} ({})", group.headline, plural(group.cases.len(), "case", "cases")),
            400,
        );
        let lines = paste::merged(inputs.iter().filter_map(|input| input.add.as_deref()), 20);
        page.lines(&lines.join("\n"), MAX_PLAN);
    }
    page.more(lacking.len(), MOST, "inputs");
    page.raw("</details>\n");
}

/// Who was tried, what is remarkable, and what stayed behind.
pub(super) fn remarks(page: &mut Page, report: &RunReport) {
    let mut list = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        page.element("h2", title, 60);
        page.raw("<ul>\n");
        lines.iter().take(MOST).for_each(|line| page.element("li", line, 500));
        page.raw("</ul>\n");
        page.more(lines.len(), MOST, "of them");
    };
    let identities = report.identities.iter().map(|one| {
        let proven = if one.proven { "proven" } else { "not proven" };
        format!("{} of {}: {proven}, {}", one.name, one.tenant, one.how)
    });
    list("Identities", identities.collect());
    let notices = report.notices.iter().map(|notice| notice.text.clone());
    list("Remarks", notices.collect());
    let leftovers = report
        .leftovers
        .iter()
        .map(|one| format!("{} of {}: {}, {}", one.resource, one.owner, one.path, one.reason));
    list("Left behind", leftovers.collect());
}
