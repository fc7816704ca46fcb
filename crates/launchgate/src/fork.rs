//! A run without secrets, as on a pull request from a fork: what needs nobody who is missing is decided, everything else is
//! skipped, visibly.

use std::collections::HashSet;
use std::sync::Arc;

use gate_engine::Selection;
use gate_model::{Case, CaseId, CaseResult, Cause, IdentityName, Outcome, Relation, SkipReason, Undecided};
use gate_objects::Canaries;
use gate_spec::Spec;

use crate::checks;

/// What a run lacks for want of secrets.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The variables that are not set.
    unset: Vec<String>,
    missing: Vec<IdentityName>,
    /// Whether anybody is left who can log in.
    anybody: bool,
    /// Whether the run as a whole needs somebody who is missing: then nothing can be tried.
    nothing: bool,
    /// The cases of the plan as it is meant.
    whole: Vec<Case>,
    /// Those for which that plan lacks an input all the same.
    not_testable: HashSet<CaseId>,
}

impl LeftOut {
    /// Takes identities out of the plan whose credentials are not set; `None` where there are none.
    pub fn take(spec: &mut Spec, selection: &Selection) -> Option<Self> {
        let without = |identity: &gate_spec::Identity| !identity.unset.is_empty();
        let mut unset: Vec<String> = spec
            .identities
            .values()
            .flat_map(|identity| identity.unset.clone())
            .collect();
        unset.sort();
        unset.dedup();
        if unset.is_empty() {
            return None;
        }
        let missing: Vec<IdentityName> = spec
            .identities
            .values()
            .filter(|identity| without(identity))
            .map(|identity| identity.name.clone())
            .collect();
        let mut whole = spec.clone();
        whole
            .identities
            .values_mut()
            .for_each(|identity| identity.unset.clear());
        let checks = checks::all(&Arc::default(), &Arc::default());
        let planned = gate_engine::plan(&Arc::new(whole), &checks, &Arc::new(Canaries::new()), selection);
        let decided = planned
            .groups
            .into_iter()
            .flat_map(|group| group.cases)
            .chain(planned.watched);
        let not_testable: Vec<Case> = planned.not_testable.into_iter().map(|(case, _)| case).collect();
        spec.identities.retain(|_, identity| !without(identity));
        Some(Self {
            nothing: spec.settings.setup.iter().any(|step| missing.contains(&step.identity)),
            unset,
            missing,
            anybody: !spec.identities.is_empty(),
            not_testable: not_testable.iter().map(|case| case.id.clone()).collect(),
            whole: decided.chain(not_testable).collect(),
        })
    }

    /// Whether nothing can be tried at all.
    pub fn nothing(&self) -> bool {
        self.nothing
    }

    /// Skips what could not be decided without those who are missing, and what was not even tried. What was found stays.
    pub fn explain(&self, results: &mut Vec<CaseResult>) {
        for result in results.iter_mut() {
            if self.is_for_want_of_somebody(result) {
                result.outcome = self.skipped();
            }
        }
        let known: HashSet<CaseId> = results.iter().map(|result| result.case.id.clone()).collect();
        for case in self.whole.iter().filter(|case| !known.contains(&case.id)) {
            results.push(CaseResult {
                case: case.clone(),
                outcome: self.skipped(),
                duration_ms: 0,
            });
        }
    }

    fn skipped(&self) -> Outcome {
        Outcome::Skipped {
            reason: SkipReason::NoSecrets(format!("{} not set", self.unset.join(", "))),
        }
    }

    fn is_for_want_of_somebody(&self, result: &CaseResult) -> bool {
        if checks::is_secrets(result.case.check.as_str()) {
            // The repository needs nobody.
            return false;
        }
        // Fewer strangers than the plan means would prove less than it says.
        let strangers = match &result.case.relation {
            Some(Relation::OtherTenant | Relation::SameTenant(_)) => true,
            Some(Relation::Identity(name)) => self.missing.iter().any(|missing| missing.as_str() == name),
            Some(Relation::Anonymous | Relation::Role(_)) | None => false,
        };
        match &result.outcome {
            Outcome::Fail { .. } => false,
            Outcome::Skipped { reason } => self.nothing && matches!(reason, SkipReason::Flag(_)),
            Outcome::Pass { .. } => strangers,
            Outcome::NotTestable { .. } => (strangers || !self.anybody) && !self.not_testable.contains(&result.case.id),
            Outcome::Inconclusive { undecided } => strangers || self.lacks_somebody(undecided),
        }
    }

    /// Whether somebody who is missing would have been the control. A target that is down or throttles is another matter.
    fn lacks_somebody(&self, undecided: &Undecided) -> bool {
        match undecided.cause {
            Cause::ControlFailed | Cause::ObjectMissing => true,
            Cause::IdentityUnproven | Cause::LoginFailed => self
                .missing
                .iter()
                .any(|name| undecided.detail.contains(&format!("no identity `{name}`"))),
            Cause::NothingSeen | Cause::TooFewSamples | Cause::NoVerdict | Cause::ReadBack => !self.anybody,
            Cause::TargetDown
            | Cause::SessionLost
            | Cause::ControlLost
            | Cause::NeitherAnswer
            | Cause::Throttled
            | Cause::Transport
            | Cause::Flaky
            | Cause::Budget
            | Cause::Deadline
            | Cause::NotScanned
            | Cause::Interrupted => false,
        }
    }
}
