//! Checks of latency: honest percentiles on a quiet target.

mod p95_budget;

use std::sync::Arc;

use gate_check::Check;

pub use p95_budget::{P95Budget, SampleBoard};

/// The checks of this family. What is sampled is put on the board, for the reports.
pub fn checks(board: &Arc<SampleBoard>) -> Vec<Box<dyn Check>> {
    vec![Box::new(P95Budget::new(Arc::clone(board)))]
}
