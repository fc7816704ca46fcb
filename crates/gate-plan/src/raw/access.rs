//! The `access` section: role, scope, operations.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a role may do: a list (on objects of its tenant), or a list for each scope.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum RoleAccess {
    /// Operations on objects of the identity's tenant; for `public`, operations that anybody may call.
    List(Vec<AccessLine>),
    /// Operations by scope.
    Scopes(Scopes),
}

/// Operations by scope; the most specific line wins.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Scopes {
    /// On the identity's own objects.
    pub(crate) own: Vec<AccessLine>,
    /// On objects of its tenant.
    pub(crate) tenant: Vec<AccessLine>,
    /// On everybody's objects.
    pub(crate) any: Vec<AccessLine>,
}

/// `GET /projects/{id}`, `ANY /projects/**`, or the same with a reason.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum AccessLine {
    /// A pattern: method and path; `*` is one segment, `**` any number.
    Text(String),
    /// With a reason.
    Map(AccessReason),
}

/// A pattern with the reason for it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AccessReason {
    /// The pattern.
    pub(crate) op: String,
    /// The reason.
    pub(crate) reason: Option<String>,
}
