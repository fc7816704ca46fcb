//! An object on the target.

use std::sync::Arc;

use gate_exchange::ObjectKey;
use gate_model::{IdentityName, ResourceName};
use serde_json::Value;

use crate::Canary;

/// How the run came by an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It created it, with canaries where the request had room for them.
    Created,
    /// It found it in its owner's list; nothing of ours is in it.
    Found,
}

/// An object that belongs to an identity.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name in the run.
    pub key: ObjectKey,
    /// Its kind.
    pub resource: ResourceName,
    /// Whose it is.
    pub owner: IdentityName,
    /// Its id on the target.
    pub id: Value,
    /// Further keys of a composite id.
    pub keys: Vec<(String, Value)>,
    /// The objects that it lives under, nearest first.
    pub ancestors: Vec<Arc<Object>>,
    /// What was planted in it.
    pub canaries: Vec<Canary>,
    /// How the run came by it.
    pub origin: Origin,
}

impl Object {
    /// The id as it stands in a path.
    pub fn id_text(&self) -> String {
        match &self.id {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// This object or its ancestor of a kind.
    pub fn of_kind<'a>(self: &'a Arc<Self>, resource: &ResourceName) -> Option<&'a Arc<Object>> {
        if self.resource == *resource {
            return Some(self);
        }
        self.ancestors.iter().find(|ancestor| ancestor.resource == *resource)
    }

    /// A key of a composite id.
    pub fn key_value(&self, name: &str) -> Option<&Value> {
        self.keys.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}
