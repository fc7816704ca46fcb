//! Kinds of bad credentials, and on how many operations each was tried.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of bad credential that an operation which needs a login has to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CredentialClass {
    /// None at all.
    Missing,
    /// A header without anything in it.
    Empty,
    /// A good one under the name of another scheme, or without one.
    WrongScheme,
    /// One that nobody issued.
    Garbage,
    /// A good one of another environment.
    OtherEnvironment,
    /// A good one in the query.
    InQuery,
    /// One whose time has passed.
    Expired,
    /// A good one that was changed.
    Tampered,
    /// A token that says of itself that it is not signed.
    AlgNone,
}

impl CredentialClass {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Missing,
        Self::Empty,
        Self::WrongScheme,
        Self::Garbage,
        Self::OtherEnvironment,
        Self::InQuery,
        Self::Expired,
        Self::Tampered,
        Self::AlgNone,
    ];
}

impl fmt::Display for CredentialClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::WrongScheme => "wrong scheme",
            Self::Garbage => "garbage",
            Self::OtherEnvironment => "another environment's",
            Self::InQuery => "in the query",
            Self::Expired => "expired",
            Self::Tampered => "tampered",
            Self::AlgNone => "alg none",
        })
    }
}

/// On how many operations a kind of credential was tried, by what was sent and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CredentialCoverage {
    /// The kind.
    pub class: CredentialClass,
    /// Operations on which it was sent, and whose case was decided.
    pub tested: usize,
    /// Operations on which it was sent, and whose case stayed open.
    pub undecided: usize,
    /// Operations that ask for credentials.
    pub of: usize,
    /// Why it was tried on none, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}
