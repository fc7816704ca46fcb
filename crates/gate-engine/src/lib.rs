//! Lanes, budgets, cancellation and events of a run. Knows no check: it gets groups of cases and runs their futures.

mod again;
mod cancel;
mod plan;
mod run;

pub use cancel::Cancel;
pub use plan::{Planned, Selection, plan};
pub use run::{Bounds, run};
