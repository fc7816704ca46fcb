//! Which kinds of bad credentials were sent to which operations, seen from outside: coverage is counted from what was sent, and not from what
//! was planned.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use check_auth::{asked_by, credential_class};
use gate_exchange::{Exchange, Observer, Purpose};
use gate_model::{CaseResult, CredentialClass, CredentialCoverage, OperationId, Outcome};
use gate_spec::Spec;

/// What was sent.
#[derive(Default)]
pub(crate) struct CredentialBook {
    sent: Mutex<BTreeMap<CredentialClass, BTreeSet<OperationId>>>,
}

impl Observer for CredentialBook {
    fn see(&self, exchange: &Exchange) {
        if exchange.sent.purpose != Purpose::Probe {
            return;
        }
        let (Some(operation), Some(class)) = (
            &exchange.sent.operation,
            credential_class(&exchange.sent.actor.presented),
        ) else {
            return;
        };
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let operations = sent.entry(class).or_default();
        if !operations.contains(operation) {
            operations.insert(operation.clone());
        }
    }
}

impl CredentialBook {
    /// On how many of the operations that ask for credentials each kind was tried, and what came of it.
    pub(crate) fn coverage(&self, spec: &Spec, results: &[CaseResult]) -> Vec<CredentialCoverage> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.is_empty() {
            return Vec::new();
        }
        let asking: BTreeSet<&OperationId> = spec
            .operations
            .values()
            .filter(|operation| operation.public.is_none())
            .map(|operation| &operation.id)
            .collect();
        let of = CredentialClass::ALL.into_iter().map(|class| {
            let cases: Vec<&CaseResult> = results
                .iter()
                .filter(|result| result.case.check.as_str() == asked_by(class))
                .collect();
            let with = |wanted: fn(&Outcome) -> bool| -> HashSet<&OperationId> {
                let cases = cases.iter().filter(|result| wanted(&result.outcome));
                cases.filter_map(|result| result.case.operation.as_ref()).collect()
            };
            let tried: Vec<&OperationId> = sent
                .get(&class)
                .into_iter()
                .flatten()
                .filter(|operation| asking.contains(operation))
                .collect();
            let count = |wanted: fn(&Outcome) -> bool| {
                let with = with(wanted);
                tried.iter().filter(|operation| with.contains(*operation)).count()
            };
            let missing = cases.iter().find_map(|result| match &result.outcome {
                Outcome::NotTestable { missing } => Some(missing.what.clone()),
                Outcome::Skipped { reason } => Some(reason.to_string()),
                _ => None,
            });
            CredentialCoverage {
                class,
                tested: count(|outcome| matches!(outcome, Outcome::Pass { .. } | Outcome::Fail { .. })),
                undecided: count(|outcome| matches!(outcome, Outcome::Inconclusive { .. })),
                of: asking.len(),
                reason: missing.filter(|_| tried.is_empty()),
            }
        });
        of.collect()
    }
}
