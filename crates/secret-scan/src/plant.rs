//! Texts that a caller plants, so that a scan which finds nothing can be told from one that cannot find anything.
//!
//! A plant goes the way of everything else of its source: the same reader, the same rules, the same decoders and allow-lists.
//! It is in no count and among no findings; a [`Scan`](crate::Scan) only says how many were found.

use crate::finding::{Finding, Level};

/// A text with a secret in it that has to be found.
#[derive(Clone)]
pub struct Plant {
    /// The path that it pretends to have.
    pub path: String,
    /// The bytes of the file or blob.
    pub bytes: Vec<u8>,
    /// The secret that a rule has to find in it.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for Plant {
    /// Without the secret: it is worth nothing, but nobody who sees it in a log can know that.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Plant({}, {} bytes)", self.path, self.bytes.len())
    }
}

impl Plant {
    /// Whether these findings, which are those of its file, hold it as one that fails a build.
    pub(crate) fn is_among(&self, findings: &[Finding]) -> bool {
        findings
            .iter()
            .any(|found| found.level == Level::Fail && found.secret.expose() == self.secret)
    }
}
