//! Who sends a request, and what he presents.

use std::fmt;

use gate_model::{IdentityName, Secret};

/// The sender of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The identity; `None` is anonymous.
    pub identity: Option<IdentityName>,
    /// What is presented as credentials.
    pub presented: Presented,
}

/// Credentials on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Presented {
    /// None at all: no header, no cookie, no connection that carried one.
    Nothing,
    /// The live session of the identity, renewed where it expired.
    Session,
    /// A session of the identity that nobody else uses, by number.
    Private(u64),
    /// Exactly these headers, for altered tokens.
    Headers(Vec<(String, Secret<String>)>),
}

impl Actor {
    /// Nobody.
    pub fn anonymous() -> Self {
        Self {
            identity: None,
            presented: Presented::Nothing,
        }
    }

    /// An identity with its live session.
    pub fn identity(name: &IdentityName) -> Self {
        Self {
            identity: Some(name.clone()),
            presented: Presented::Session,
        }
    }

    /// Whether it is nobody.
    pub fn is_anonymous(&self) -> bool {
        self.identity.is_none()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.identity {
            Some(name) => f.write_str(name.as_str()),
            None => f.write_str("anonymous"),
        }
    }
}
