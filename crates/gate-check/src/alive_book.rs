//! When each session was last shown to be alive.
//!
//! The end of one bracket is the beginning of the next: credentials that were shown alive a moment ago need not be shown
//! again before the next probes. They are always shown again after them, and only the same credentials on both sides
//! count, so that a session that died in between is noticed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use gate_exchange::Alive;
use gate_model::IdentityName;

/// A look that is older than this is taken again.
const FRESH: Duration = Duration::from_secs(5);

/// The last looks of a run.
#[derive(Debug, Default)]
pub struct AliveBook {
    looks: Mutex<HashMap<IdentityName, (Alive, Instant)>>,
}

impl AliveBook {
    /// The last look at an identity's session, where it is fresh.
    pub(crate) fn recent(&self, identity: &IdentityName, now: Instant) -> Option<Alive> {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let (alive, when) = looks.get(identity)?;
        (now.saturating_duration_since(*when) <= FRESH).then_some(*alive)
    }

    /// Notes a look.
    pub(crate) fn note(&self, identity: &IdentityName, alive: Alive, now: Instant) {
        self.looks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(identity.clone(), (alive, now));
    }

    /// A session was found dead.
    pub(crate) fn forget(&self, identity: &IdentityName) {
        self.looks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(identity);
    }
}
