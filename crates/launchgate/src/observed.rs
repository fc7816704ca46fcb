//! Who was served as a control, and what is open by declaration: the cells of the access matrix that no case is about.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use gate_baseline::{Granted, observe};
use gate_exchange::{Exchange, Observer, Presented, Purpose};
use gate_model::{AccessCell, CaseResult, IdentityName, OperationId, Relation};
use gate_spec::{Operation, Spec};

/// Sees every exchange of the run and remembers who was served as a control.
#[derive(Default)]
pub(crate) struct ControlBook(Mutex<BTreeSet<(OperationId, IdentityName)>>);

impl Observer for ControlBook {
    fn see(&self, exchange: &Exchange) {
        let sent = &exchange.sent;
        let session = matches!(sent.actor.presented, Presented::Session);
        let (Some(operation), Some(identity)) = (&sent.operation, &sent.actor.identity) else {
            return;
        };
        if sent.purpose == Purpose::Control && session && exchange.is_success() {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.insert((operation.clone(), identity.clone()));
        }
    }
}

/// The access matrix of a run.
pub(crate) fn matrix(spec: &Spec, cases: &[CaseResult], book: &ControlBook) -> Vec<AccessCell> {
    let seen = book.0.lock().unwrap_or_else(PoisonError::into_inner);
    let controls: BTreeSet<Granted> = seen
        .iter()
        .filter_map(|(operation, identity)| {
            Some(Granted {
                operation: operation.clone(),
                roles: spec.identities.get(identity)?.role_words(),
            })
        })
        .collect();
    observe(cases, &controls, declared(spec))
}

/// What is open to everybody, or to every tenant, by the word of the plan or of the document: nobody is refused there, so
/// that no case asks.
fn declared(spec: &Spec) -> Vec<(Relation, OperationId)> {
    let mut open = Vec::new();
    for operation in spec.operations.values() {
        if operation.public.is_some() {
            open.push((Relation::Anonymous, operation.id.clone()));
        } else if open_to_all_tenants(spec, operation) {
            open.push((Relation::OtherTenant, operation.id.clone()));
        }
    }
    open
}

fn open_to_all_tenants(spec: &Spec, operation: &Operation) -> bool {
    let mut actors = spec.actors().peekable();
    actors.peek().is_some() && actors.all(|identity| spec.open_to_other_tenants(identity, operation))
}
