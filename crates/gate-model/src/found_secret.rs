//! What is known of a secret that was found, without the secret.

use serde::{Deserialize, Serialize};

/// A secret at its place, as a report may show it: what kind, how long, how it was hidden, who brought it. Never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FoundSecret {
    /// The rule: `github/personal-access-token`.
    pub rule: String,
    /// What it is, in words.
    pub title: String,
    /// Its length and at most its first three characters.
    pub sketch: String,
    /// How sure: `low`, `medium` or `high`.
    pub confidence: String,
    /// Why: `its structure proves it`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub reasons: Vec<String>,
    /// The parts of archives and bundles on the way to it, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub parts: Vec<String>,
    /// The encodings that were undone on the way to it, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decoders: Vec<String>,
    /// The commit that brought it, where commits were looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<FoundCommit>,
}

/// A commit that brought a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FoundCommit {
    /// Its id in hexadecimal digits.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// Seconds since 1970.
    pub time: i64,
}
