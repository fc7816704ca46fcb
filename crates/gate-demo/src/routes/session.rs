//! Password login, refresh and logout.

use std::time::Duration;

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use uuid::Uuid;

use super::done;
use crate::{
    Config, Hole, Sabotage, Tokens,
    auth::{self, LoginLimit, hash_password, same},
    guard::Login,
    input::{Check, Sent, length},
    openapi::{Operation, get, post},
    problem::{Answer, Problem},
    sabotage,
    state::{App, Shared},
};

pub(super) fn operations(config: &Config) -> Vec<Operation> {
    let cookie = config.kind_of_tokens() == Tokens::Cookie;
    let mut all = vec![
        post("/auth/login", login)
            .named("login", "auth", "Log in with a password.")
            .public()
            .takes("LoginRequest")
            .answers(200, "Logged in.", "Login")
            .fails(401, "BadCredentials")
            .fails(429, "Throttled"),
        post("/auth/refresh", refresh)
            .named("refresh", "auth", "Trade a refresh token, once, for a new pair.")
            .public()
            .takes("RefreshRequest")
            .answers(200, "Renewed.", "TokenPair")
            .fails(401, "BadCredentials"),
        post("/auth/logout", logout)
            .named("logout", "auth", "End the session: its tokens are refused from now on.")
            .answers_empty(204, "Ended."),
    ];
    if cookie {
        all.push(
            post("/auth/token", token)
                .named("token", "auth", "Log in with a password, for clients without cookies.")
                .public()
                .takes("LoginRequest")
                .answers(200, "Logged in.", "TokenPair")
                .fails(401, "BadCredentials")
                .fails(429, "Throttled"),
        );
        all.push(
            get("/auth/session", session)
                .named("getSession", "auth", "Am I logged in? Visitors get a cookie.")
                .public()
                .answers(200, "Yes or no.", "Visit"),
        );
    }
    all
}

async fn session(State(app): State<Shared>, headers: HeaderMap) -> Response {
    auth::visit(&app, &headers)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    email: String,
    password: String,
}

impl Check for LoginRequest {
    fn check(&self) -> Result<(), String> {
        length("email", &self.email, 3, 254)?;
        length("password", &self.password, 1, 200)
    }
}

async fn login(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    let proved = proved(&app, &headers, &sent, true).await;
    if app.hole(Hole::LoginSlowForAccounts) && account_of(&app, &sent) {
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    if proved.is_err() && app.hole(Hole::LoginTellsAccounts) && !account_of(&app, &sent) {
        return Err(Problem::forbidden("there is no such account"));
    }
    auth::log_in(&app, &headers, proved?)
}

/// Whether the account of a login exists.
fn account_of(app: &App, sent: &Sent) -> bool {
    let email = sent
        .read::<LoginRequest>()
        .map(|request| request.email.to_ascii_lowercase());
    email.is_ok_and(|email| app.tables().users.iter().any(|user| user.email == email))
}

/// The login without its limit, for the hole that has a second way to it.
pub(super) async fn login_past_the_limit(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    let user = proved(&app, &headers, &sent, false).await?;
    auth::log_in(&app, &headers, user)
}

/// A login without a cookie, where logins give cookies.
async fn token(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    let user = proved(&app, &headers, &sent, true).await?;
    auth::log_in_for_bearer(&app, user)
}

/// The user whose password was sent.
async fn proved(app: &App, headers: &HeaderMap, sent: &Sent, limited: bool) -> Result<Uuid, Problem> {
    let request: LoginRequest = sent.read()?;
    let email = request.email.to_ascii_lowercase();
    let known = app.tables().users.iter().find(|user| user.email == email).cloned();
    // An unknown account costs as much as a known one.
    let (salt, expected) = known
        .as_ref()
        .map_or(([0; 16], [0; 32]), |user| (user.salt, user.password_hash));
    let right = same(&hash_password(&request.password, &salt), &expected);
    let limit = LoginLimit::of(app, headers, &request.email).filter(|_| limited);
    if let Some(limit) = &limit
        && !(right && app.hole(Hole::LoginRightPasswordWhileLocked))
    {
        limit.hold(app).await?;
    }
    let Some(user) = known
        .filter(|user| right && !user.disabled)
        .filter(|user| !sabotage::locked_out(app, user))
    else {
        if let Some(limit) = limit {
            limit.fail(app);
        }
        return Err(Problem::bad_credentials());
    };
    if let Some(limit) = limit {
        limit.clear(app);
    }
    if app.odd(Sabotage::SingleSession) {
        app.sessions().end_all(user.id, None);
    }
    Ok(user.id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefreshRequest {
    refresh_token: String,
}

impl Check for RefreshRequest {
    fn check(&self) -> Result<(), String> {
        length("refresh_token", &self.refresh_token, 1, 4096)
    }
}

async fn refresh(State(app): State<Shared>, sent: Sent) -> Answer {
    let request: RefreshRequest = sent.read()?;
    auth::renew(&app, &request.refresh_token)
}

async fn logout(State(app): State<Shared>, login: Login) -> Answer {
    let actor = login.required()?;
    let mut sessions = app.sessions();
    if app.hole(Hole::LogoutKeepsToken) {
        sessions.forget_refresh(actor.session);
    } else if app.hole(Hole::LogoutKeepsRefresh) {
        sessions.put_to_sleep(actor.session);
    } else {
        sessions.end(actor.session);
    }
    Ok(done())
}
