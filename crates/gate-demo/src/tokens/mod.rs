//! Access tokens as the demo issues and checks them: what kind they are, how they are signed, and what they must say.

mod compact;
mod fetched;
mod issue;
mod keys;
mod known_key;
mod signature;
mod valid;

use std::{fmt, str::FromStr};

use jsonwebtoken::Algorithm;

use crate::{Hole, guard::Asked, state::App};

pub(crate) use compact::Token;
pub(crate) use fetched::{Fetched, fetch};
pub(crate) use issue::{Kind, mint};
pub(crate) use keys::SigningKey;
pub use keys::{SIGNING_KEY, signing_key};
pub(crate) use valid::Claims;

/// What a login gives to its user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tokens {
    /// A JWT, signed with a secret that signs and checks.
    #[default]
    Hs256,
    /// A JWT, signed with RSA.
    Rs256,
    /// A JWT, signed with ECDSA on P-256.
    Es256,
    /// A JWT, signed with Ed25519.
    EdDsa,
    /// A bearer token that says nothing by itself.
    Opaque,
    /// A cookie, and a token against cross-site requests.
    Cookie,
}

impl Tokens {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Hs256,
        Self::Rs256,
        Self::Es256,
        Self::EdDsa,
        Self::Opaque,
        Self::Cookie,
    ];

    /// The name in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "hs256",
            Self::Rs256 => "rs256",
            Self::Es256 => "es256",
            Self::EdDsa => "eddsa",
            Self::Opaque => "opaque",
            Self::Cookie => "cookie",
        }
    }

    /// Whether the access token is a JWT.
    #[must_use]
    pub fn is_jwt(self) -> bool {
        self.is_asymmetric() || self == Self::Hs256
    }

    /// Whether tokens are checked with a key that may be known to everybody.
    #[must_use]
    pub fn is_asymmetric(self) -> bool {
        matches!(self, Self::Rs256 | Self::Es256 | Self::EdDsa)
    }

    /// How JWTs are signed. The bearer tokens beside cookies are as of HS256.
    fn algorithm(self) -> Option<Algorithm> {
        match self {
            Self::Hs256 | Self::Cookie => Some(Algorithm::HS256),
            Self::Rs256 => Some(Algorithm::RS256),
            Self::Es256 => Some(Algorithm::ES256),
            Self::EdDsa => Some(Algorithm::EdDSA),
            Self::Opaque => None,
        }
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The demo has no tokens of this kind.
#[derive(Debug, thiserror::Error)]
#[error("the demo has no tokens {0:?}; it has hs256, rs256, es256, eddsa, opaque and cookie")]
pub struct UnknownTokens(pub String);

impl FromStr for Tokens {
    type Err = UnknownTokens;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Tokens::ALL
            .into_iter()
            .find(|tokens| tokens.name() == text)
            .ok_or_else(|| UnknownTokens(text.to_owned()))
    }
}

/// What a JWT says, if it is an access token of this demo that holds now. `Err` is a server that fell over it.
pub(crate) fn accepted(
    app: &App,
    asked: &Asked,
    text: &str,
    fetched: Option<&Fetched>,
) -> Result<Option<Claims>, known_key::Broken> {
    let Some(token) = Token::read(app, text) else {
        return Ok(None);
    };
    // Nothing that a token may call critical is understood here (RFC 7515, 4.1.11).
    if token.header.contains_key("crit") && !app.hole(Hole::JwtCritIgnored) {
        return Ok(None);
    }
    if !signature::holds(app, asked, &token, fetched)? {
        return Ok(None);
    }
    Ok(valid::claims(app, asked, &token))
}
