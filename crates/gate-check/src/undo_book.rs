//! What checks did to users and have to take back, so that it is taken back although a check was broken off.

use std::sync::{Mutex, PoisonError};

use gate_exchange::{Outgoing, Purpose, Target};
use gate_model::{Leftover, ResourceName};

/// What is still to be taken back.
#[derive(Debug, Default)]
pub struct UndoBook {
    owed: Mutex<Owed>,
}

#[derive(Debug, Default)]
struct Owed {
    next: u64,
    requests: Vec<(Debt, Outgoing)>,
}

/// Something to take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt(u64);

impl UndoBook {
    /// Notes the request that takes something back, before or right after it is done.
    pub fn owe(&self, undo: Outgoing) -> Debt {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.next += 1;
        let debt = Debt(owed.next);
        owed.requests.push((debt, undo));
        debt
    }

    /// It was taken back, or there is nothing to take back.
    pub fn settled(&self, debt: Debt) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.requests.retain(|(known, _)| *known != debt);
    }

    /// Takes back what is left, the newest first. Returns what could not be.
    pub async fn settle(&self, target: &dyn Target) -> Vec<Leftover> {
        let owed = std::mem::take(&mut *self.owed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut leftovers = Vec::new();
        for (_, undo) in owed.requests.into_iter().rev() {
            let outgoing = Outgoing {
                purpose: Purpose::Cleanup,
                ..undo
            };
            let (owner, path) = (outgoing.actor.to_string(), outgoing.request.path.clone());
            let reason = match target.send(outgoing).await {
                Ok(exchange) if exchange.status < 400 => continue,
                Ok(exchange) => format!("taking it back was answered {}", exchange.status),
                Err(undecided) => undecided.detail,
            };
            leftovers.push(Leftover {
                resource: ResourceName::new("user"),
                owner,
                path,
                reason,
            });
        }
        leftovers
    }
}
