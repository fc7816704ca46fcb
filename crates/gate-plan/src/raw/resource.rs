//! The `resources` section.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Extractor, OneOrMany, RequestOrText};

/// A kind of object: how it is made, found, read, listed and removed. What is left out is taken from the OpenAPI document.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Resource {
    /// Makes one; `{{canary}}` is where the owner's private mark goes.
    pub(crate) create: Option<RequestOrText>,
    /// Where the id is in the answer to `create`; `header Location` is its last path segment, `{{unique}}` a name that
    /// the client chose.
    pub(crate) id: Option<OneOrMany<Extractor>>,
    /// Further keys that paths need, by name.
    pub(crate) keys: IndexMap<String, Extractor>,
    /// Reads one.
    pub(crate) read: Option<RequestOrText>,
    /// Lists that it appears in.
    pub(crate) list: Option<OneOrMany<RequestOrText>>,
    /// Further operations that show it to its owner, and so to nobody else: lists, searches, exports.
    pub(crate) also_seen_by: Option<OneOrMany<RequestOrText>>,
    /// Changes one.
    pub(crate) update: Option<RequestOrText>,
    /// Removes one.
    pub(crate) delete: Option<RequestOrText>,
    /// The kind of object that it lives under.
    pub(crate) parent: Option<String>,
    /// The identity that makes it.
    pub(crate) owner: Option<String>,
    /// Who may see it beside its owner.
    pub(crate) visibility: Option<Visibility>,
    /// `true`: every identity may see it, of whatever tenant.
    pub(crate) shared: Option<bool>,
    /// `list`: never make one, find one in the owner's list.
    pub(crate) from: Option<From>,
}

/// Who may see an object beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Visibility {
    /// Identities of the owner's tenant.
    Tenant,
    /// Every identity, but nobody anonymous.
    Authenticated,
    /// Everybody.
    Public,
}

/// Where an object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum From {
    /// From the owner's list.
    List,
}
