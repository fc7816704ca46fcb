//! What was looked at for secrets: how much of it, what was let pass and why, and what nobody could look into.

use serde::{Deserialize, Serialize};

use crate::{CaseId, Fingerprint, FoundSecret, Location};

/// One source that was scanned: a tree, the commits of a pull request, a history, a log, an artefact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceReport {
    /// The case that it is about.
    pub case: CaseId,
    /// The source in words: `the working tree`.
    pub what: String,
    /// Files that were read.
    pub files: u64,
    /// Commits that were looked at.
    pub commits: u64,
    /// Blobs that were read, each once.
    pub blobs: u64,
    /// Bytes in files and blobs.
    pub bytes: u64,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// Findings that fail nothing, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub remarks: Vec<SourceRemark>,
    /// What was not scanned, the first of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub not_scanned: Vec<NotScanned>,
    /// How many findings, remarks and things not scanned are left out of this report, because there are too many to list.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub left_out: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A finding that fails nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceRemark {
    /// Why it fails nothing.
    pub kind: RemarkKind,
    /// What was found.
    pub secret: FoundSecret,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
    /// More about why: the reason of an entry, the words of a comment.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
    /// Identifies it between runs.
    pub fingerprint: Fingerprint,
}

/// Why a finding fails nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RemarkKind {
    /// Public by design, expired, for tests, or not certain.
    Note,
    /// An entry of the base accepts it.
    Accepted,
    /// A comment on its line allows it.
    Commented,
    /// The base of the pull request had it already.
    InBase,
}

/// Something that was not scanned, or not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotScanned {
    /// Where.
    pub path: String,
    /// Why: `encrypted`.
    pub why: String,
}
