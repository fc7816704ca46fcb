//! What the file no longer says that it says at the base. A line may become another; it may go only where what it is about
//! went with it.

use gate_model::{BaselineRemark, BaselineRemarkKind};

use super::facts::Asked;
use super::{Look, remark};
use crate::words::sentence;
use crate::{Baseline, Gap};

/// Remarks about lines of the base that the file has not.
pub(super) fn remarks(look: &Look<'_>, base: &Baseline, head: &Baseline) -> Vec<BaselineRemark> {
    let asked = Asked::of(look);
    let mut remarks = Vec::new();
    for line in &base.access {
        let kept = head.cell(&line.relation, &line.operation).is_some();
        let suffix = format!(" {} as {}", line.operation, line.relation);
        let waived = || {
            let mut lines = look
                .waivers
                .accepted
                .iter()
                .filter(|accepted| accepted.case.ends_with(&suffix));
            lines.any(|accepted| look.waives_gap(&accepted.case, Gap::Skipped))
        };
        if !kept && asked.knows(&line.operation) && !waived() {
            let text = sentence(&line.relation, line.may, &line.operation);
            remarks.push(remark(
                BaselineRemarkKind::Shrunk,
                format!("the line is gone: {text}"),
                line.source.clone(),
            ));
        }
    }
    for (key, source) in &base.decided {
        if !head.names(key) && !asked.called(key).is_empty() && !look.waives_gap(key, Gap::Skipped) {
            remarks.push(remark(
                BaselineRemarkKind::Shrunk,
                format!("the line is gone: {key}"),
                source.clone(),
            ));
        }
    }
    remarks
}
