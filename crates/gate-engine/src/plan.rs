//! From what checks contribute to what runs: selection, merging, cost.

use std::sync::Arc;

use gate_check::{Assembled, Check, Group, Watcher, assemble};
use gate_model::{Case, CheckId, Missing, SkipReason};
use gate_objects::Canaries;
use gate_spec::Spec;

/// Which checks run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Ids or families; empty is all.
    pub only: Vec<String>,
    /// Ids or families.
    pub skip: Vec<String>,
}

/// A planned run: nothing has been sent.
#[derive(Default)]
pub struct Planned {
    /// What runs.
    pub groups: Vec<Group>,
    /// Cases that watchers conclude.
    pub watched: Vec<Case>,
    /// The watchers of the selected checks.
    pub watchers: Vec<Arc<dyn Watcher>>,
    /// Cases for which the plan lacks an input.
    pub not_testable: Vec<(Case, Missing)>,
    /// Cases that the user's choice leaves out.
    pub skipped: Vec<(Case, SkipReason)>,
}

impl Planned {
    /// Cases that will be decided.
    pub fn cases(&self) -> usize {
        self.groups.iter().map(|group| group.cases.len()).sum::<usize>() + self.watched.len()
    }

    /// Requests that the groups are expected to cost.
    pub fn requests(&self) -> u64 {
        self.groups.iter().map(|group| group.requests).sum()
    }
}

impl Selection {
    /// Why a check is left out, if it is.
    pub fn leaves_out(&self, spec: &Spec, id: &CheckId) -> Option<SkipReason> {
        let named = |names: &[String]| names.iter().any(|name| name == id.as_str() || name == id.family());
        if let Some((_, reason)) = spec
            .settings
            .off
            .iter()
            .find(|(name, _)| name == id.as_str() || name == id.family())
        {
            return Some(SkipReason::Plan(reason.clone()));
        }
        if !self.only.is_empty() && !named(&self.only) {
            return Some(SkipReason::Flag("--only".to_owned()));
        }
        named(&self.skip).then(|| SkipReason::Flag("--skip".to_owned()))
    }
}

/// Plans a run. Plain data: nothing is sent.
pub fn plan(spec: &Arc<Spec>, checks: &[Box<dyn Check>], canaries: &Arc<Canaries>, selection: &Selection) -> Planned {
    let mut planned = Planned::default();
    let mut probes = Vec::new();
    for check in checks {
        let contribution = check.contribute(spec);
        if let Some(reason) = selection.leaves_out(spec, &check.page().id) {
            let cases = contribution
                .probes
                .into_iter()
                .map(|plan| plan.case)
                .chain(contribution.groups.into_iter().flat_map(|group| group.cases))
                .chain(contribution.watched)
                .chain(contribution.not_testable.into_iter().map(|(case, _)| case));
            planned.skipped.extend(cases.map(|case| (case, reason.clone())));
            continue;
        }
        probes.extend(contribution.probes);
        planned.groups.extend(contribution.groups);
        planned.watched.extend(contribution.watched);
        planned.not_testable.extend(contribution.not_testable);
        planned.skipped.extend(contribution.skipped);
        planned.watchers.extend(check.watcher(spec, canaries));
    }
    let Assembled {
        groups,
        not_testable,
        skipped,
    } = assemble(spec, probes);
    planned.groups.extend(groups);
    planned.not_testable.extend(not_testable);
    planned.skipped.extend(skipped);
    planned.groups.sort_by_key(|group| group.lane);
    planned
}
