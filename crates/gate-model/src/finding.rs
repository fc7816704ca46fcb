//! A proven defect.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CaseId, CheckId, Evidence, FoundSecret, Location, OperationId};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; never fails a build by itself.
    Note,
    /// Little harm by itself.
    Low,
    /// Harm under conditions.
    Medium,
    /// Direct harm.
    High,
    /// Direct harm to everybody.
    Critical,
}

/// What it does to a launch; reports rank by it, first is worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Somebody sees or changes what is not his.
    DataExposure,
    /// Users cannot log in, or others can log in as them.
    LoginFailure,
    /// Mail does not arrive or can be forged.
    EmailFailure,
    /// The service is slow or away.
    Downtime,
}

/// Identifies a finding between runs: never contains host, port, time or body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Hashes the parts that stay the same between runs.
    pub fn of(parts: &[&str]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(
            hash.finalize()
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// One that was made elsewhere: 32 hexadecimal digits. Anything else is hashed.
    pub fn from_digits(text: &str) -> Self {
        let is_digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_digits {
            Self(text.to_ascii_lowercase())
        } else {
            Self::of(&[text])
        }
    }

    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A defect with its proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The check that found it.
    pub check: CheckId,
    /// The case that it belongs to.
    pub case: CaseId,
    /// One sentence: who could do what to whose object.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What it does to a launch.
    pub impact: Impact,
    /// The operation, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<OperationId>,
    /// Who did it: an identity or `anonymous`.
    pub actor: String,
    /// Whose object it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// What was expected and what was seen, in a few sentences.
    pub detail: String,
    /// The exchanges that prove it.
    pub evidence: Vec<Evidence>,
    /// What to do about it.
    pub remediation: String,
    /// CWE, OWASP and ASVS ids, RFC sections.
    pub references: Vec<String>,
    /// The secret that was found, where it is about one; it is the evidence then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<FoundSecret>,
    /// Where the expectation stands, or the secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
    /// Findings with the same root cause are one group in every report.
    pub root_cause: String,
    /// Identifies it between runs.
    pub fingerprint: Fingerprint,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DataExposure => "data exposure",
            Self::LoginFailure => "login failure",
            Self::EmailFailure => "e-mail failure",
            Self::Downtime => "downtime",
        })
    }
}
