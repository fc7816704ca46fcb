//! What the target says of each user when it is asked who he is.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gate_exchange::{Exchange, Observer, Presented, Purpose};
use serde_json::Value;

/// Answers larger than this are not kept.
const MAX_BYTES: usize = 256 * 1024;

/// The last answer that each identity got to the question who it is.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeMap<String, Value>>);

impl Seen {
    /// What an identity was answered.
    pub(crate) fn of(&self, identity: &str) -> Option<Value> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(identity).cloned()
    }
}

impl Observer for Seen {
    fn see(&self, exchange: &Exchange) {
        let sent = &exchange.sent;
        let (Purpose::Alive, Presented::Session, Some(identity)) =
            (sent.purpose, &sent.actor.presented, &sent.actor.identity)
        else {
            return;
        };
        if !exchange.is_success() || exchange.body.len() > MAX_BYTES {
            return;
        }
        if let Some(body) = exchange.json() {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(identity.to_string(), body.into_owned());
        }
    }
}
