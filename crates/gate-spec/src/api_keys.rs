//! API keys: how they are made, revoked and sent, and what a limited one may do.

use gate_model::{IdentityName, Location, OperationId, Secret};

use crate::{CredentialSlot, Extract, OperationPattern, RequestTemplate};

/// How the target's API keys are managed.
#[derive(Clone, Debug)]
pub struct ApiKeys {
    /// Who makes and revokes keys; whoever owns what is tried where the plan does not say.
    pub by: Option<IdentityName>,
    /// Makes a key. `{{scope}}` is its scope, `{{unique}}` a name that no other key has.
    pub create: Option<RequestTemplate>,
    /// Its operation, where the document knows it.
    pub create_operation: Option<OperationId>,
    /// Where the key is in the answer.
    pub key: Extract,
    /// Where its id is in the answer.
    pub id: Extract,
    /// Revokes a key: `{{id}}` is its id, `{{key}}` the key itself.
    pub revoke: Option<RequestTemplate>,
    /// Its operation, where the document knows it.
    pub revoke_operation: Option<OperationId>,
    /// How a key is sent, with `{{key}}`.
    pub send: Vec<CredentialSlot>,
    /// The scope of a key that may do what its maker may, where keys have scopes.
    pub scope: Option<String>,
    /// What a limited key is and may do.
    pub limited: Option<LimitedKey>,
    /// A key that was revoked long ago.
    pub revoked: Option<Secret<String>>,
    /// Where the section stands.
    pub source: Option<Location>,
}

/// A key with less than all rights.
#[derive(Clone, Debug)]
pub struct LimitedKey {
    /// Its scope.
    pub scope: String,
    /// The operations that it may call; every other one has to be refused.
    pub to: Vec<OperationPattern>,
}

impl LimitedKey {
    /// Whether such a key may call an operation.
    pub fn may(&self, operation: &OperationId) -> bool {
        self.to.iter().any(|pattern| pattern.matches(operation))
    }
}
