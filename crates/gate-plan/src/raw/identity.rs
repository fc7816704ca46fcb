//! The `identities` section.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{OneOrMany, RequestOrText, Send, Text, Whoami};

/// A named test user: who it is, and exactly one way to its credentials.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Its tenant; an identity without one is a tenant of its own.
    pub(crate) tenant: Option<Text>,
    /// The id under which the target knows the tenant. Default: the tenant's name.
    pub(crate) tenant_id: Option<Text>,
    /// Its roles.
    pub(crate) roles: Option<OneOrMany<String>>,
    /// Its role, where it has one.
    pub(crate) role: Option<String>,
    /// The login recipe, by name. Default: the only one there is, or the one found in the OpenAPI document.
    pub(crate) login: Option<String>,
    /// Values for the recipe's placeholders: `email`, `password`, …
    #[serde(rename = "as")]
    #[schemars(extend("x-secrecy" = "fields"))]
    pub(crate) fields: IndexMap<String, Text>,
    /// A token that needs no login; sent as Bearer.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) token: Option<Text>,
    /// An API key.
    pub(crate) api_key: Option<ApiKey>,
    /// User name and password sent with each request (RFC 7617).
    pub(crate) basic: Option<Basic>,
    /// Cookies that need no login: `name=value; name=value`.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) cookie: Option<String>,
    /// How the credentials are sent, where the default does not fit.
    pub(crate) send: Option<Send>,
    /// A request that creates the user before its login.
    pub(crate) signup: Option<RequestOrText>,
    /// The request that proves who the session is; overrides the recipe's.
    pub(crate) whoami: Option<Whoami>,
    /// An operation that serves it, which shows that a refusal of it means something: `GET /projects`. Default: whatever it
    /// is granted. `nothing` for somebody who may rightly do nothing.
    pub(crate) served: Option<String>,
    /// Whether checks may lock it, log it out or give it a new password.
    pub(crate) throw_away: bool,
}

/// An API key: its value, and exactly one of `header`, `query` and `cookie`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ApiKey {
    /// The header that it goes into.
    pub(crate) header: Option<String>,
    /// The query parameter that it goes into.
    pub(crate) query: Option<String>,
    /// The cookie that it goes into.
    pub(crate) cookie: Option<String>,
    /// The key.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) value: Text,
}

/// User name and password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Basic {
    /// User name.
    #[schemars(extend("x-secrecy" = "environment"))]
    pub(crate) username: Text,
    /// Password.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) password: Text,
}
