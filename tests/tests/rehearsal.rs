//! `launchgate init` on a server whose document shows one schema for what is sent and what is answered, as many do: what only the
//! server sets is refused, and some things are for administrators.

#[path = "cli/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Segment, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const USERS: [(&str, &str); 2] = [("ada", "ada-password-1"), ("eve", "eve-password-1")];

/// Notes by their id, each with its owner.
type Notes = Arc<Mutex<BTreeMap<String, (String, Value)>>>;

fn document() -> String {
    let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } });
    let ok = json!({ "200": { "description": "ok", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Note" } } } } });
    let many = json!({ "200": { "description": "ok", "content": { "application/json": { "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Note" } } } } } });
    let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
    json!({
        "openapi": "3.0.3", "info": { "title": "notes", "version": "1" }, "security": [{ "bearer": [] }],
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Note": { "type": "object", "required": ["id"], "properties": {
                "id": { "type": "string", "format": "uuid" }, "user_created": { "type": "string" }, "title": { "type": "string" },
            } } },
        },
        "paths": {
            "/login": { "post": { "security": [], "requestBody": { "content": { "application/json": { "schema": { "type": "object",
                "required": ["username", "password"], "properties": { "username": { "type": "string" }, "password": { "type": "string" } } } } } },
                "responses": { "200": { "description": "ok" } } } },
            "/me": { "get": { "responses": { "200": { "description": "ok" } } } },
            "/audit": { "get": { "responses": many } },
            "/notes": { "get": { "responses": many }, "post": { "requestBody": body, "responses": ok } },
            "/notes/{id}": {
                "get": { "parameters": id, "responses": ok },
                "patch": { "parameters": id, "requestBody": body, "responses": ok },
                "delete": { "parameters": id, "responses": { "204": { "description": "gone" } } },
            },
        },
    })
    .to_string()
}

fn caller(headers: &HeaderMap) -> Result<String, StatusCode> {
    let value = headers.get("authorization").and_then(|value| value.to_str().ok());
    let name = value
        .and_then(|value| value.strip_prefix("Bearer token-of-"))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let known = USERS.iter().any(|(user, _)| *user == name);
    known.then(|| name.to_owned()).ok_or(StatusCode::UNAUTHORIZED)
}

async fn login(Json(sent): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let text = |name: &str| sent[name].as_str().unwrap_or_default();
    let pair = (text("username"), text("password"));
    let known = USERS.contains(&pair);
    known
        .then(|| Json(json!({ "access_token": format!("token-of-{}", pair.0) })))
        .ok_or(StatusCode::UNAUTHORIZED)
}

/// What people may send: a title, and nothing else.
fn title(sent: &Value) -> Result<Value, StatusCode> {
    let fields = sent.as_object().ok_or(StatusCode::BAD_REQUEST)?;
    if fields.keys().any(|name| name != "title") {
        return Err(StatusCode::FORBIDDEN);
    }
    fields.get("title").cloned().ok_or(StatusCode::BAD_REQUEST)
}

async fn make(
    State(notes): State<Notes>,
    headers: HeaderMap,
    Json(sent): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let (user, title) = (caller(&headers)?, title(&sent)?);
    let mut notes = notes.lock().expect("a lock");
    let id = format!("{:08x}-5a4d-4e6f-9b7a-1c2d3e4f5a6b", notes.len() * 7919 + 17);
    let note = json!({ "id": id, "user_created": user, "title": title });
    notes.insert(id, (user, note.clone()));
    Ok(Json(note))
}

async fn list(State(notes): State<Notes>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let user = caller(&headers)?;
    let notes = notes.lock().expect("a lock");
    Ok(Json(
        notes
            .values()
            .filter(|(owner, _)| *owner == user)
            .map(|(_, note)| note.clone())
            .collect(),
    ))
}

async fn read(
    State(notes): State<Notes>,
    headers: HeaderMap,
    Segment(id): Segment<String>,
) -> Result<Json<Value>, StatusCode> {
    let user = caller(&headers)?;
    let notes = notes.lock().expect("a lock");
    let (_, note) = notes
        .get(&id)
        .filter(|(owner, _)| *owner == user)
        .ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(note.clone()))
}

async fn change(
    State(notes): State<Notes>,
    headers: HeaderMap,
    Segment(id): Segment<String>,
    Json(sent): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let user = caller(&headers)?;
    let mut notes = notes.lock().expect("a lock");
    let (_, note) = notes
        .get_mut(&id)
        .filter(|(owner, _)| *owner == user)
        .ok_or(StatusCode::NOT_FOUND)?;
    note["title"] = title(&sent)?;
    Ok(Json(note.clone()))
}

async fn remove(
    State(notes): State<Notes>,
    headers: HeaderMap,
    Segment(id): Segment<String>,
) -> Result<StatusCode, StatusCode> {
    let user = caller(&headers)?;
    let mut notes = notes.lock().expect("a lock");
    notes
        .get(&id)
        .filter(|(owner, _)| *owner == user)
        .ok_or(StatusCode::NOT_FOUND)?;
    notes.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}

fn serve() -> (Runtime, SocketAddr, Notes) {
    let runtime = Runtime::new().expect("a runtime starts");
    let notes = Notes::default();
    let me = |headers: HeaderMap| async move { caller(&headers).map(|user| Json(json!({ "username": user }))) };
    let audit = |headers: HeaderMap| async move { caller(&headers).map(|_| StatusCode::FORBIDDEN) };
    let router = Router::new()
        .route("/openapi.json", get(|| async { document() }))
        .route("/login", post(login))
        .route("/me", get(me))
        .route("/audit", get(audit))
        .route("/notes", get(list).post(make))
        .route("/notes/{id}", get(read).patch(change).delete(remove))
        .with_state(Arc::clone(&notes));
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move { axum::serve(listener, router).await });
    (runtime, address, notes)
}

fn launchgate(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program::path())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("LAUNCHGATE_PASSWORD_A", USERS[0].1)
        .env("LAUNCHGATE_PASSWORD_B", USERS[1].1)
        .output()
        .expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_is_taken_and_what_is_refused_is_found_by_trying() {
    let (_runtime, address, notes) = serve();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{address}");
    let arguments = ["init", "--url", &url, "--user-a", "ada", "--user-b", "eve"];
    let (code, said) = launchgate(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("tried     1 of 1 kinds of objects were made and removed again"),
        "{said}"
    );
    assert!(notes.lock().expect("a lock").is_empty(), "something was left behind");
    assert!(!folder.path().join(".launchgate").exists());
    let plan = std::fs::read_to_string(folder.path().join("launchgate.yml")).expect("the plan is there");
    for line in [
        "\nresources:\n  note: { create: { post: /notes, json: { title: \"{{canary}}\" } } }\n",
        "  \"PATCH /notes/{id}\": { json: {\"title\":",
        "  \"GET /audit\": { skip: \"both users are answered 403\" }\n",
    ] {
        assert!(plan.contains(line), "no {line:?} in\n{plan}");
    }
    // Unedited, it runs and proves.
    let (code, said) = launchgate(
        folder.path(),
        &["run", "--only", "access,auth/anonymous,auth/forged-credential"],
    );
    assert_eq!(code, Some(0), "{said}\n{plan}");
    assert!(
        said.contains("PROVEN") && said.contains(" 0 failed, 0 inconclusive"),
        "{said}"
    );
    assert!(notes.lock().expect("a lock").is_empty(), "something was left behind");
}

#[test]
fn nothing_is_tried_where_it_is_not_wanted() {
    let (_runtime, address, notes) = serve();
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://{address}");
    let arguments = [
        "init",
        "--url",
        &url,
        "--user-a",
        "ada",
        "--user-b",
        "eve",
        "--no-rehearsal",
    ];
    let (code, said) = launchgate(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{said}");
    let plan = std::fs::read_to_string(folder.path().join("launchgate.yml")).expect("the plan is there");
    assert!(
        !said.contains("tried ") && !plan.contains("\nresources:"),
        "{said}\n{plan}"
    );
    assert!(notes.lock().expect("a lock").is_empty());
}
