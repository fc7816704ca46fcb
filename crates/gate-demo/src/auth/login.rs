//! What a login gives to its user: a pair of tokens, or a cookie.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use cookie::{Cookie, SameSite};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    COOKIE, random_token,
    sessions::{REFRESH_LIFETIME, Reuse},
    stored_password,
};
use crate::{
    Hole, Sabotage, Tokens,
    problem::{Answer, Problem},
    state::App,
    tables::{Role, User},
    tokens::{Kind, mint},
};

/// The answer to a login where tokens are sent in the header.
#[derive(Debug, Serialize)]
struct TokenPair {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Opens a session for a user who has proved who they are.
pub(crate) fn log_in(app: &App, headers: &HeaderMap, user: Uuid) -> Answer {
    if app.tokens == Tokens::Cookie {
        return cookie_session(app, headers, user);
    }
    log_in_for_bearer(app, user)
}

/// The same for clients without cookies.
pub(crate) fn log_in_for_bearer(app: &App, user: Uuid) -> Answer {
    let role = let_in(app, user)?;
    let session = app.sessions().open(user, role);
    pair(app, user, session, None)
}

/// Trades a refresh token for a new pair.
pub(crate) fn renew(app: &App, token: &str) -> Answer {
    let reuse = if app.hole(Hole::RefreshReused) {
        Reuse::Allowed
    } else if app.hole(Hole::RefreshReuseKeepsFamily) {
        Reuse::Refused
    } else {
        Reuse::EndsSession
    };
    let (session, user) = {
        let mut sessions = app.sessions();
        let session = sessions.use_up(token, reuse).ok_or_else(Problem::bad_credentials)?;
        let user = sessions.user(session).ok_or_else(Problem::bad_credentials)?;
        (session, user)
    };
    let again = app.hole(Hole::RefreshNotRotated).then_some(token);
    pair(app, user, session, again)
}

/// The role of a user who is not locked out.
fn let_in(app: &App, id: Uuid) -> Result<Role, Problem> {
    let user = user_of(app, id)?;
    if user.disabled || user.removed {
        return Err(Problem::bad_credentials());
    }
    Ok(user.role)
}

fn user_of(app: &App, id: Uuid) -> Result<User, Problem> {
    let tables = app.tables();
    let user = tables.users.iter().find(|user| user.id == id);
    user.cloned().ok_or_else(Problem::bad_credentials)
}

/// `again` is the refresh token that the caller keeps; only a hole has one.
fn pair(app: &App, user: Uuid, session: Uuid, again: Option<&str>) -> Answer {
    let user = user_of(app, user)?;
    let expires_in = app.config.token_seconds();
    let lifetime = Duration::from_secs(expires_in);
    let is_jwt = app.signing.is_some();
    let access_token = if is_jwt {
        mint(app, Kind::Access, &user, session, lifetime)?
    } else {
        let token = random_token();
        app.sessions().admit(session, &token, lifetime);
        token
    };
    let refresh_token = if let Some(again) = again {
        again.to_owned()
    } else if is_jwt && app.config.has_signed_refresh() {
        mint(app, Kind::Refresh, &user, session, REFRESH_LIFETIME)?
    } else {
        random_token()
    };
    let id_token = is_jwt
        .then(|| mint(app, Kind::Id, &user, session, lifetime))
        .transpose()?;
    app.sessions().refresh_with(session, &refresh_token);
    for token in [&access_token, &refresh_token].into_iter().chain(&id_token) {
        app.gave_out(token);
    }
    let pair = TokenPair {
        access_token,
        token_type: "Bearer",
        expires_in,
        refresh_token,
        id_token,
    };
    let mut body = json!(pair);
    if app.hole(Hole::ShowsHashAtLogin) {
        body["user"] = json!({ "id": user.id, "digest": stored_password(&user) });
    }
    Ok(Json(body).into_response())
}

/// A login ends the session that the browser was in, and never goes on under its name (CWE-384).
fn cookie_session(app: &App, headers: &HeaderMap, user: Uuid) -> Answer {
    let before = sent_cookie(headers);
    let csrf = random_token();
    let fixed = before.clone().filter(|_| app.hole(Hole::SessionFixed));
    let name = fixed.unwrap_or_else(random_token);
    let role = let_in(app, user)?;
    {
        let mut sessions = app.sessions();
        if let Some(old) = before.and_then(|before| sessions.named(&before)) {
            sessions.end(old);
        }
        let session = sessions.open(user, role);
        sessions.admit(session, &name, REFRESH_LIFETIME);
        sessions.protect(session, &csrf);
    }
    app.gave_out(&name);
    app.gave_out(&csrf);
    let body = json!({ "csrf_token": csrf, "expires_in": REFRESH_LIFETIME.as_secs() });
    Ok(with_cookie(app, Json(body).into_response(), name))
}

/// What a browser is told before and after its login. Visitors get a cookie too.
pub(crate) fn visit(app: &App, headers: &HeaderMap) -> Response {
    let session = sent_cookie(headers).and_then(|name| app.sessions().named(&name));
    let body = Json(json!({ "authenticated": session.is_some() })).into_response();
    if session.is_some() {
        return body;
    }
    with_cookie(app, body, random_token())
}

/// Out of reach of scripts, over TLS or on loopback only, and not sent by pages of other sites.
fn with_cookie(app: &App, mut response: Response, name: String) -> Response {
    let mut cookie = Cookie::build((COOKIE, name))
        .path("/")
        .http_only(!app.hole(Hole::CookieReadByScripts))
        .secure(!app.hole(Hole::CookieInTheClear))
        .build();
    if app.odd(Sabotage::CrossSiteCookies) {
        cookie.set_same_site(SameSite::None);
    } else if !app.hole(Hole::CookieForAnySite) {
        cookie.set_same_site(SameSite::Strict);
    }
    if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The session cookie of a request.
fn sent_cookie(headers: &HeaderMap) -> Option<String> {
    crate::guard::cookies(headers).into_iter().next()
}
