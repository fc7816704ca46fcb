//! The `tokens` section: tokens that must be refused, and keys to make such tokens with.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;

/// Tokens that must be refused, and keys to make such tokens with. Keep them in the environment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Tokens {
    /// An access token whose time has passed.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) expired: Option<Text>,
    /// An access token of another environment, such as staging, that is still valid there.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) other_environment: Option<Text>,
    /// The key that the target under test signs tokens with: PEM, JWK, or an HMAC secret as text. Of a test environment only.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) signing_key: Option<Text>,
    /// The public key of the issuer, where the target does not publish it: PEM, JWK or JWKS.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) public_key: Option<Text>,
    /// An ID token of the identity provider, where the login gives none.
    #[schemars(extend("x-secrecy" = "secret"))]
    pub(crate) id_token: Option<Text>,
}
