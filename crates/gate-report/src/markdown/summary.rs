//! The summary of a job: what the comment says, with all findings, their evidence folded, and what the plan lacks.

use gate_model::RunReport;

use super::parts;
use super::sheet::Sheet;
use crate::{latency, root_causes, standing};

/// Bytes of a summary: GitHub drops one of more than 1 MiB as a whole.
const LIMIT: usize = 600_000;
/// Root causes that are written out.
const MOST: usize = 30;

/// The summary.
pub(crate) fn render(report: &RunReport) -> String {
    let (known, open) = standing::apart(report, root_causes(report));
    let mut sheet = Sheet::new(LIMIT);
    sheet.add(&parts::head(report));
    sheet.add(&parts::access(report, 50));
    sheet.add(&parts::baseline_trouble(report, MOST));
    sheet.add(&parts::findings(&open, "Findings", MOST, true));
    sheet.add(&parts::undecided(&open, report.plan.as_deref(), MOST));
    sheet.add(&parts::over_budget(report, MOST));
    sheet.add(&parts::coverage(report, MOST));
    sheet.add(&parts::findings(&known, "Known and accepted", MOST, false));
    sheet.add(&parts::missing(&open, MOST));
    if !report.latency.is_empty() {
        sheet.add(&format!(
            "<details><summary>Latency</summary>\n\n{}\n</details>\n",
            latency::markdown::render(report)
        ));
    }
    if report.exit_code != 0 {
        sheet.add(&parts::repeat(report, &open));
    }
    sheet.add(&parts::foot(report));
    sheet.finish()
}
