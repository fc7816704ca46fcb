//! `auth/key-confusion`: is a token refused that is signed by HMAC with the public key?

use std::sync::Arc;

use crate::inputs::Inputs;
use crate::row_check::{Breadth, RowCheck};

/// Its rows of the corpus.
pub(crate) const ROWS: &[&str] = &[
    "hs-confusion-spki-pem",
    "hs-confusion-spki-pem-no-newline",
    "hs-confusion-spki-pem-crlf",
    "hs-confusion-pkcs1-pem",
    "hs-confusion-pkcs1-pem-no-newline",
    "hs-confusion-der",
    "hs-confusion-jwk",
    "hs-confusion-certificate",
    "hs-confusion-as-given",
];

/// The check.
pub(crate) fn check(inputs: &Arc<Inputs>) -> RowCheck {
    RowCheck::new(include_str!("check.md"), Breadth::Sample, ROWS, inputs)
}
