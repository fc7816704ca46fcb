//! `auth/foreign-token`: is a token refused that was issued for or by somebody else?

use std::sync::Arc;

use gate_spec::Spec;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "other-environment-token",
    "aud-wrong",
    "aud-missing",
    "aud-array",
    "aud-similar",
    "iss-wrong",
    "iss-missing",
    "iss-prefix-trick",
    "iss-array",
];

/// The rows that are tried on every operation.
fn core(spec: &Spec) -> &'static [&'static str] {
    if spec.settings.tokens.other_environment.is_some() {
        &["other-environment-token"]
    } else {
        &[]
    }
}

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::EveryOf(core), ROWS, inputs)
}
