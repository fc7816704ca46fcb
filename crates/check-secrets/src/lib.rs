//! Checks: does the repository, or what is beside it, hold a secret?
//!
//! A case is a source: the working tree, what is staged, the commits of a pull request, the history, a log, an artefact, the
//! environment files. What is found in it hangs under it. Every case has a control: secrets that were made for this run are
//! planted on the same way, and where they are not found nothing that was not found means anything. No target is needed.

mod alone;
mod artifact;
mod desk;
mod environment;
mod findings;
mod history;
mod known_values;
mod log;
mod mask;
mod plant;
mod pull_request;
mod rulebook;
mod source;
mod source_check;
mod staged;
mod verdict;
mod working_tree;

use std::sync::Arc;

use gate_check::Check;

pub use alone::{alone, of_plan, pages};
pub use desk::{Desk, Place, Range};
pub use rulebook::{CONFIGURATION, Rulebook, RulebookError, SUPPRESSIONS};
pub use source::{Kind, Source};

/// The checks of this family. What was looked at is put on the desk, for the reports.
pub fn checks(desk: &Arc<Desk>) -> Vec<Box<dyn Check>> {
    source_check::all(desk)
        .into_iter()
        .map(|check| Box::new(check) as Box<dyn Check>)
        .collect()
}
