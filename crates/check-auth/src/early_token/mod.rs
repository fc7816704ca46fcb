//! `auth/early-token`: is a token refused whose time has not come?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &["nbf-future", "iat-future"];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
