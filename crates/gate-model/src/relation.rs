//! How the caller of a request stands to the owner of the object.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The relation that a case is about. Case ids name relations instead of people, so that they outlive the plan's names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
#[serde(into = "String", from = "String")]
pub enum Relation {
    /// Nobody: no credentials at all.
    Anonymous,
    /// A live identity of another tenant.
    OtherTenant,
    /// Another identity of the owner's tenant, with this role.
    SameTenant(String),
    /// Somebody with this role on what is his own, or on what belongs to nobody.
    Role(String),
    /// The identity of the plan itself, as in the user's own cases.
    Identity(String),
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::OtherTenant => f.write_str("other-tenant"),
            Self::SameTenant(role) => write!(f, "same-tenant:{role}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Identity(name) => write!(f, "identity:{name}"),
        }
    }
}

impl From<Relation> for String {
    fn from(relation: Relation) -> Self {
        relation.to_string()
    }
}

impl From<String> for Relation {
    fn from(text: String) -> Self {
        match text.split_once(':') {
            Some(("same-tenant", role)) => Self::SameTenant(role.to_owned()),
            Some(("role", role)) => Self::Role(role.to_owned()),
            Some(("identity", name)) => Self::Identity(name.to_owned()),
            _ if text == "anonymous" => Self::Anonymous,
            _ if text == "other-tenant" => Self::OtherTenant,
            _ => Self::Identity(text),
        }
    }
}
