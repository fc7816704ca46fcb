//! The `target` section.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Count, RequestOrText, Text};

/// The API under test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Target {
    /// Base address, such as `http://127.0.0.1:8080/api`; without user info, query and fragment.
    #[schemars(extend("x-secrecy" = "public"))]
    pub(crate) url: String,
    /// The OpenAPI document: a file, an address, or a path on the target that begins with `/`.
    #[schemars(extend("x-secrecy" = "public"))]
    pub(crate) openapi: Option<OpenApi>,
    /// Headers sent with every request. Values from the environment are secret.
    #[schemars(extend("x-secrecy" = "environment"))]
    pub(crate) headers: Option<IndexMap<String, Text>>,
    /// Where a request names its tenant, if it does.
    pub(crate) tenant_in: Option<TenantIn>,
    /// How to start the target, if the gate shall.
    pub(crate) start: Option<Start>,
    /// Hosts beside loopback and the target's own that may be spoken to.
    #[serde(default)]
    #[schemars(extend("x-secrecy" = "public"))]
    pub(crate) allow_hosts: Vec<String>,
    /// Hosts for logins and key look-ups only, never for probes.
    #[serde(default)]
    #[schemars(extend("x-secrecy" = "public"))]
    pub(crate) login_hosts: Vec<String>,
    /// Whether unsafe methods may be sent to a target that is not on loopback.
    #[serde(default)]
    pub(crate) writes: bool,
    /// `auto`, or requests a second at most, such as `10/s`.
    pub(crate) pace: Option<Count>,
}

/// Where the OpenAPI document is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum OpenApi {
    /// A file, an address, or a path on the target.
    Text(String),
    /// The same, said in full.
    Map(OpenApiSource),
}

/// Where the OpenAPI document is, said in full: exactly one of `file`, `url` and `path`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct OpenApiSource {
    /// A file.
    pub(crate) file: Option<String>,
    /// An address.
    pub(crate) url: Option<String>,
    /// A path on the target.
    pub(crate) path: Option<String>,
    /// The identity that may fetch it.
    #[serde(rename = "as")]
    pub(crate) identity: Option<String>,
}

/// Where a request names its tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum TenantIn {
    /// A label before the target's host.
    Word(TenantWord),
    /// A part of the request.
    Map(TenantPlace),
}

/// A label before the target's host.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TenantWord {
    /// `acme.api.test`.
    Subdomain,
}

/// The part of a request that names the tenant: exactly one of these.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct TenantPlace {
    /// A header of this name.
    pub(crate) header: Option<String>,
    /// A path parameter of this name.
    pub(crate) path: Option<String>,
    /// A query parameter of this name.
    pub(crate) query: Option<String>,
}

/// How to start the target.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Start {
    /// The command, run by a shell. Its output is kept and watched.
    pub(crate) run: String,
    /// The request that is answered 2xx once the target is ready.
    pub(crate) ready: RequestOrText,
    /// How long to wait for that, such as `60s`.
    pub(crate) within: Option<String>,
}
