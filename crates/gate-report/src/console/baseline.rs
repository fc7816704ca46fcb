//! The run beside its baseline: what is known and accepted, in a line each, and what else there is to say about the file.

use gate_model::{BaselineRemark, BaselineRemarkKind, BaselineReport, RemarkWeight, RunReport};

use super::page::{BAD, FAINT, OPEN, Page, TITLE};
use crate::numbers::plural;
use crate::{RootCause, foreign};

/// Known groups that are shown; more with `verbose`.
const KNOWN: usize = 20;
/// Remarks of one kind that are shown; more with `verbose`.
const REMARKS: usize = 20;
const MANY: usize = 1000;

/// What is red and accepted.
pub(super) fn known(page: &mut Page, report: &RunReport, groups: &[RootCause<'_>]) {
    let Some(baseline) = &report.baseline else { return };
    if groups.is_empty() {
        return;
    }
    page.gap();
    page.headline("KNOWN", TITLE, " and accepted for a while", 0);
    let shown = if page.verbose() { MANY } else { KNOWN };
    for group in groups.iter().take(shown) {
        let count = plural(group.cases.len(), "case", "cases");
        page.headline("  ", TITLE, &format!("{} ({count})", group.headline), 4);
        let accepted = group.cases.iter().find_map(|case| {
            let known = baseline.standing(&case.case.id)?;
            known.accepted.as_ref()
        });
        if let Some(terms) = accepted {
            let text = format!("until {} by {}: {}", terms.expires, terms.owner, terms.reason);
            page.field(6, "accepted", &text);
        }
    }
    if groups.len() > shown {
        page.line(&format!("  and {} more, shown with -v", groups.len() - shown));
    }
}

/// Remarks about the file, those that turn the run red first.
pub(super) fn remarks(page: &mut Page, report: &RunReport) {
    let Some(baseline) = &report.baseline else { return };
    let mut rest: &[BaselineRemark] = &baseline.remarks;
    let mut begun = false;
    while let Some(first) = rest.first() {
        let kind = first.kind;
        let end = rest.iter().position(|remark| remark.kind != kind).unwrap_or(rest.len());
        let (these, others) = rest.split_at(end);
        rest = others;
        // What is merely not written down yet would fill a page after each new operation.
        if kind == BaselineRemarkKind::Unrecorded && !page.verbose() {
            continue;
        }
        if !begun {
            page.gap();
            page.headline(
                "BASELINE",
                TITLE,
                &format!(" {}", foreign::line(&baseline.file, 200)),
                0,
            );
            begun = true;
        }
        of_kind(page, kind, these);
    }
    if begun && baseline.red().next().is_some() {
        let how = "launchgate baseline accept RESULT.json, in the same pull request, if it is meant";
        page.field(2, "update", how);
    }
}

fn of_kind(page: &mut Page, kind: BaselineRemarkKind, remarks: &[BaselineRemark]) {
    let style = match kind.weight() {
        RemarkWeight::Regression => BAD,
        RemarkWeight::Undecided => OPEN,
        RemarkWeight::Note => FAINT,
    };
    page.headline(&format!("  {}", kind.headline()), style, "", 4);
    let shown = if page.verbose() { MANY } else { REMARKS };
    for remark in remarks.iter().take(shown) {
        let place = remark.source.as_ref().map(|place| {
            let file = foreign::line(&place.file, 200);
            format!("  ({file}:{})", place.line)
        });
        let text = format!("{}{}", foreign::line(&remark.text, 300), place.unwrap_or_default());
        page.headline("    ", TITLE, &text, 6);
    }
    if remarks.len() > shown {
        page.line(&format!("    and {} more", remarks.len() - shown));
    }
}

/// The line of the summary.
pub(super) fn summary(baseline: &BaselineReport) -> String {
    let counts = &baseline.counts;
    let unrecorded = baseline
        .remarks
        .iter()
        .filter(|remark| remark.kind == BaselineRemarkKind::Unrecorded)
        .count();
    let mut text = format!(
        "{} new, {} known, {} fixed; waivers from {}",
        counts.new,
        counts.known,
        counts.fixed,
        foreign::line(&baseline.waivers_from, 200)
    );
    if unrecorded > 0 {
        text.push_str(&format!(
            "; {} not in the file yet",
            plural(unrecorded, "thing is", "things are")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::{Console, sample};

    #[test]
    fn known_cases_are_a_line_and_remarks_name_theirs() {
        let finding = sample::finding("access/read-other-tenant", "GET /a", "one");
        let failed = sample::failed("access/read-other-tenant", "GET /a", vec![finding]);
        let report = sample::with_baseline(sample::report(vec![failed]));
        let text = Console::default().render(&report);
        for says in [
            "KNOWN and accepted for a while",
            "accepted  until 2027-01-31 by team-api: TICKET-1",
            "more permissive than the baseline",
            "same-tenant:viewer may now DELETE /x ]]>",
            "(launchgate.baseline.yml:7)",
            "decided before, and not any more",
            "0 new, 1 known, 0 fixed; waivers from launchgate.baseline.yml at 0123456789ab",
            "in the same pull request",
        ] {
            assert!(text.contains(says), "{says} is not in\n{text}");
        }
        assert!(!text.contains("DATA EXPOSURE") && !text.contains('\u{1b}'), "{text}");
    }
}
