//! Who sent a request: the live session that its token or cookie names, and the user as of now.

use axum::http::header;
use uuid::Uuid;

use super::{
    Actor, Asked,
    bearer::{self, Brought},
    browser, cookies, key,
};
use crate::{
    Hole, Tokens,
    problem::Problem,
    state::App,
    tokens::{self, Fetched},
};

/// Who sent a request, or the refusal of whoever it was.
pub(crate) fn identify(app: &App, asked: &Asked, fetched: Option<&Fetched>) -> Result<Actor, Problem> {
    if let Some(sent) = key::sent(app, asked) {
        // A program has no session beside its key.
        if asked.headers.contains_key(header::AUTHORIZATION) || !cookies(&asked.headers).is_empty() {
            return Err(Problem::anonymous());
        }
        return key::actor(app, asked, &sent);
    }
    if app.tokens != Tokens::Cookie || cookies(&asked.headers).is_empty() {
        return by_token(app, asked, fetched);
    }
    // Two credentials may name two people; which one counts must not be a matter of luck (RFC 6750, section 2).
    let both = asked.headers.contains_key(header::AUTHORIZATION);
    if both && !app.hole(Hole::TwoCredentialsConfused) {
        return Err(Problem::anonymous());
    }
    // Where there is a bearer token, a request is thought to come from no browser.
    let protected = !both;
    let session = browser::session(app, asked, protected)?.ok_or_else(Problem::anonymous)?;
    of_session(app, session)
}

/// The token of a request, for whoever has to look at it before.
pub(super) fn sent_token(app: &App, asked: &Asked) -> Option<String> {
    match bearer::token(app, asked) {
        Brought::Token(token) => Some(token),
        Brought::Nothing | Brought::FirstUser => None,
    }
}

fn by_token(app: &App, asked: &Asked, fetched: Option<&Fetched>) -> Result<Actor, Problem> {
    match bearer::token(app, asked) {
        Brought::Nothing => Err(Problem::anonymous()),
        Brought::FirstUser => first_user(app),
        Brought::Token(token) if app.tokens == Tokens::Opaque => {
            let session = app.sessions().named(&token);
            of_session(app, session.ok_or_else(Problem::anonymous)?)
        }
        Brought::Token(token) => by_jwt(app, asked, &token, fetched),
    }
}

fn by_jwt(app: &App, asked: &Asked, token: &str, fetched: Option<&Fetched>) -> Result<Actor, Problem> {
    let claims = tokens::accepted(app, asked, token, fetched).map_err(|_| Problem::internal())?;
    let claims = claims.ok_or_else(Problem::anonymous)?;
    if app.sessions().user(claims.session) != Some(claims.user) {
        return Err(Problem::anonymous());
    }
    let mut actor = of_user(app, claims.user, claims.session)?;
    if let Some(role) = claims.role
        && app.hole(Hole::JwtRoleClaimBelieved)
    {
        actor.role = role;
    }
    if let Some(tenant) = claims.tenant
        && app.hole(Hole::JwtTenantClaimBelieved)
    {
        actor.tenant = tenant;
    }
    Ok(actor)
}

fn of_session(app: &App, session: Uuid) -> Result<Actor, Problem> {
    let user = app.sessions().user(session).ok_or_else(Problem::anonymous)?;
    of_user(app, user, session)
}

fn of_user(app: &App, user: Uuid, session: Uuid) -> Result<Actor, Problem> {
    let mut actor = {
        let tables = app.tables();
        let user = tables.users.iter().find(|row| row.id == user);
        user.map(|user| Actor::of(user, session))
            .ok_or_else(Problem::anonymous)?
    };
    if app.hole(Hole::RoleKeptBySessions)
        && let Some(role) = app.sessions().first_role(session)
    {
        actor.role = role;
    }
    Ok(actor)
}

/// Whom some guards mean who have no idea who asks.
pub(super) fn first_user(app: &App) -> Result<Actor, Problem> {
    let tables = app.tables();
    let first = tables.users.first().map(|user| Actor::of(user, Uuid::nil()));
    first.ok_or_else(Problem::anonymous)
}
