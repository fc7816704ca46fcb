//! The words of an answer that has no fields to go by: a text, a page, or JSON that is too deep to be read.
//!
//! What changes by itself (a nonce, a clock) is told by looking twice: only words of both looks count.

use std::collections::BTreeSet;

use crate::Exchange;

/// Bytes of an answer that are looked at.
const MAX_BYTES: usize = 256 * 1024;

/// What an answer says, whatever its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// The words of one answer.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let bytes = &exchange.body[..exchange.body.len().min(MAX_BYTES)];
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        Self(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// The words that stand in both looks.
    pub(super) fn steady(first: &Exchange, second: &Exchange) -> Self {
        let (first, second) = (Self::of(first), Self::of(second));
        Self(first.0.intersection(&second.0).cloned().collect())
    }

    /// Whether an answer to somebody else says all of this too.
    pub(super) fn all_in(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}
