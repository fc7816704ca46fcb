//! The baseline of a repository, `launchgate.baseline.yml`: the access matrix as it was observed, and what is accepted for a
//! while with a reason, an owner and a last day. And what a run is beside it: new, known or fixed.
//!
//! And what earlier runs came to, kept as lines: one run can be compared with another that is long gone, and a report can say how
//! old the last run over everything is.
//!
//! Pure: texts and run reports in, texts and labels out. No files, no git, no clock. A baseline re-labels outcomes and never
//! changes one.

mod accept;
mod case_key;
mod compare;
mod file;
mod history;
mod observe;
mod prune;
mod read;
mod show;
mod weigh;
mod words;
mod write;

pub use accept::{AcceptError, Accepting, Terms, accept};
pub use compare::{Comparison, compare};
pub use file::{Accepted, Baseline, CellLine, Gap, What};
pub use history::{
    HISTORY_VERSION, History, HistoryError, KeptAccess, KeptFailure, KeptGap, KeptOperations, KeptP95, KeptRun,
    MAX_DAYS, MAX_HISTORY_BYTES, MAX_RUNS, Partial, full_scan, moment,
};
pub use observe::{Granted, observe};
pub use prune::{Pruned, prune};
pub use read::{MAX_BYTES, read};
pub use show::show;
pub use weigh::{Base, Scales, weigh};
pub use words::{date, day};
