//! What the plan says about credentials: tokens that must be refused, keys to make such tokens with, and how much is tried.

use std::time::Duration;

use gate_model::Secret;

/// Tokens and keys of the `tokens` section.
#[derive(Clone, Debug, Default)]
pub struct TestTokens {
    /// An access token whose time has passed (RFC 7519 section 4.1.4).
    pub expired: Option<Secret<String>>,
    /// An access token of another environment, such as staging, that is still valid there.
    pub other_environment: Option<Secret<String>>,
    /// The key that the target under test signs with: PEM, JWK, or an HMAC secret as text. Test environments only.
    pub signing_key: Option<Secret<String>>,
    /// The public key of the issuer, where it is not published: PEM, JWK or JWKS.
    pub public_key: Option<Secret<String>>,
    /// An ID token of the identity provider (OpenID Connect Core section 2), where logins give none.
    pub id_token: Option<Secret<String>>,
}

/// How much the checks of authentication try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSettings {
    /// On how many operations the whole corpus is tried.
    pub corpus: Corpus,
    /// The longest life of an access token (`exp` minus `iat`), where the plan says one.
    pub max_lifetime: Option<Duration>,
    /// How long a refresh token may still be taken after it was traded, for clients that lost the answer.
    pub refresh_grace: Duration,
    /// How soon a session must be over once it was ended: by a logout, a new password, a user who is locked out.
    pub ends_within: Duration,
    /// Whether session cookies must be `Secure` even where the target is spoken to without TLS.
    pub secure_cookies: bool,
}

/// On how many operations the whole corpus of altered tokens is tried; its core is tried on every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corpus {
    /// On one operation for each of so many distinct guards.
    Guards(usize),
    /// On every operation.
    Every,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            corpus: Corpus::Guards(3),
            max_lifetime: None,
            refresh_grace: Duration::from_secs(10),
            ends_within: Duration::from_secs(3),
            secure_cookies: false,
        }
    }
}
