//! How each case stands, and which waivers were of no use.

use std::collections::BTreeSet;

use gate_model::{
    BaselineRemark, BaselineRemarkKind, CaseResult, CaseStanding, Finding, Outcome, SkipReason, Standing, Undecided,
};

use super::{Look, remark};
use crate::{Accepted, Baseline, Gap, What};

/// The standing of every case that has one, ordered by id, and remarks about waivers. `head` is the file itself, which may
/// hold waivers that do not count yet.
pub(super) fn stand(look: &Look<'_>, head: &Baseline) -> (Vec<CaseStanding>, Vec<BaselineRemark>) {
    let mut standings = Vec::new();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for result in &look.report.cases {
        let key = look.keys.key(&result.case);
        let here = look.of(&key);
        if let Some((standing, by)) = look.standing(result, here) {
            if standing == Standing::Known {
                used.extend(by);
            }
            standings.push(CaseStanding {
                case: result.case.id.clone(),
                standing,
                accepted: by
                    .and_then(|at| look.waivers.accepted.get(at))
                    .map(|line| line.terms.clone()),
            });
        }
        if !left_out_by_choice(result) {
            asked.insert(key);
        }
    }
    let skipped: BTreeSet<String> = look
        .report
        .cases
        .iter()
        .filter(|result| left_out_by_choice(result))
        .map(|result| look.keys.key(&result.case))
        .collect();
    standings.sort_by(|left, right| left.case.cmp(&right.case));
    let mut remarks = Vec::new();
    for (at, line) in look.waivers.accepted.iter().enumerate() {
        if used.contains(&at) || (skipped.contains(&line.case) && !asked.contains(&line.case)) {
            continue;
        }
        remarks.extend(look.unused(line, asked.contains(&line.case)));
    }
    remarks.extend(look.too_early(head));
    (standings, remarks)
}

/// Left out by a flag, for want of secrets, or because the run was called off: nothing can be said about it.
pub(crate) fn left_out_by_choice(result: &CaseResult) -> bool {
    match &result.outcome {
        Outcome::Skipped { reason } => match reason {
            SkipReason::Flag(_) | SkipReason::NoSecrets(_) | SkipReason::Interrupted => true,
            SkipReason::Plan(_) | SkipReason::WritesNotAllowed(_) => false,
        },
        Outcome::Pass { .. } | Outcome::Fail { .. } | Outcome::Inconclusive { .. } | Outcome::NotTestable { .. } => {
            false
        }
    }
}

impl Look<'_> {
    /// The waivers of a case.
    fn of(&self, key: &str) -> &[usize] {
        self.by_case.get(key).map_or(&[], Vec::as_slice)
    }

    /// How a case stands and the waiver that says so; none where there is nothing to say.
    fn standing(&self, result: &CaseResult, here: &[usize]) -> Option<(Standing, Option<usize>)> {
        match &result.outcome {
            Outcome::Fail { findings } => {
                let by: Option<Vec<usize>> = findings
                    .iter()
                    .map(|finding| self.accepts(finding, result, here))
                    .collect();
                Some(match by {
                    Some(by) => (Standing::Known, by.first().copied()),
                    None => (Standing::New, None),
                })
            }
            Outcome::Inconclusive { undecided } => Some(match self.accepts_open(undecided, here) {
                Some(by) => (Standing::Known, Some(by)),
                None => (Standing::New, None),
            }),
            Outcome::NotTestable { .. } => self.gap(here, Gap::NotTestable).map(|by| (Standing::Known, Some(by))),
            Outcome::Skipped { .. } if left_out_by_choice(result) => None,
            Outcome::Skipped { .. } => self.gap(here, Gap::Skipped).map(|by| (Standing::Known, Some(by))),
            Outcome::Pass { .. } => here.first().map(|by| (Standing::Fixed, Some(*by))),
        }
    }

    /// The waiver of a finding: of the same place, no worse, and not over.
    fn accepts(&self, finding: &Finding, result: &CaseResult, here: &[usize]) -> Option<usize> {
        let place = if result.case.operation.is_none() {
            finding.operation.as_ref()
        } else {
            None
        };
        here.iter()
            .copied()
            .find(|at| match self.counting(*at).map(|line| &line.what) {
                Some(What::Finding { at, severity }) => at.as_ref() == place && finding.severity <= *severity,
                Some(What::Open(_)) | None => false,
            })
    }

    fn accepts_open(&self, undecided: &Undecided, here: &[usize]) -> Option<usize> {
        if !undecided.cause.acceptable() {
            return None;
        }
        self.gap(here, Gap::Cause(undecided.cause))
    }

    fn gap(&self, here: &[usize], gap: Gap) -> Option<usize> {
        let is_it = |at: &usize| self.counting(*at).is_some_and(|line| line.what == What::Open(gap));
        here.iter().copied().find(is_it)
    }

    /// A waiver that still counts.
    fn counting(&self, at: usize) -> Option<&Accepted> {
        let line = self.waivers.accepted.get(at)?;
        line.counts_on(self.today).then_some(line)
    }

    /// Whether a waiver that counts says that a case may stay open for this reason.
    pub(super) fn waives_gap(&self, key: &str, gap: Gap) -> bool {
        self.gap(self.of(key), gap).is_some()
    }

    fn unused(&self, line: &Accepted, asked: bool) -> Option<BaselineRemark> {
        let (case, source) = (&line.case, line.terms.source.clone());
        if !line.counts_on(self.today) {
            let text = format!("accepted until {}, and not any more: {case}", line.terms.expires);
            return Some(remark(BaselineRemarkKind::Expired, text, source));
        }
        if let What::Open(Gap::Skipped) = line.what
            && !asked
        {
            // It says that nothing asks, and nothing does.
            return None;
        }
        let why = if asked {
            "this run shows nothing that the line accepts"
        } else {
            "no case of this run is called that"
        };
        Some(remark(BaselineRemarkKind::Unused, format!("{why}: {case}"), source))
    }

    /// Waivers of the file that are not at the base: they count once they are.
    fn too_early(&self, head: &Baseline) -> Vec<BaselineRemark> {
        let is_known = |line: &&Accepted| {
            let known = self
                .of(&line.case)
                .iter()
                .filter_map(|at| self.waivers.accepted.get(*at));
            known.into_iter().any(|other| other.what == line.what)
        };
        let lines = head.accepted.iter().filter(|line| !is_known(line));
        lines
            .map(|line| {
                let text = format!("accepted here and not at the base, where waivers count: {}", line.case);
                remark(BaselineRemarkKind::Unrecorded, text, line.terms.source.clone())
            })
            .collect()
    }
}
