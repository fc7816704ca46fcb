//! Kinds of objects with an owner.

use gate_model::{Location, OperationId, ResourceName};

use crate::{Extract, RequestTemplate};

/// A kind of object: how it is made, found, read, listed and removed.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the plan.
    pub name: ResourceName,
    /// The kind of object that it lives under, where its paths name one.
    pub parent: Option<ResourceName>,
    /// Makes one; `{{canary}}` is where the owner's private mark goes, `{parent}` the parent's id.
    pub create: Option<Call>,
    /// Where the id is in the answer to `create`. First that yields a value wins.
    pub id: Vec<Extract>,
    /// Further keys of the answer to `create` that paths need (composite ids), by name.
    pub keys: Vec<(String, Extract)>,
    /// Reads one: the way to see its state.
    pub read: Option<Call>,
    /// Lists that the object must appear in for its owner; also the way to find one where none can be created.
    pub lists: Vec<Call>,
    /// Removes one.
    pub delete: Option<Call>,
    /// Who may see it beside its owner.
    pub visibility: Visibility,
    /// Who makes the object that others then try to reach; the first identity that can where the plan does not say.
    pub owner: Option<gate_model::IdentityName>,
    /// Where it stands.
    pub source: Option<Location>,
}

impl Resource {
    /// The list to find one in: the first that does not search for a mark.
    pub fn list(&self) -> Option<&Call> {
        self.lists.iter().find(|call| !call.searches()).or(self.lists.first())
    }
}

/// A request on behalf of a resource: an operation of the document, or one that the plan spells out.
#[derive(Clone, Debug)]
pub struct Call {
    /// The operation that it is, where it is a known one.
    pub operation: Option<OperationId>,
    /// The request. `{id}` is the object, `{parent name}` its ancestors, both also under the operation's parameter names.
    pub request: RequestTemplate,
    /// The operation's path parameters and the kind of object that each means.
    pub params: Vec<(String, crate::ParamSource)>,
}

impl Call {
    /// Whether the request looks for a mark, so that it shows nothing else.
    pub fn searches(&self) -> bool {
        self.request.holes().iter().any(|hole| hole.starts_with("canary"))
    }
}

/// Who may see an object beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Only identities of the owner's tenant.
    #[default]
    Tenant,
    /// Every identity, of whatever tenant, but nobody anonymous.
    Authenticated,
    /// Everybody.
    Public,
}
