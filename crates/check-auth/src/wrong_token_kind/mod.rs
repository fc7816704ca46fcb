//! `auth/wrong-token-kind`: is a refresh or ID token refused where an access token belongs?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "refresh-token-as-access",
    "id-token-as-access",
    "typ-id-token",
    "typ-foreign",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
