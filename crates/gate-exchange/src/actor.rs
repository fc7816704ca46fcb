//! Who sends a request, and what he presents.

use std::fmt;
use std::sync::Arc;

use gate_model::IdentityName;

use crate::Altered;

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
    /// Credentials that must be refused, made out of live ones. Whoever presents them is nobody.
    Altered(Arc<Altered>),
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

    /// Whoever presents these altered credentials: nobody, if the target is sound.
    pub fn altered(altered: Altered) -> Self {
        Self {
            identity: None,
            presented: Presented::Altered(Arc::new(altered)),
        }
    }

    /// Whether it is nobody.
    pub fn is_anonymous(&self) -> bool {
        self.identity.is_none()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.identity, &self.presented) {
            (_, Presented::Altered(altered)) => f.write_str(&altered.what),
            (Some(name), _) => f.write_str(name.as_str()),
            (None, _) => f.write_str("anonymous"),
        }
    }
}
