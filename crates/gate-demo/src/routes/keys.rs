//! API keys: a program that acts for an admin, by itself and for as long as nobody revokes its key.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{created, done, shown};
use crate::{
    Hole,
    auth::random_token,
    guard::Login,
    input::{Check, Sent, length},
    openapi::{Operation, delete, get, post},
    paging::{Paging, page},
    problem::{Answer, Problem},
    state::Shared,
    tables::{ApiKey, KeyScope, Role, Tables, now},
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/keys", list)
            .named("listApiKeys", "admin", "API keys of the tenant, without their values.")
            .restricted()
            .paged()
            .answers(200, "Keys.", "ApiKeyPage"),
        post("/keys", make)
            .named("createApiKey", "admin", "Make an API key, which is shown this once.")
            .restricted()
            .takes("ApiKeyDraft")
            .answers(201, "The new key.", "NewApiKey"),
        get("/keys/{keyId}", read)
            .named("getApiKey", "admin", "One API key of the tenant, without its value.")
            .restricted()
            .answers(200, "The key.", "ApiKey"),
        delete("/keys/{keyId}", revoke)
            .named("revokeApiKey", "admin", "Revoke an API key: it is refused from now on.")
            .restricted()
            .answers_empty(204, "Revoked."),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKeyDraft {
    name: String,
    scope: KeyScope,
}

impl Check for ApiKeyDraft {
    fn check(&self) -> Result<(), String> {
        length("name", &self.name, 1, 120)
    }
}

async fn list(State(app): State<Shared>, login: Login, Query(paging): Query<Paging>) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let tables = app.tables();
    let keys = tables.keys.values();
    page(
        &app,
        "/keys",
        &paging,
        keys.filter(|key| actor.sees(key.tenant) && !key.revoked),
    )
}

async fn make(State(app): State<Shared>, login: Login, sent: Sent) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let draft: ApiKeyDraft = sent.read()?;
    let mut tables = app.tables();
    Tables::room(tables.keys.len())?;
    let key = ApiKey {
        seq: tables.next_seq(),
        id: Uuid::new_v4(),
        tenant: actor.tenant,
        name: draft.name,
        scope: draft.scope,
        value: format!("dk_{}", random_token()),
        revoked: false,
        created_by: actor.user,
        created_at: now(),
    };
    app.gave_out(&key.value);
    let response = shown_once(&key);
    tables.keys.insert(key.id, key);
    Ok(response)
}

/// The key with its value.
fn shown_once(key: &ApiKey) -> Response {
    let mut body = json!(key);
    body["key"] = json!(key.value);
    created(&format!("/keys/{}", key.id), &body)
}

async fn read(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let tables = app.tables();
    let key = tables.key(&id)?;
    if !actor.sees(key.tenant) {
        return Err(Problem::foreign());
    }
    let mut body = json!(key);
    if app.hole(Hole::ShowsKeyAgain) {
        body["api_key"] = json!(key.value);
    }
    Ok(shown(&body))
}

async fn revoke(State(app): State<Shared>, login: Login, Path(id): Path<String>) -> Answer {
    let actor = login.required()?;
    actor.at_least(Role::Admin)?;
    let mut tables = app.tables();
    let key = tables.key(&id)?;
    if !actor.sees(key.tenant) {
        return Err(Problem::foreign());
    }
    let id = key.id;
    if let Some(key) = tables.keys.get_mut(&id) {
        key.revoked = true;
    }
    Ok(done())
}
