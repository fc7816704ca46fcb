//! What of a run is known and accepted, and what is new.

use gate_model::{BaselineReport, RunReport, Standing};

use crate::{Reason, RootCause};

/// Groups whose every case is known, and the rest.
pub(crate) fn apart<'a>(report: &RunReport, groups: Vec<RootCause<'a>>) -> (Vec<RootCause<'a>>, Vec<RootCause<'a>>) {
    let Some(baseline) = &report.baseline else {
        return (Vec::new(), groups);
    };
    groups.into_iter().partition(|group| {
        let red = matches!(group.reason, Reason::Defect { .. } | Reason::Undecided { .. });
        red && group.cases.iter().all(|case| is_known(baseline, case.case.id.as_str()))
    })
}

/// Whether a case is red and accepted.
pub(crate) fn is_known(baseline: &BaselineReport, case: &str) -> bool {
    baseline
        .standing(&case.into())
        .is_some_and(|known| known.standing == Standing::Known)
}

/// Whether a case of a run is red and accepted.
pub(crate) fn known(report: &RunReport, case: &str) -> bool {
    report
        .baseline
        .as_ref()
        .is_some_and(|baseline| is_known(baseline, case))
}
