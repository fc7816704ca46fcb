//! The `logins` section, and the parts that identities share with it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::request::RequestMap;
use super::{Count, OneOrMany, Request, Text};

/// A login recipe: one of `request`, `steps` and `oauth`; none where `send` alone says it all, as with HTTP Basic.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Login {
    /// The one request of the login; `{{name}}` are the fields of the identity (`as`).
    pub(crate) request: Option<RequestMap>,
    /// Several requests in order.
    pub(crate) steps: Option<Vec<Step>>,
    /// OAuth 2.0 at a token endpoint.
    pub(crate) oauth: Option<OAuth>,
    /// Where the access token is in the answer to the (last) request.
    pub(crate) token: Option<Extractor>,
    /// Where the refresh token is.
    pub(crate) refresh_token: Option<Extractor>,
    /// Further values of the answer, by name.
    pub(crate) capture: IndexMap<String, Extractor>,
    /// Statuses that mean success: `302`, `2xx`, or a list. Default: 2xx or 3xx.
    pub(crate) expect: Option<OneOrMany<Count>>,
    /// What else the answer must show.
    pub(crate) must: Option<Must>,
    /// How the credentials are sent. Default: `bearer` where there is a token, else the cookies that the login set.
    pub(crate) send: Option<Send>,
    /// The request that proves who a session is.
    pub(crate) whoami: Option<Whoami>,
    /// Renews the credentials without a new login.
    pub(crate) refresh: Option<Step>,
}

/// One request of a login.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Step {
    #[serde(flatten)]
    pub(crate) flat: Request,
    /// The request, where it is not written beside the other keys.
    pub(crate) request: Option<RequestMap>,
    /// Values taken from the answer, by name; later requests use them as `{{name}}`.
    pub(crate) capture: IndexMap<String, Extractor>,
    /// Where the access token is.
    pub(crate) token: Option<Extractor>,
    /// Where the refresh token is.
    pub(crate) refresh_token: Option<Extractor>,
    /// Statuses that mean success.
    pub(crate) expect: Option<OneOrMany<Count>>,
    /// What else the answer must show.
    pub(crate) must: Option<Must>,
}

/// OAuth 2.0: exactly one grant.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct OAuth {
    /// Client credentials (RFC 6749 section 4.4); the identity has `client_id` and `client_secret`.
    pub(crate) client_credentials: Option<Grant>,
    /// Resource owner password credentials (RFC 6749 section 4.3); the identity has `username` and `password`.
    pub(crate) password: Option<Grant>,
}

/// A grant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Grant {
    /// The token endpoint: a path, or an address on a login host.
    #[schemars(extend("x-secrecy" = "public"))]
    pub(crate) token_url: String,
    /// The scope, where one is asked for.
    pub(crate) scope: Option<String>,
    /// The audience, where one is asked for.
    pub(crate) audience: Option<String>,
    /// Further form fields, such as `client_id`.
    #[serde(default)]
    #[schemars(extend("x-secrecy" = "environment"))]
    pub(crate) extra: IndexMap<String, Text>,
}

/// Where a value is in an answer: `$.path`, `header NAME`, `cookie NAME`, `regex …`, or a map.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Extractor {
    /// The short form.
    Text(String),
    /// Said in full.
    Map(ExtractorMap),
}

/// Where a value is in an answer: exactly one of these.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ExtractorMap {
    /// JSONPath (RFC 9535) into the body.
    pub(crate) json: Option<String>,
    /// A header.
    pub(crate) header: Option<String>,
    /// The last path segment of the address in a header, such as `Location`.
    pub(crate) last_segment: Option<String>,
    /// A cookie that the answer sets.
    pub(crate) cookie: Option<String>,
    /// The first group of a regular expression in the body.
    pub(crate) regex: Option<String>,
}

/// What an answer must show.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Must {
    /// JSONPath and the value that must be there.
    pub(crate) equals: IndexMap<String, Value>,
    /// Text that the body must hold.
    pub(crate) contains: Option<String>,
    /// Text that the body must not hold.
    pub(crate) lacks: Option<String>,
}

/// How credentials are sent: `bearer`, `cookies`, or a map.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Send {
    /// The short form.
    Word(SendWord),
    /// Said in full.
    Map(Box<SendMap>),
}

/// How credentials are sent, in one word.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SendWord {
    /// `Authorization: Bearer` with the token (RFC 6750).
    Bearer,
    /// The cookies that the login set.
    Cookies,
    /// `Authorization: Basic` with username and password (RFC 7617).
    Basic,
}

/// How credentials are sent; several may apply.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SendMap {
    /// `Authorization: Bearer` with this value, such as `{{token}}`.
    pub(crate) bearer: Option<String>,
    /// Headers with these values.
    pub(crate) header: IndexMap<String, String>,
    /// The same as `header`.
    pub(crate) headers: IndexMap<String, String>,
    /// Headers on unsafe methods only, such as a CSRF token.
    pub(crate) unsafe_headers: IndexMap<String, String>,
    /// Query parameters.
    pub(crate) query: IndexMap<String, String>,
    /// Cookies with these values.
    pub(crate) cookie: IndexMap<String, String>,
    /// `all`: the cookies that the login set.
    pub(crate) cookies: Option<CookieSlot>,
    /// `Authorization: Basic`.
    pub(crate) basic: Option<super::Basic>,
}

/// Which of the login's cookies are sent.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CookieSlot {
    /// All of them.
    All,
}

/// The request that proves who a session is, as text (`GET /me`) or as a map.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Whoami {
    /// `GET /me`.
    Text(String),
    /// With what the answer must show.
    Map(Box<WhoamiMap>),
}

/// The request that proves who a session is. Without `equals` and `contains` its body must differ between identities.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct WhoamiMap {
    #[serde(flatten)]
    pub(crate) request: Request,
    #[serde(flatten)]
    pub(crate) must: Must,
}
