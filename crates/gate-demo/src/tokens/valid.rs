//! What a signed token must say to be an access token for this API, here and now (RFC 9068, section 4; RFC 7519, 4.1).

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

use super::{
    Token,
    issue::{AUDIENCE, CLIENT},
};
use crate::{
    Hole,
    guard::Asked,
    state::App,
    tables::{Role, Tenant},
};

/// The longest that any token may live, in seconds, whoever signed it.
const MAX_LIFETIME: f64 = 24.0 * 3600.0;

/// What is taken from a token. Role and tenant are looked up on each request; a hole believes the token.
pub(crate) struct Claims {
    pub user: Uuid,
    pub session: Uuid,
    pub role: Option<Role>,
    pub tenant: Option<Tenant>,
}

/// The claims, if each of them is right.
pub(super) fn claims(app: &App, asked: &Asked, token: &Token) -> Option<Claims> {
    let fits = typed(app, token) && issued_here(app, token) && meant_for_us(app, token) && timely(app, asked, token);
    if !fits {
        return None;
    }
    let claim = |name: &str| token.claims.get(name).cloned().unwrap_or_default();
    let id = |name: &str| Uuid::try_parse(token.claims.get(name)?.as_str()?).ok();
    Some(Claims {
        user: id("sub")?,
        session: id("sid")?,
        role: serde_json::from_value(claim("role")).ok(),
        tenant: serde_json::from_value(claim("tenant")).ok(),
    })
}

fn is_id_token(token: &Token) -> bool {
    token
        .header_text("typ")
        .is_none_or(|kind| kind.eq_ignore_ascii_case("JWT"))
}

/// `typ` says that it is an access token, so that no other kind of token passes for one (RFC 8725, 3.11).
fn typed(app: &App, token: &Token) -> bool {
    let kind = token.header_text("typ").unwrap_or_default().to_ascii_lowercase();
    if is_id_token(token) && app.hole(Hole::JwtIdTokenAccepted) {
        return true;
    }
    if kind == "rt+jwt" && app.hole(Hole::JwtRefreshTokenAccepted) {
        return true;
    }
    kind == "at+jwt" || kind == "application/at+jwt"
}

fn issued_here(app: &App, token: &Token) -> bool {
    let own = app.url();
    match token.claims.get("iss") {
        _ if app.hole(Hole::JwtIssIgnored) => true,
        Some(Value::String(issuer)) => {
            *issuer == own || (app.hole(Hole::JwtIssPrefix) && issuer.starts_with(own.as_str()))
        }
        None => app.hole(Hole::JwtIssMissing),
        Some(_) => false,
    }
}

fn meant_for_us(app: &App, token: &Token) -> bool {
    let ours = |audience: &Value| {
        let id_token = is_id_token(token) && app.hole(Hole::JwtIdTokenAccepted);
        let refresh_token = app.hole(Hole::JwtRefreshTokenAccepted) && *audience == app.url();
        *audience == AUDIENCE || (*audience == CLIENT && id_token) || refresh_token
    };
    match token.claims.get("aud") {
        _ if app.hole(Hole::JwtAudIgnored) => true,
        Some(Value::Array(all)) => all.iter().any(ours),
        Some(one) => ours(one),
        None => app.hole(Hole::JwtAudMissing),
    }
}

/// A time as seconds; fractions are allowed, texts are not (RFC 7519, section 2, NumericDate).
fn seconds(token: &Token, name: &str) -> Option<f64> {
    token.claims.get(name)?.as_f64()
}

fn timely(app: &App, asked: &Asked, token: &Token) -> bool {
    let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
        return false;
    };
    let now = now.as_secs_f64();
    let Some(issued) = seconds(token, "iat") else {
        return false;
    };
    if issued > now && !app.hole(Hole::JwtIatIgnored) {
        return false;
    }
    if token.claims.contains_key("nbf")
        && seconds(token, "nbf").is_none_or(|begin| begin > now)
        && !app.hole(Hole::JwtNbfIgnored)
    {
        return false;
    }
    let unlimited = match token.claims.get("exp") {
        None => app.hole(Hole::JwtExpMissing),
        // A text is compared with nothing, and so with nothing that is past.
        Some(Value::String(_)) => app.hole(Hole::JwtExpString),
        Some(_) => false,
    };
    if unlimited {
        return true;
    }
    let Some(end) = seconds(token, "exp") else {
        return false;
    };
    let ignored = app.hole(Hole::JwtExpIgnored) || (app.hole(Hole::JwtExpIgnoredOnAdmin) && asked.is_under("/admin"));
    let too_long = end - issued > MAX_LIFETIME && !app.hole(Hole::JwtLongLived);
    (end > now || ignored) && !too_long
}
