//! Fills placeholders: ids of objects, fields of identities, new canaries and unique values.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use gate_model::{IdentityName, ResourceName};
use gate_spec::{Lookup, ParamSource, Spec};
use serde_json::Value;

use crate::canary::unique;
use crate::{Canaries, Canary, Object, Shape};

/// What a request is filled with: the objects it addresses and what its parameters mean.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// The objects, by kind: the first of a kind wins. Ancestors of an object count as bound.
    pub objects: Vec<Arc<Object>>,
    /// What each path parameter means.
    pub params: Vec<(String, ParamSource)>,
    /// Fixed values, by placeholder name; they win over everything.
    pub fixed: Vec<(String, Value)>,
}

impl Bindings {
    /// Finds an object of a kind among the bound ones and their ancestors.
    pub fn object(&self, resource: &ResourceName) -> Option<&Arc<Object>> {
        self.objects.iter().find_map(|object| object.of_kind(resource))
    }
}

/// Fills placeholders on behalf of a caller. Canaries that it mints belong to the caller, so that a replay of an owner's
/// request by somebody else never carries the owner's marks.
pub struct CallerLookup<'a> {
    spec: &'a Spec,
    canaries: &'a Canaries,
    caller: Option<&'a IdentityName>,
    bindings: &'a Bindings,
    resource: Option<&'a ResourceName>,
    compact: bool,
    minted: RefCell<Vec<Canary>>,
    unique: OnceCell<String>,
}

/// Stands for nobody where a canary needs an owner.
const NOBODY: &str = "anonymous";

impl<'a> CallerLookup<'a> {
    /// A lookup for a caller; `None` is anonymous.
    pub fn new(
        spec: &'a Spec,
        canaries: &'a Canaries,
        caller: Option<&'a IdentityName>,
        bindings: &'a Bindings,
    ) -> Self {
        Self {
            spec,
            canaries,
            caller,
            bindings,
            resource: None,
            compact: false,
            minted: RefCell::default(),
            unique: OnceCell::new(),
        }
    }

    /// Names the kind of object that is being made.
    pub fn making(mut self, resource: &'a ResourceName) -> Self {
        self.resource = Some(resource);
        self
    }

    /// Uses the shorter canaries, for servers that refused the long ones.
    pub fn compact(mut self, compact: bool) -> Self {
        self.compact = compact;
        self
    }

    /// The canaries that were minted while filling.
    pub fn into_minted(self) -> Vec<Canary> {
        self.minted.into_inner()
    }

    /// The unique value of this filling.
    pub fn unique(&self) -> &str {
        self.unique.get_or_init(unique)
    }

    fn canary(&self, shape: Shape) -> Value {
        let shape = if self.compact && shape == Shape::Full {
            Shape::Word
        } else {
            shape
        };
        let nobody = || IdentityName::new(NOBODY);
        let owner = self.caller.cloned().unwrap_or_else(nobody);
        let canary = self.canaries.mint(&owner, self.resource, shape);
        self.canaries.sent_by(self.caller, &canary.secret);
        let text = canary.text.clone();
        self.minted.borrow_mut().push(canary);
        Value::String(text)
    }

    fn param(&self, source: &ParamSource) -> Option<Value> {
        match source {
            ParamSource::Id(resource) => self.bindings.object(resource).map(|object| object.id.clone()),
            ParamSource::Key(resource, key) => self.bindings.object(resource)?.key_value(key).cloned(),
            ParamSource::Tenant => {
                let owner = self
                    .bindings
                    .objects
                    .first()
                    .map(|object| &object.owner)
                    .or(self.caller)?;
                Some(Value::from(self.spec.identities.get(owner)?.tenant_value()))
            }
            ParamSource::Field(field) => {
                let owner = self
                    .bindings
                    .objects
                    .first()
                    .map(|object| &object.owner)
                    .or(self.caller)?;
                Some(Value::from(
                    self.spec.identities.get(owner)?.field(field)?.expose().as_str(),
                ))
            }
            ParamSource::Literal(value) => Some(value.clone()),
            ParamSource::Unknown { sample } => Some(sample.clone()),
        }
    }
}

impl Lookup for CallerLookup<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some((_, value)) = self.bindings.fixed.iter().find(|(fixed, _)| fixed == name) {
            return Some(value.clone());
        }
        match name {
            "canary" => return Some(self.canary(Shape::Full)),
            "canary.word" => return Some(self.canary(Shape::Word)),
            "canary.short" => return Some(self.canary(Shape::Short)),
            "canary.digits" => return Some(self.canary(Shape::Digits)),
            "canary.uuid" => return Some(self.canary(Shape::Uuid)),
            "unique" => return Some(Value::from(self.unique())),
            _ => {}
        }
        if let Some((_, source)) = self.bindings.params.iter().find(|(param, _)| param == name) {
            return self.param(source);
        }
        // `{project}` is the id of the bound project; `{{project.id}}` and `{{project.key}}` say so in full.
        if let Some(object) = self.bindings.object(&ResourceName::new(name)) {
            return Some(object.id.clone());
        }
        if let Some((resource, key)) = name.split_once('.')
            && let Some(object) = self.bindings.object(&ResourceName::new(resource))
        {
            return if key == "id" {
                Some(object.id.clone())
            } else {
                object.key_value(key).cloned()
            };
        }
        if name == "id"
            && let Some(object) = self.bindings.objects.first()
        {
            return Some(object.id.clone());
        }
        if name == "tenant" {
            // Nobody sends the first identity's, so that nothing but the credentials is missing.
            let caller = match self.caller {
                Some(caller) => self.spec.identities.get(caller),
                None => self.spec.identities.values().next(),
            };
            return Some(Value::from(caller?.tenant_value()));
        }
        let caller = self.spec.identities.get(self.caller?)?;
        caller.field(name).map(|value| Value::from(value.expose().as_str()))
    }
}
