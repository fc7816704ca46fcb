//! The only door from a run to its reports.

use std::sync::Arc;

use crate::{CaseResult, IdentityReport, Leftover, Notice, RunReport};

/// What happens in a run, in order. Reports consume these; they never look into the engine.
#[derive(Clone, Debug)]
pub enum RunEvent {
    /// The run begins.
    Started {
        /// The target's base URL, without credentials.
        target: String,
        /// Cases that will be decided.
        cases: usize,
        /// Requests that they are estimated to cost.
        requests: u64,
    },
    /// A remark.
    Notice(Notice),
    /// A session was proven or not.
    Identity(IdentityReport),
    /// A case has its outcome.
    Decided(Arc<CaseResult>),
    /// Something stayed behind.
    Leftover(Leftover),
    /// The run is over; holds everything, so that a report can be made from this alone.
    Finished(Arc<RunReport>),
}

/// Takes events. Implemented by reports, and by whatever multiplies events to several reports.
pub trait EventSink: Send + Sync {
    /// Takes one event. Must not block for long: the run waits.
    fn take(&self, event: &RunEvent);
}
