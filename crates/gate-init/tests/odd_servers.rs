//! First plans of servers whose documents say less: no login, only a key, a tenant in the path, text that wants to be YAML.

mod support;

use std::net::SocketAddr;

use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use gate_init::{Credential, InitError, Person};
use gate_model::Secret;
use serde_json::{Value, json};
use support::{asked, people, text};

const USERS: [(&str, &str); 2] = [("ada", "ada-password-1"), ("eve", "eve-password-1")];

/// Serves a router on a free port.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn document(paths: Value) -> String {
    json!({ "openapi": "3.0.3", "info": { "title": "odd", "version": "1" }, "paths": paths }).to_string()
}

/// Who a bearer token belongs to.
fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("authorization")?.to_str().ok()?;
    value.strip_prefix("Bearer token-of-").map(str::to_owned)
}

async fn me(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let user = bearer(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
    let workspace = if user == "ada" { 7 } else { 8 };
    Ok(Json(json!({ "username": user, "workspace_id": workspace })))
}

#[derive(serde::Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// A form login that the document does not show.
async fn login(Form(login): Form<Login>) -> Result<Json<Value>, StatusCode> {
    if USERS.contains(&(login.username.as_str(), login.password.as_str())) {
        return Ok(Json(
            json!({ "data": { "accessToken": format!("token-of-{}", login.username) } }),
        ));
    }
    Err(StatusCode::UNAUTHORIZED)
}

#[tokio::test]
async fn a_login_that_the_document_does_not_show_is_found() {
    let document = document(json!({
        "/me": { "get": { "responses": { "200": { "description": "ok" } } } },
        "/workspaces/{workspaceId}/notes": {
            "get": { "parameters": [{ "name": "workspaceId", "in": "path", "required": true, "schema": { "type": "integer" } }], "responses": { "200": { "description": "ok" } } }
        },
        "/news": { "get": { "responses": { "200": { "description": "ok" } } } },
    }));
    let router = Router::new()
        .route("/api/auth/login", post(login))
        .route("/me", get(me))
        .route("/news", get(|| async { "news for all" }));
    let address = serve(router).await;
    let made = gate_init::init(&asked(format!("http://{address}"), Some(&document), people(USERS)))
        .await
        .expect("a plan");
    let text = text(&made);
    assert!(made.proven(), "{:?}\n{text}", made.proofs);
    assert!(text.contains("this one was tried and works"), "{text}");
    assert!(
        text.contains("post: \"/api/auth/login\", form: { username: \"{{username}}\""),
        "{text}"
    );
    assert!(text.contains("  tenant_in: { path: \"workspaceId\" }\n"), "{text}");
    assert!(
        text.contains("  ada: { tenant: workspace-7, tenant_id: \"7\", as: "),
        "{text}"
    );
    assert!(text.contains("  openapi: { file: \"api.json\" }\n"), "{text}");
    assert!(text.contains("#  \"GET /news\": { public: true }\n"), "{text}");
}

/// As Django does it: the login is guessed, the session is a cookie, and so is the token, which scripts may read.
#[tokio::test]
async fn a_token_in_a_cookie_is_sent_back_in_its_header() {
    async fn login(Form(login): Form<Login>) -> Result<(HeaderMap, StatusCode), StatusCode> {
        if !USERS.contains(&(login.username.as_str(), login.password.as_str())) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let mut headers = HeaderMap::new();
        for cookie in [
            format!("sessionid=session-of-{}; HttpOnly; Path=/", login.username),
            "csrf_secret=0123456789abcdef; HttpOnly; Path=/".to_owned(),
            "csrftoken=abcdef0123456789; Path=/".to_owned(),
        ] {
            headers.append("set-cookie", cookie.parse().expect("a header"));
        }
        Ok((headers, StatusCode::NO_CONTENT))
    }
    async fn me(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
        let cookies = headers
            .get("cookie")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let user = cookies.split("session-of-").nth(1).ok_or(StatusCode::UNAUTHORIZED)?;
        let user = user.split(';').next().unwrap_or_default();
        Ok(Json(json!({ "username": user })))
    }
    let document = document(json!({ "/me": { "get": { "responses": { "200": { "description": "ok" } } } } }));
    let address = serve(Router::new().route("/login", post(login)).route("/me", get(me))).await;
    let made = gate_init::init(&asked(format!("http://{address}"), Some(&document), people(USERS)))
        .await
        .expect("a plan");
    let text = text(&made);
    assert!(made.proven(), "{:?}\n{text}", made.proofs);
    for wanted in [
        "the cookie csrftoken holds a token that goes with unsafe requests as X-CSRFToken",
        "capture: { csrf: \"cookie csrftoken\" }, send: { cookies: all, unsafe_headers: { X-CSRFToken: \"{{csrf}}\" } }",
        "this one was tried and works",
    ] {
        let flat = text.replace("\n# ", " ");
        assert!(flat.contains(wanted), "no {wanted:?} in\n{text}");
    }
}

#[tokio::test]
async fn where_no_login_works_the_plan_says_what_is_missing() {
    let document = document(json!({ "/me": { "get": { "responses": { "200": { "description": "ok" } } } } }));
    let address = serve(Router::new().route("/me", get(me))).await;
    let made = gate_init::init(&asked(format!("http://{address}"), Some(&document), people(USERS)))
        .await
        .expect("a plan");
    assert!(!made.proven());
    let text = text(&made);
    assert!(text.contains("# MISSING: the document does not show a login"), "{text}");
    assert!(text.contains("\nlogins:\n  password: "), "{text}");
}

#[tokio::test]
async fn a_document_that_knows_only_a_key_has_tokens_sent_as_one() {
    async fn things(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
        let key = headers.get("x-team-key").and_then(|value| value.to_str().ok());
        match key {
            Some("key-of-a-12345678") => Ok(Json(json!([{ "id": 1, "name": "of a" }]))),
            Some("key-of-b-12345678") => Ok(Json(json!([{ "id": 2, "name": "of b" }]))),
            _ => Err(StatusCode::UNAUTHORIZED),
        }
    }
    let document = json!({
        "openapi": "3.0.3", "info": { "title": "keys", "version": "1" },
        "components": { "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Team-Key" } } },
        "security": [{ "key": [] }],
        "paths": { "/things": { "get": { "responses": { "200": { "description": "ok" } } } } },
    })
    .to_string();
    let router = Router::new()
        .route("/things", get(things))
        .route(
            "/v3/api-docs",
            get({
                let document = document.clone();
                move || async move { document }
            }),
        )
        // An application of one page answers everything with itself.
        .fallback(|| async { "<!doctype html><title>app</title>" });
    let address = serve(router).await;
    let users = ['A', 'B'].map(|letter| Person {
        letter,
        credential: Credential::Token(Secret::new(format!("key-of-{}-12345678", letter.to_ascii_lowercase()))),
    });
    let made = gate_init::init(&asked(format!("http://{address}"), None, users))
        .await
        .expect("a plan");
    let text = text(&made);
    assert!(made.proven(), "{:?}\n{text}", made.proofs);
    assert!(text.contains("  openapi: \"/v3/api-docs\"\n"), "{text}");
    assert!(
        text.contains("  a: { api_key: { header: \"X-Team-Key\", value: \"${LAUNCHGATE_TOKEN_A}\" } }\n"),
        "{text}"
    );
    assert!(!text.contains("key-of-"), "{text}");
}

#[tokio::test]
async fn what_a_server_says_does_not_become_lines_of_the_plan() {
    async fn whoami(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
        let user = bearer(&headers).ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Json(json!({
            "id\nlimits: { requests: 1 }": 1, "email": format!("{user}\ntokens: {{}}"),
            "tenant": format!("{user}\nlogins:\n  x: y"), "role": "admin }\nchecks: { off: { access: \"pwned\" } }",
        })))
    }
    async fn item(Path(_): Path<String>, State(()): State<()>) -> StatusCode {
        StatusCode::NOT_FOUND
    }
    let document = json!({
        "openapi": "3.0.3", "info": { "title": "t\nchecks: { off: { access: \"pwned\" } }\u{2028}x", "version": "1" },
        "paths": {
            "/me": { "get": { "responses": { "200": { "description": "ok" } } } },
            "/a\nchecks: { off: { auth: pwned } }/{id}": { "get": { "responses": { "200": { "description": "ok" } } } },
        },
    })
    .to_string();
    let router = Router::new()
        .route("/me", get(whoami))
        .route("/{id}", get(item))
        .with_state(());
    let address = serve(router).await;
    let users = ['A', 'B'].map(|letter| Person {
        letter,
        credential: Credential::Token(Secret::new(format!("token-of-{letter}"))),
    });
    let made = gate_init::init(&asked(format!("http://{address}"), Some(&document), users))
        .await
        .expect("a plan");
    let text = text(&made);
    let of_ours = ["version", "target", "identities", "logins"];
    for line in text
        .lines()
        .filter(|line| !line.starts_with(['#', ' ']) && !line.is_empty())
    {
        let key = line.split(':').next().unwrap_or_default();
        assert!(of_ours.contains(&key), "{line:?} in\n{text}");
    }
    assert!(!text.contains("\nchecks"), "{text}");
    assert!(made.spec.settings.off.is_empty());
}

#[tokio::test]
async fn a_server_that_repeats_passwords_gets_them_into_no_plan() {
    async fn echo(body: String) -> (StatusCode, String) {
        (StatusCode::BAD_REQUEST, format!("wrong: {body}"))
    }
    let login = json!({ "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["username", "password"],
        "properties": { "username": { "type": "string" }, "password": { "type": "string" } } } } } }, "responses": { "200": { "description": "ok" } } });
    let document = document(json!({
        "/login": { "post": login },
        "/me": { "get": { "responses": { "200": { "description": "ok" } } } },
    }));
    let address = serve(Router::new().route("/login", post(echo)).route("/me", get(me))).await;
    let made = gate_init::init(&asked(format!("http://{address}"), Some(&document), people(USERS)))
        .await
        .expect("a plan");
    let said = format!("{}\n{:?}", text(&made), made.proofs);
    assert!(said.contains("was answered 400"), "{said}");
    assert!(!said.contains("password-1"), "{said}");
}

#[tokio::test]
async fn nothing_there_is_said_as_what_it_is() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let gone = gate_init::init(&asked(format!("http://{address}"), None, people(USERS))).await;
    assert!(matches!(gone, Err(InitError::TargetSilent(_))), "{gone:?}");
    let address = serve(Router::new()).await;
    let empty = gate_init::init(&asked(format!("http://{address}"), None, people(USERS))).await;
    assert!(matches!(empty, Err(InitError::NoDocument { .. })), "{empty:?}");
    let broken = gate_init::init(&asked(
        format!("http://{address}"),
        Some("{ \"openapi\": 3"),
        people(USERS),
    ))
    .await;
    assert!(matches!(broken, Err(InitError::Document { .. })), "{broken:?}");
    let odd = gate_init::init(&asked("ftp://x".to_owned(), Some(&document(json!({}))), people(USERS))).await;
    assert!(odd.is_err());
}
