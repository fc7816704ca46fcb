//! What was observed beside what the file says: who gained access, who lost it, and what is not decided any more.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{AccessCell, BaselineRemark, BaselineRemarkKind, CaseResult, OperationId, Outcome, Relation};

use super::cases::left_out_by_choice;
use super::{Look, remark};
use crate::observe::cell_of;
use crate::{Baseline, CellLine, Gap};

/// New cells that are named one by one.
const MAX_NEW: usize = 20;

/// Remarks about the facts of a file.
pub(super) fn remarks(look: &Look<'_>, facts: &Baseline) -> Vec<BaselineRemark> {
    let mut remarks = observed(look, facts);
    let asked = Asked::of(look);
    for line in &facts.access {
        // That a control was not served is said by the cases that it was to decide.
        if !matches!(line.relation, Relation::Role(_)) && !asked.saw(line) {
            remarks.extend(asked.lost_cell(look, line));
        }
    }
    for (key, source) in &facts.decided {
        if let Some(why) = asked.lost_case(look, key) {
            remarks.push(remark(
                BaselineRemarkKind::Lost,
                format!("{why}: {key}"),
                source.clone(),
            ));
        }
    }
    remarks
}

fn observed(look: &Look<'_>, facts: &Baseline) -> Vec<BaselineRemark> {
    let mut remarks = Vec::new();
    let mut unrecorded: Vec<&AccessCell> = Vec::new();
    for cell in &look.report.access {
        let line = facts.cell(&cell.relation, &cell.operation);
        let says = |word: &str| format!("{} may {word} {}", cell.relation, cell.operation);
        match line {
            Some(line) if line.may == cell.may => {}
            Some(line) if cell.may => {
                remarks.push(remark(
                    BaselineRemarkKind::MorePermissive,
                    says("now"),
                    line.source.clone(),
                ));
            }
            Some(line) => remarks.push(remark(
                BaselineRemarkKind::LessPermissive,
                says("no longer"),
                line.source.clone(),
            )),
            // What is not in the file, nobody may; that somebody reaches his own is what controls are for.
            None if cell.may && !matches!(cell.relation, Relation::Role(_)) => {
                remarks.push(remark(BaselineRemarkKind::MorePermissive, says("now"), None));
            }
            None => unrecorded.push(cell),
        }
    }
    for cell in unrecorded.iter().take(MAX_NEW) {
        remarks.push(remark(BaselineRemarkKind::Unrecorded, cell.to_string(), None));
    }
    if unrecorded.len() > MAX_NEW {
        let text = format!("and {} more cells of the matrix", unrecorded.len() - MAX_NEW);
        remarks.push(remark(BaselineRemarkKind::Unrecorded, text, None));
    }
    remarks
}

/// What the cases of a run are about.
pub(super) struct Asked<'a> {
    cells: BTreeMap<(&'a Relation, &'a OperationId), Vec<&'a CaseResult>>,
    keys: BTreeMap<String, Vec<&'a CaseResult>>,
    operations: BTreeSet<&'a OperationId>,
    seen: BTreeSet<(&'a Relation, &'a OperationId)>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(look: &Look<'a>) -> Self {
        let mut asked = Self {
            cells: BTreeMap::new(),
            keys: BTreeMap::new(),
            operations: look.report.access.iter().map(|cell| &cell.operation).collect(),
            seen: look
                .report
                .access
                .iter()
                .map(|cell| (&cell.relation, &cell.operation))
                .collect(),
        };
        for result in &look.report.cases {
            asked.operations.extend(result.case.operation.as_ref());
            asked.keys.entry(look.keys.key(&result.case)).or_default().push(result);
            if let Some((relation, operation, _)) = cell_of(&result.case) {
                asked.cells.entry((relation, operation)).or_default().push(result);
            }
        }
        asked
    }

    /// Whether the run saw the cell of a line.
    fn saw(&self, line: &CellLine) -> bool {
        self.seen.contains(&(&line.relation, &line.operation))
    }

    /// Whether the run knows an operation.
    pub(super) fn knows(&self, operation: &OperationId) -> bool {
        self.operations.contains(operation)
    }

    /// The cases that are called so.
    pub(super) fn called(&self, key: &str) -> &[&'a CaseResult] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    fn lost_cell(&self, look: &Look<'_>, line: &CellLine) -> Option<BaselineRemark> {
        let cases = self.cells.get(&(&line.relation, &line.operation));
        let cases = cases.map_or(&[][..], Vec::as_slice);
        let why = if cases.is_empty() {
            let suffix = format!(" {} as {}", line.operation, line.relation);
            let waived = |accepted: &crate::Accepted| {
                accepted.case.ends_with(&suffix) && look.waives_gap(&accepted.case, Gap::Skipped)
            };
            if look.waivers.accepted.iter().any(waived) {
                return None;
            }
            if self.knows(&line.operation) {
                "no case asks this any more"
            } else {
                "the operation is not in the document any more"
            }
        } else {
            lost(look, cases)?
        };
        let text = format!(
            "{why}: {} {} {}",
            line.relation,
            if line.may { "may" } else { "may not" },
            line.operation
        );
        Some(remark(BaselineRemarkKind::Lost, text, line.source.clone()))
    }

    fn lost_case(&self, look: &Look<'_>, key: &str) -> Option<&'static str> {
        match self.called(key) {
            [] if look.waives_gap(key, Gap::Skipped) => None,
            [] => Some("no case is called that any more"),
            cases => lost(look, cases),
        }
    }
}

/// Why cases that were decided before are not, and nothing else says so. An undecided case speaks for itself.
fn lost(look: &Look<'_>, cases: &[&CaseResult]) -> Option<&'static str> {
    let mut why = None;
    for result in cases {
        let key = look.keys.key(&result.case);
        match &result.outcome {
            Outcome::Pass { .. } | Outcome::Fail { .. } | Outcome::Inconclusive { .. } => return None,
            _ if left_out_by_choice(result) => return None,
            Outcome::NotTestable { .. } if look.waives_gap(&key, Gap::NotTestable) => return None,
            Outcome::Skipped { .. } if look.waives_gap(&key, Gap::Skipped) => return None,
            Outcome::NotTestable { .. } => why = Some("was decided, and the plan lacks an input now"),
            Outcome::Skipped { .. } => why = Some("was decided, and the plan leaves it out now"),
        }
    }
    why
}
