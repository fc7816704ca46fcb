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

use super::{COOKIE, random_token, sessions::REFRESH_LIFETIME};
use crate::{
    Tokens,
    problem::{Answer, Problem},
    state::App,
    tables::User,
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
    let session = app.sessions().open(user);
    pair(app, user, session)
}

/// Trades a refresh token for a new pair.
pub(crate) fn renew(app: &App, token: &str) -> Answer {
    let (session, user) = {
        let mut sessions = app.sessions();
        let session = sessions.use_up(token).ok_or_else(Problem::bad_credentials)?;
        let user = sessions.user(session).ok_or_else(Problem::bad_credentials)?;
        (session, user)
    };
    pair(app, user, session)
}

fn user_of(app: &App, id: Uuid) -> Result<User, Problem> {
    let tables = app.tables();
    let user = tables.users.iter().find(|user| user.id == id);
    user.cloned().ok_or_else(Problem::bad_credentials)
}

fn pair(app: &App, user: Uuid, session: Uuid) -> Answer {
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
    let refresh_token = if is_jwt && app.config.has_signed_refresh() {
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
    Ok(Json(pair).into_response())
}

/// A login ends the session that the browser was in, and never goes on under its name (CWE-384).
fn cookie_session(app: &App, headers: &HeaderMap, user: Uuid) -> Answer {
    let before = sent_cookie(headers);
    let (name, csrf) = (random_token(), random_token());
    {
        let mut sessions = app.sessions();
        if let Some(old) = before.and_then(|before| sessions.named(&before)) {
            sessions.end(old);
        }
        let session = sessions.open(user);
        sessions.admit(session, &name, REFRESH_LIFETIME);
        sessions.protect(session, &csrf);
    }
    app.gave_out(&name);
    app.gave_out(&csrf);
    let body = json!({ "csrf_token": csrf, "expires_in": REFRESH_LIFETIME.as_secs() });
    Ok(with_cookie(Json(body).into_response(), name))
}

/// What a browser is told before and after its login. Visitors get a cookie too.
pub(crate) fn visit(app: &App, headers: &HeaderMap) -> Response {
    let session = sent_cookie(headers).and_then(|name| app.sessions().named(&name));
    let body = Json(json!({ "authenticated": session.is_some() })).into_response();
    if session.is_some() {
        return body;
    }
    with_cookie(body, random_token())
}

/// Out of reach of scripts, over TLS or on loopback only, and not sent by pages of other sites.
fn with_cookie(mut response: Response, name: String) -> Response {
    let cookie = Cookie::build((COOKIE, name))
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .build();
    if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The session cookie of a request.
fn sent_cookie(headers: &HeaderMap) -> Option<String> {
    crate::guard::cookies(headers).into_iter().next()
}
