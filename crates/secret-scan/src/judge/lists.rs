//! Lists of words, written as one text and looked up by hash.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Words that are separated by blanks.
pub(super) struct WordList {
    text: &'static str,
    words: OnceLock<HashSet<&'static str>>,
}

impl WordList {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            words: OnceLock::new(),
        }
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        let words = self.words.get_or_init(|| self.iter().collect());
        words.contains(word)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.text.split_ascii_whitespace()
    }
}
