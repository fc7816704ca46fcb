//! The caller's own account, and what happened lately in its tenant.

use axum::{
    extract::{Query, State},
    http::HeaderValue,
};
use serde::Deserialize;
use serde_json::json;

use super::{done, shown};
use crate::{
    Hole,
    auth::{hash_password, same},
    guard::Login,
    input::{Check, Sent, length, length_if},
    openapi::{Operation, get, patch, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::Shared,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/me", me)
            .named("getMe", "account", "Who am I?")
            .answers(200, "The caller.", "User"),
        patch("/me", change)
            .named("updateMe", "account", "Change the display name.")
            .takes("ProfilePatch")
            .answers(200, "The caller.", "User"),
        post("/me/password", change_password)
            .named(
                "changePassword",
                "account",
                "Change the password; ends all other sessions.",
            )
            .takes("PasswordChange")
            .answers_empty(204, "Changed.")
            .fails(403, "Forbidden")
            .fails(429, "Throttled"),
        get("/activity", activity)
            .named("listActivity", "account", "What happened lately in the tenant.")
            .paged()
            .answers(200, "Events, newest first.", "EventPage"),
    ]
}

async fn me(State(app): State<Shared>, login: Login) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let user = tables.user(&actor.user.to_string())?;
    let mut body = json!(user);
    if app.hole(Hole::ShowsResetToken) {
        body["reset_token"] = json!(format!("rt-{}", user.id.simple()));
    }
    if app.hole(Hole::ShowsForeignContact) {
        let other = tables.users.iter().find(|other| other.tenant != user.tenant);
        body["contact"] = json!(other.map(|other| &other.email));
    }
    let mut response = shown(&body);
    if app.hole(Hole::LeakLastWriteHeader)
        && let Some(name) = tables
            .last_written
            .as_deref()
            .and_then(|name| HeaderValue::from_str(name).ok())
    {
        response.headers_mut().insert("x-last-change", name);
    }
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilePatch {
    display_name: Option<String>,
}

impl Check for ProfilePatch {
    fn check(&self) -> Result<(), String> {
        length_if("display_name", self.display_name.as_ref(), 1, 80)
    }
}

async fn change(State(app): State<Shared>, login: Login, sent: Sent) -> Answer {
    let actor = login.required()?;
    let change: ProfilePatch = sent.read()?;
    let mut tables = app.tables();
    let user = tables
        .users
        .iter_mut()
        .find(|user| user.id == actor.user)
        .ok_or_else(Problem::missing)?;
    if let Some(name) = change.display_name {
        user.display_name = name;
    }
    Ok(shown(user))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    current_password: String,
    new_password: String,
}

impl Check for PasswordChange {
    fn check(&self) -> Result<(), String> {
        length("current_password", &self.current_password, 1, 200)?;
        length("new_password", &self.new_password, 12, 200)
    }
}

async fn change_password(State(app): State<Shared>, login: Login, sent: Sent) -> Answer {
    let actor = login.required()?;
    let change: PasswordChange = sent.read()?;
    let key = format!("password {}", actor.email);
    if let Some(seconds) = app.logins().blocked(&key) {
        return Err(Problem::throttled(seconds));
    }
    {
        let mut tables = app.tables();
        let user = tables
            .users
            .iter_mut()
            .find(|user| user.id == actor.user)
            .ok_or_else(Problem::missing)?;
        if !same(
            &hash_password(&change.current_password, &user.salt),
            &user.password_hash,
        ) {
            app.logins().fail(&key);
            return Err(Problem::forbidden("the current password is wrong"));
        }
        user.salt = rand::random();
        user.password_hash = hash_password(&change.new_password, &user.salt);
    }
    app.logins().clear(&key);
    if !app.hole(Hole::PasswordKeepsSessions) {
        app.sessions().end_all(actor.user, Some(actor.session));
    }
    Ok(done())
}

async fn activity(State(app): State<Shared>, login: Login, Query(paging): Query<Paging>) -> Answer {
    let actor = login.required()?;
    let tables = app.tables();
    let events = tables
        .events
        .iter()
        .filter(|event| actor.sees(event.tenant) || app.hole(Hole::LeakActivity));
    page(&app, "/activity", &paging, events)
}
