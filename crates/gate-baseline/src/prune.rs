//! Taking out what is of no use any more: waivers that are over, and those whose case is not red any more.

use std::collections::BTreeSet;

use gate_model::{OutcomeKind, RunReport};
use time::Date;

use crate::case_key::Keys;
use crate::{Baseline, Gap, What};

/// A baseline without what was of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// What is left.
    pub baseline: Baseline,
    /// What was taken out, with the reason.
    pub removed: Vec<String>,
}

/// Takes out waivers that are over and, where a run is given, those of cases that passed in it. The matrix and the cases that
/// were decided stay: what gets lost must not be forgotten.
pub fn prune(baseline: &Baseline, report: Option<&RunReport>, today: Date) -> Pruned {
    let mut passed = BTreeSet::new();
    let mut red = BTreeSet::new();
    if let Some(report) = report {
        let keys = Keys::of(report);
        for result in &report.cases {
            let key = keys.key(&result.case);
            match result.outcome.kind() {
                OutcomeKind::Pass => passed.insert(key),
                OutcomeKind::Fail | OutcomeKind::Inconclusive | OutcomeKind::NotTestable | OutcomeKind::Skipped => {
                    red.insert(key)
                }
            };
        }
    }
    let mut removed = Vec::new();
    let mut left = baseline.clone();
    left.accepted.retain(|line| {
        let why = if !line.counts_on(today) {
            format!("over since {}", line.terms.expires)
        } else if passed.contains(&line.case) && !red.contains(&line.case) && line.what != What::Open(Gap::Skipped) {
            "passes now".to_owned()
        } else {
            return true;
        };
        removed.push(format!("{}: {why}", line.case));
        false
    });
    Pruned {
        baseline: left,
        removed,
    }
}
