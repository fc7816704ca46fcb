//! `auth/malformed-token`: is a token refused whose header or claims may not be understood?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "crit-unknown",
    "crit-malformed",
    "b64-false",
    "b64-false-not-critical",
    "duplicate-alg",
    "duplicate-claim",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
