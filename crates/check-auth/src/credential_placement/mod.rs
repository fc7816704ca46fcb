//! `auth/credential-placement`: is a good credential accepted only where it belongs?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "wrong-scheme",
    "no-scheme",
    "token-in-query",
    "two-credentials",
    "key-in-query",
    "key-elsewhere",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
