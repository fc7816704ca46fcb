//! `auth/key-id-injection`: is a token refused whose key id is an attack?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "kid-dev-null",
    "kid-path-traversal",
    "kid-sql-union",
    "kid-quote",
    "kid-object",
    "kid-blank",
    "kid-missing",
    "kid-unknown",
    "kid-very-long",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
