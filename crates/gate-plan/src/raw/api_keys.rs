//! The `api_keys` section.

use schemars::JsonSchema;
use serde::Deserialize;

use super::request::{RequestMap, RequestOrText};
use super::{OneOrMany, Send, Text};

/// How API keys are made, revoked and sent, so that revoked ones and those with few rights can be tried. Identities whose
/// credential is a key do not need it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ApiKeys {
    /// Who makes and revokes keys. Default: the identity that owns what is tried.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
    /// Makes a key: `{{scope}}` is its scope, `{{unique}}` a name of its own.
    pub(crate) create: Option<RequestMap>,
    /// JSONPath of the key in the answer. Default: `$.key`.
    pub(crate) key: Option<String>,
    /// JSONPath of its id in the answer. Default: `$.id`.
    pub(crate) id: Option<String>,
    /// Revokes a key: `{{id}}` is its id, `{{key}}` the key itself.
    pub(crate) revoke: Option<RequestOrText>,
    /// How a key is sent, with `{{key}}`: `{ header: { X-Api-Key: "{{key}}" } }`. Default: as a bearer token.
    pub(crate) send: Option<Send>,
    /// The scope of a key that may do what its maker may.
    pub(crate) scope: Option<Text>,
    /// A key that may do less.
    pub(crate) limited: Option<LimitedKey>,
    /// A key that was revoked long ago and must be refused.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) revoked: Option<Text>,
}

/// A key with less than all rights.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LimitedKey {
    /// Its scope.
    pub(crate) scope: Text,
    /// The operations that such a key may call, such as `GET /**`; every other one has to be refused.
    pub(crate) to: OneOrMany<String>,
}
