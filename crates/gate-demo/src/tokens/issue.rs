//! What the demo signs: access tokens, ID tokens, and refresh tokens where they are signed too.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::Header;
use serde_json::json;
use uuid::Uuid;

use crate::{problem::Problem, state::App, tables::User};

/// Whom access tokens are for.
pub(super) const AUDIENCE: &str = "gate-demo-api";
/// Whom ID tokens are for.
pub(super) const CLIENT: &str = "gate-demo-web";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For requests (RFC 9068).
    Access,
    /// For the client, which learns from it who logged in (OpenID Connect Core, section 2).
    Id,
    /// For new access tokens.
    Refresh,
}

/// Signs a token.
pub(crate) fn mint(app: &App, kind: Kind, user: &User, session: Uuid, lifetime: Duration) -> Result<String, Problem> {
    let key = app.signing.as_ref().ok_or_else(Problem::internal)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_err(|_| Problem::internal())?.as_secs();
    let issuer = app.url();
    let mut claims = json!({
        "iss": issuer, "sub": user.id, "sid": session, "jti": Uuid::new_v4(),
        "iat": now, "exp": now + lifetime.as_secs(),
    });
    let name = match kind {
        Kind::Access => {
            claims["aud"] = json!(AUDIENCE);
            claims["client_id"] = json!(CLIENT);
            // For clients that show them. This API looks both up.
            claims["tenant"] = json!(user.tenant);
            claims["role"] = json!(user.role);
            "at+jwt"
        }
        Kind::Id => {
            claims["aud"] = json!(CLIENT);
            claims["email"] = json!(user.email);
            "JWT"
        }
        Kind::Refresh => {
            claims["aud"] = json!(issuer);
            "rt+jwt"
        }
    };
    let header = Header {
        typ: Some(name.to_owned()),
        kid: Some(key.id.to_owned()),
        ..Header::new(key.algorithm)
    };
    jsonwebtoken::encode(&header, &claims, &key.private).map_err(|_| Problem::internal())
}
