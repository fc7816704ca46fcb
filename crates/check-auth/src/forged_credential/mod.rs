//! `auth/forged-credential`: is a credential refused that nobody issued?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "empty-credential",
    "null-credential",
    "garbage-credential",
    "opaque-flipped-first",
    "opaque-flipped-middle",
    "opaque-flipped-last",
    "opaque-truncated",
    "opaque-extended",
    "opaque-other-case",
    "opaque-joined",
    "opaque-wildcard",
    "basic-wrong-password",
    "basic-part-of-password",
    "basic-other-case",
    "basic-empty-password",
    "signature-flipped-first",
    "signature-flipped-middle",
    "signature-flipped-last",
    "signature-truncated",
    "signature-spare-bits",
    "signature-padded",
    "payload-changed",
    "signed-by-stranger",
    "empty-signature",
    "two-segments",
    "alg-none",
    "alg-none-mixed-case",
    "alg-none-two-segments",
    "alg-none-old-signature",
    "alg-missing",
    "alg-unknown",
    "psychic-signature",
    "signature-der",
    "signature-mirrored",
    "wrong-curve",
    "json-serialization",
    "json-no-signatures",
    "json-polyglot",
];

/// The rows that are tried on every operation.
const CORE: &[&str] = &[
    "empty-credential",
    "garbage-credential",
    "opaque-flipped-first",
    "basic-wrong-password",
    "payload-changed",
    "alg-none",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Every(CORE), ROWS, inputs)
}
