//! The administration area: users of the caller's own tenant, for admins and owners.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{done, shown};
use crate::{
    Hole,
    auth::stored_password,
    guard::{Actor, Login},
    input::{Check, Sent, length},
    openapi::{Operation, get, patch, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::{App, Shared},
    tables::Role,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/admin/users", list)
            .named("listUsers", "admin", "Users of the tenant.")
            .restricted()
            .paged()
            .answers(200, "Users.", "UserPage"),
        get("/admin/users/{userId}", read)
            .named("getUser", "admin", "One user of the tenant.")
            .restricted()
            .answers(200, "The user.", "User"),
        patch("/admin/users/{userId}/role", set_role)
            .named("setUserRole", "admin", "Give a user another role.")
            .restricted()
            .takes("RoleChange")
            .answers(200, "The user.", "User"),
        post("/admin/users/{userId}/disable", disable)
            .named(
                "disableUser",
                "admin",
                "Lock a user out; ends all of the user's sessions.",
            )
            .restricted()
            .takes("LockChange")
            .answers_empty(204, "Locked out."),
        post("/admin/users/{userId}/enable", enable)
            .named("enableUser", "admin", "Let a user in again.")
            .restricted()
            .takes("LockChange")
            .answers_empty(204, "Let in."),
        post("/admin/users/{userId}/reinstate", take_back)
            .named("reinstateUser", "admin", "Make somebody a member again.")
            .restricted()
            .takes("RoleChange")
            .answers_empty(204, "A member."),
        post("/admin/users/{userId}/offboard", take_out)
            .named(
                "offboardUser",
                "admin",
                "Take somebody out of the tenant; ends all of the user's sessions.",
            )
            .restricted()
            .takes("LockChange")
            .answers_empty(204, "No member any more."),
    ]
}

async fn list(State(app): State<Shared>, login: Login, Query(paging): Query<Paging>) -> Answer {
    let actor = if app.hole(Hole::OpenAdminUsers) {
        login.unguarded()
    } else {
        login.required()?
    };
    if !app.hole(Hole::RoleAdminUsers) {
        actor.at_least(Role::Admin)?;
    }
    let tables = app.tables();
    page(
        &app,
        "/admin/users",
        &paging,
        tables
            .users
            .iter()
            .filter(|user| actor.sees(user.tenant) && !user.removed),
    )
}

async fn read(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let tables = app.tables();
    let user = tables.user(&id)?;
    if !actor.sees(user.tenant) {
        return Err(Problem::foreign());
    }
    let mut body = json!(user);
    if app.hole(Hole::ShowsPasswordHash) {
        body["digest"] = json!(stored_password(user));
    }
    Ok(shown(&body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    role: Role,
}

impl Check for RoleChange {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Nobody changes their own role, and only an owner gives or takes the role of owner.
async fn set_role(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let mut tables = app.tables();
    let user = tables.user(&id)?;
    if !actor.sees(user.tenant) {
        return Err(Problem::foreign());
    }
    let change: RoleChange = sent.read()?;
    if user.id == actor.user {
        return Err(Problem::forbidden("nobody changes their own role"));
    }
    if user.role == Role::Owner || change.role == Role::Owner {
        actor.at_least(Role::Owner)?;
    }
    let id = user.id;
    let user = tables
        .users
        .iter_mut()
        .find(|user| user.id == id)
        .ok_or_else(Problem::missing)?;
    user.role = change.role;
    Ok(shown(user))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockChange {
    reason: String,
}

impl Check for LockChange {
    fn check(&self) -> Result<(), String> {
        length("reason", &self.reason, 1, 200)
    }
}

async fn disable(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let user = lock(&app, login, &id, &sent, true)?;
    if !app.hole(Hole::DisableKeepsSessions) {
        app.sessions().end_all(user, None);
    }
    Ok(done())
}

async fn enable(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    lock(&app, login, &id, &sent, false)?;
    Ok(done())
}

/// Nobody locks themselves out, and only an owner does it to an owner.
fn lock(app: &App, login: Login, id: &str, sent: &Sent, disabled: bool) -> Result<Uuid, Problem> {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let mut tables = app.tables();
    let user = tables.user(id)?;
    if !actor.sees(user.tenant) {
        return Err(Problem::foreign());
    }
    let _: LockChange = sent.read()?;
    if user.id == actor.user {
        return Err(Problem::forbidden("nobody locks themselves out"));
    }
    if user.role == Role::Owner {
        actor.at_least(Role::Owner)?;
    }
    let id = user.id;
    let user = tables
        .users
        .iter_mut()
        .find(|user| user.id == id)
        .ok_or_else(Problem::missing)?;
    user.disabled = disabled;
    Ok(id)
}

async fn take_back(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    of_tenant(&app, &actor, &id)?;
    let RoleChange { role } = sent.read()?;
    let user = somebody_else(&app, &actor, &id)?;
    if role == Role::Owner {
        actor.at_least(Role::Owner)?;
    }
    let mut tables = app.tables();
    let user = tables.users.iter_mut().find(|row| row.id == user);
    let user = user.ok_or_else(Problem::missing)?;
    (user.removed, user.role) = (false, role);
    Ok(done())
}

async fn take_out(State(app): State<Shared>, login: Login, Path(id): Path<String>, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    of_tenant(&app, &actor, &id)?;
    let _: LockChange = sent.read()?;
    let user = somebody_else(&app, &actor, &id)?;
    if let Some(row) = app.tables().users.iter_mut().find(|row| row.id == user) {
        row.removed = true;
    }
    if !app.hole(Hole::RemovalKeepsSessions) {
        app.sessions().end_all(user, None);
    }
    Ok(done())
}

/// Another user of the caller's tenant whom the caller may take out or in: nobody does it to themselves, and only an owner to
/// an owner.
fn somebody_else(app: &App, actor: &Actor, id: &str) -> Result<Uuid, Problem> {
    let tables = app.tables();
    let user = tables.user(id)?;
    if user.id == actor.user {
        return Err(Problem::forbidden("nobody takes themselves out"));
    }
    if user.role == Role::Owner {
        actor.at_least(Role::Owner)?;
    }
    Ok(user.id)
}

/// Asks for a user of the caller's own tenant.
fn of_tenant(app: &App, actor: &Actor, id: &str) -> Result<(), Problem> {
    if actor.sees(app.tables().user(id)?.tenant) {
        Ok(())
    } else {
        Err(Problem::foreign())
    }
}
