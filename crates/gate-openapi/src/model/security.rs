//! Who may call, and how callers identify themselves.

use serde::Serialize;

use super::ParamIn;

/// What the document says about who may call an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// `security: []`: nobody needs to log in.
    Public,
    /// An empty requirement stands among others: logging in is optional.
    Optional,
    /// One of these combinations of security schemes is needed.
    Required(Vec<Vec<String>>),
    /// Neither the operation nor the document says.
    Undeclared,
}

/// One OAuth 2 flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OAuthFlow {
    /// `password`, `clientCredentials`, `authorizationCode` or `implicit`, in the words of OpenAPI 3.
    pub kind: String,
    /// Where the user agrees.
    pub authorization_url: Option<String>,
    /// Where tokens are given out.
    pub token_url: Option<String>,
    /// The scopes' names.
    pub scopes: Vec<String>,
}

/// How callers identify themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecurityScheme {
    /// `Authorization: Bearer`.
    Bearer {
        /// `bearerFormat`, often `JWT`.
        format: Option<String>,
    },
    /// `Authorization: Basic`.
    Basic,
    /// A key in a header, the query or a cookie.
    ApiKey {
        /// Where the key travels.
        location: ParamIn,
        /// The name of the header, query parameter or cookie.
        name: String,
    },
    /// OAuth 2.
    OAuth2 {
        /// The flows offered.
        flows: Vec<OAuthFlow>,
    },
    /// OpenID Connect.
    OpenIdConnect {
        /// The discovery address.
        url: Option<String>,
    },
    /// Something else, in words.
    Other(String),
}
