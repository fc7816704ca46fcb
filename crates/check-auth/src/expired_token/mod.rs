//! `auth/expired-token`: is a token refused whose time has passed?

use std::sync::Arc;

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

/// The rows that are tried on every operation.
const CORE: &[&str] = &["expired-token", "exp-past"];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(
        include_str!("check.md"),
        Breadth::EveryIf(CORE, |spec| {
            spec.settings.tokens.expired.is_some() || spec.settings.tokens.signing_key.is_some()
        }),
        ROWS,
        inputs,
    )
}
