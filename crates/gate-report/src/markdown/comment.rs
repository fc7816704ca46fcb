//! The one comment of a pull or merge request, that each run writes anew: the verdict, what changed, and what to do about it.

use gate_model::RunReport;

use super::parts;
use super::sheet::Sheet;
use crate::{root_causes, standing};

/// By this line whoever posts it finds the comment again.
const MARKER: &str = "<!-- launchgate -->\n";
/// Bytes of a comment: 65,536 characters are taken, and some room is for whoever posts it.
const LIMIT: usize = 60_000;

/// The comment.
pub(crate) fn render(report: &RunReport) -> String {
    let (_, open) = standing::apart(report, root_causes(report));
    let mut sheet = Sheet::new(LIMIT);
    sheet.add(&format!("{MARKER}{}", parts::head(report)));
    sheet.add(&parts::access(report, 20));
    sheet.add(&parts::baseline_trouble(report, 10));
    sheet.add(&parts::findings(&open, "New findings", 5, false));
    sheet.add(&parts::undecided(&open, report.plan.as_deref(), 5));
    sheet.add(&parts::over_budget(report, 10));
    sheet.add(&parts::coverage(report, 10));
    if report.exit_code != 0 {
        sheet.add(&parts::repeat(report, &open));
    }
    sheet.add(&parts::known(report));
    sheet.add(&parts::foot(report));
    sheet.finish()
}
