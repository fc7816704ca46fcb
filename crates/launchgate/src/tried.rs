//! Which kinds of bad credentials were sent to which operations, seen from outside: coverage is counted from what was sent, and not from what
//! was planned.

use std::collections::{BTreeMap, BTreeSet};
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
            let cases = || {
                results
                    .iter()
                    .filter(|result| result.case.check.as_str() == asked_by(class))
            };
            let is = |operation: &OperationId, wanted: fn(&Outcome) -> bool| {
                let mut cases = cases().filter(|result| result.case.operation.as_ref() == Some(operation));
                cases.any(|result| wanted(&result.outcome))
            };
            let tried: Vec<&OperationId> = sent
                .get(&class)
                .into_iter()
                .flatten()
                .filter(|operation| asking.contains(operation))
                .collect();
            let count = |wanted: fn(&Outcome) -> bool| tried.iter().filter(|operation| is(operation, wanted)).count();
            let missing = cases().find_map(|result| match &result.outcome {
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
