//! The list of check crates: a new family is one line here.

use std::sync::Arc;

use check_latency::SampleBoard;
use gate_check::Check;

/// Every check, in the order of reports and documentation.
pub fn all(board: &Arc<SampleBoard>) -> Vec<Box<dyn Check>> {
    [
        check_auth::checks(),
        check_access::checks(),
        check_leak::checks(),
        check_latency::checks(board),
    ]
    .into_iter()
    .flatten()
    .collect()
}
