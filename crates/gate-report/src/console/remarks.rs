//! What is no verdict: passed cases when asked for, notices, and objects that stayed behind.

use gate_model::{NoticeLevel, Outcome, RunReport};

use super::page::{OPEN, Page, TITLE};
use crate::foreign;
use crate::numbers::plural;

const NOTICES: usize = 8;
const LEFTOVERS: usize = 20;
const MANY: usize = 1000;

/// Every passed case with its proof.
pub(super) fn passed(page: &mut Page, report: &RunReport) {
    let mut shown = 0;
    let mut more = 0;
    for case in &report.cases {
        let Outcome::Pass { proof } = &case.outcome else {
            continue;
        };
        if shown == MANY {
            more += 1;
            continue;
        }
        if shown == 0 {
            page.gap();
            page.headline("PROVEN CASES", TITLE, "", 0);
        }
        shown += 1;
        page.headline("  ", TITLE, &foreign::line(case.case.id.as_str(), 300), 4);
        page.field(6, "proof", &foreign::line(proof, 800));
    }
    if more > 0 {
        page.line(&format!("  and {more} more"));
    }
}

/// Warnings; with `verbose` what is for information too.
pub(super) fn notices(page: &mut Page, report: &RunReport) {
    let least = if page.verbose() {
        NoticeLevel::Info
    } else {
        NoticeLevel::Warning
    };
    let limit = if page.verbose() { MANY } else { NOTICES };
    let wanted = report.notices.iter().filter(|notice| notice.level >= least);
    let total = wanted.clone().count();
    if total == 0 {
        return;
    }
    page.gap();
    for notice in wanted.take(limit) {
        let lead = match notice.level {
            NoticeLevel::Warning => "warning: ",
            NoticeLevel::Info => "note: ",
        };
        let style = match notice.level {
            NoticeLevel::Warning => OPEN,
            NoticeLevel::Info => TITLE,
        };
        let mut text = foreign::line(&notice.text, 500);
        if let Some(operation) = notice
            .operation
            .as_ref()
            .filter(|operation| !text.contains(operation.as_str()))
        {
            text = format!("{}: {text}", foreign::line(operation.as_str(), 200));
        }
        if let Some(place) = &notice.source {
            text = format!("{text} ({}:{})", foreign::line(&place.file, 200), place.line);
        }
        page.headline(lead, style, &text, 4);
    }
    if total > limit {
        page.line(&format!("and {} more", plural(total - limit, "notice", "notices")));
    }
}

/// What the run created and could not remove: somebody has to.
pub(super) fn leftovers(page: &mut Page, report: &RunReport) {
    if report.leftovers.is_empty() {
        return;
    }
    page.gap();
    let count = plural(report.leftovers.len(), "object stayed behind", "objects stayed behind");
    page.headline("LEFT BEHIND", OPEN, &format!("  {count}"), 4);
    let limit = if page.verbose() { MANY } else { LEFTOVERS };
    for one in report.leftovers.iter().take(limit) {
        let text = format!(
            "{} of {}: {} ({})",
            foreign::line(one.resource.as_str(), 80),
            foreign::line(&one.owner, 80),
            foreign::line(&one.path, 300),
            foreign::line(&one.reason, 300)
        );
        page.headline("  ", TITLE, &text, 4);
    }
    if report.leftovers.len() > limit {
        page.line(&format!("  and {} more", report.leftovers.len() - limit));
    }
}
