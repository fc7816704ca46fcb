//! `auth/expired-token`: is a token refused whose time has passed?

use std::sync::Arc;

use gate_spec::Spec;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "expired-token",
    "exp-past",
    "exp-ten-minutes-past",
    "exp-missing",
    "exp-null",
    "exp-zero",
    "exp-string",
    "exp-float",
    "exp-year-9999",
];

/// The row that is tried on every operation: a token that was issued and is old says more than one that we signed.
fn core(spec: &Spec) -> &'static [&'static str] {
    let tokens = &spec.settings.tokens;
    if tokens.expired.is_some() {
        &["expired-token"]
    } else if tokens.signing_key.is_some() {
        &["exp-past"]
    } else {
        &[]
    }
}

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::EveryOf(core), ROWS, inputs)
}
