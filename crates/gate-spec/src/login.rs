//! Login recipes: how an identity gets its credentials, how they are sent, and how the session is proven.

use gate_model::Location;
use serde_json::Value;

use crate::{RequestTemplate, Template};

/// A named recipe that several identities share.
#[derive(Clone, Debug)]
pub struct Login {
    /// Its name in the plan.
    pub name: String,
    /// How credentials are got.
    pub kind: LoginKind,
    /// How credentials are sent. Empty: a captured `token` goes out as Bearer (RFC 6750), captured cookies as cookies.
    pub send: Vec<CredentialSlot>,
    /// Proves who the session is.
    pub whoami: Option<Whoami>,
    /// Renews the credentials without a new login; captures like a login step. `{{refresh_token}}` is what was captured.
    pub refresh: Option<LoginStep>,
    /// Where it stands.
    pub source: Option<Location>,
}

/// How credentials are got.
#[derive(Clone, Debug)]
pub enum LoginKind {
    /// Requests in order, each may capture values that later ones use.
    Steps(Vec<LoginStep>),
    /// OAuth 2.0 client credentials (RFC 6749 section 4.4); fields `client_id`, `client_secret` of the identity.
    ClientCredentials {
        /// The token endpoint: path or absolute URL on a login host.
        token_url: Template,
        /// The scope, where one is asked for.
        scope: Option<String>,
        /// Further form fields.
        extra: Vec<(String, Template)>,
    },
    /// OAuth 2.0 resource owner password credentials (RFC 6749 section 4.3).
    Password {
        /// The token endpoint.
        token_url: Template,
        /// The scope, where one is asked for.
        scope: Option<String>,
        /// Further form fields, such as `client_id`.
        extra: Vec<(String, Template)>,
    },
    /// Nothing is sent: the identity's fields are the credentials (static tokens, API keys, Basic).
    Static,
}

/// One request of a login.
#[derive(Clone, Debug)]
pub struct LoginStep {
    /// The request; redirects within scope are followed, cookies kept.
    pub request: RequestTemplate,
    /// Statuses that mean success. Empty: 2xx or 3xx.
    pub expect: Vec<StatusMatch>,
    /// What else the response must show.
    pub must: Match,
    /// Values taken from the response, by name. `token` and `refresh_token` have a meaning.
    pub capture: Vec<(String, Extract)>,
}

/// A status or a class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusMatch {
    /// Exactly this one.
    Exact(u16),
    /// `2xx` and the like: the hundreds digit.
    Class(u16),
}

impl StatusMatch {
    /// Whether a status is meant.
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => exact == status,
            Self::Class(class) => class == status / 100,
        }
    }
}

/// Where a value is in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extract {
    /// JSONPath (RFC 9535) into the JSON body.
    JsonPath(String),
    /// A response header.
    Header(String),
    /// The last path segment of a URL in a response header, such as `Location`.
    LastSegmentOf(String),
    /// A cookie that the response set.
    Cookie(String),
    /// First capture group (or the whole match) in the body.
    Regex(String),
    /// The value that the client itself named, as a template: `{{unique}}`.
    Named(String),
}

/// What a response must hold.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Match {
    /// JSONPath and the value that must be there; texts may hold placeholders.
    pub equals: Vec<(String, Value)>,
    /// Text that the body must hold.
    pub contains: Option<Template>,
    /// Text that the body must not hold.
    pub lacks: Option<Template>,
}

impl Match {
    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.equals.is_empty() && self.contains.is_none() && self.lacks.is_none()
    }
}

/// Where a credential goes in each request.
#[derive(Clone, Debug, PartialEq)]
pub enum CredentialSlot {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer(Template),
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// User name.
        username: Template,
        /// Password.
        password: Template,
    },
    /// A header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// A header on unsafe methods only, such as a CSRF token.
    UnsafeHeader {
        /// Its name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// A query parameter.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// A cookie with a fixed value.
    Cookie {
        /// Its name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// The cookies that the login set.
    Jar,
}

/// The request that proves who a session is.
#[derive(Clone, Debug)]
pub struct Whoami {
    /// The request.
    pub request: RequestTemplate,
    /// What its response must show. Empty: 2xx, and a body that differs between identities.
    pub must: Match,
}
