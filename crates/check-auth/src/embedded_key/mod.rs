//! `auth/embedded-key`: is a token refused that brings or names its own key?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "jwk-embedded",
    "x5c-self-signed",
    "jku-listener",
    "x5u-listener",
    "kid-listener",
    "iss-listener",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
