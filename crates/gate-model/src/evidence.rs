//! One exchange as a report shows it: bounded, redacted, and with the curl line that repeats it.

use serde::{Deserialize, Serialize};

/// What was sent and what came back, fit for print. Secrets are already replaced when this is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// What the exchange was for: `control before`, `probe`, `read back`.
    pub label: String,
    /// Who sent it: an identity's name or `anonymous`.
    pub actor: String,
    /// The method.
    pub method: String,
    /// The URL, credentials redacted.
    pub url: String,
    /// The status; 0 where no response came.
    pub status: u16,
    /// Time to the last byte, in milliseconds.
    pub duration_ms: u64,
    /// Response headers that matter, as `name: value`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub headers: Vec<String>,
    /// The beginning of the response body, or the part around the proof.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub body: String,
    /// The part of the response that proves the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<String>,
    /// A shell line that repeats the request, with the secrets as shell variables.
    pub curl: String,
}
