//! What a document says about the members of an operation's bodies and parameters, beyond the request that is sent.

use gate_model::ResourceName;
use serde_json::Value;

use crate::TenantSelector;

/// The members that an operation takes and answers, as far as the document says.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// Fields of the request body that hold the id of an object of a known kind, those that the request leaves out too.
    pub references: Vec<Reference>,
    /// The members that a caller may send, in lower case without what separates their words; `None` where the document does
    /// not say.
    pub takes: Option<Vec<String>>,
    /// The members of the object in the success answer.
    pub answers: Vec<Answered>,
    /// Header and query parameters that name a tenant by what they are called, those that the request leaves out too.
    pub selectors: Vec<TenantSelector>,
}

/// A field of a request body that names another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands: a JSON pointer (RFC 6901) into the body.
    pub pointer: String,
    /// The kind of object that it names one of.
    pub kind: ResourceName,
}

/// A member of a success answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Its name as it is written.
    pub name: String,
    /// The values that it may have, where the document lists them.
    pub choices: Vec<Value>,
    /// The kind of object that it names one of.
    pub kind: Option<ResourceName>,
}
