//! Every kind of login against small servers.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use gate_exchange::{Actor, Sessions as _};
use gate_model::Cause;
use serde_json::{Value, json};
use support::{client, identity, named, password_login, serve, spec, with_identity, with_login};

#[derive(Clone, Default)]
struct Logins(Arc<AtomicUsize>);

async fn log_in(State(logins): State<Logins>, Json(body): Json<Value>) -> impl IntoResponse {
    let count = logins.0.fetch_add(1, Ordering::SeqCst) + 1;
    let email = body["email"].as_str().unwrap_or_default().to_owned();
    if body["password"] == json!(format!("pw-of-{email}")) {
        Ok(Json(json!({"token": format!("token-{count}-{email}")})))
    } else {
        Err((
            StatusCode::UNAUTHORIZED,
            Json(json!({"error": "invalid credentials", "sent": body["password"]})),
        ))
    }
}

async fn me(headers: HeaderMap) -> impl IntoResponse {
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match token
        .strip_prefix("Bearer token-")
        .and_then(|rest| rest.split_once('-'))
    {
        Some((_, email)) => Ok(Json(json!({"email": email}))),
        None => Err(StatusCode::UNAUTHORIZED),
    }
}

fn app(logins: Logins) -> Router {
    Router::new()
        .route("/login", post(log_in))
        .route("/me", get(me))
        .with_state(logins)
}

#[tokio::test]
async fn identities_log_in_once_and_are_proven() {
    let logins = Logins::default();
    let url = serve(app(logins.clone())).await;
    let mut spec = with_login(spec(&url), password_login());
    for name in ["alice", "mallory"] {
        let email = format!("{name}@x.test");
        let password = format!("pw-of-{email}");
        spec = with_identity(
            spec,
            identity(name, Some("password"), &[("email", &email), ("password", &password)]),
        );
    }
    let client = client(spec);
    let proofs = client.prove().await;
    assert_eq!(proofs.len(), 2);
    for proof in &proofs {
        assert_eq!(proof.result, Ok("GET /me shows $.email".to_owned()));
    }
    let alive = client.alive(&named("alice")).await.expect("alive");
    let exchange = support::get(&client, &Actor::identity(&named("alice")), "/me")
        .await
        .expect("served");
    assert_eq!(exchange.json().as_deref(), Some(&json!({"email": "alice@x.test"})));
    assert_eq!(exchange.generation, alive.generation);
    assert_eq!(logins.0.load(Ordering::SeqCst), 2);
    client.renew(&named("alice")).await.expect("renewed");
    assert!(client.alive(&named("alice")).await.expect("alive").generation > alive.generation);
}

#[tokio::test]
async fn a_wrong_password_is_told_once_and_without_the_password() {
    let logins = Logins::default();
    let url = serve(app(logins.clone())).await;
    let spec = with_identity(
        with_login(spec(&url), password_login()),
        identity(
            "alice",
            Some("password"),
            &[("email", "alice@x.test"), ("password", "hunter2-wrong")],
        ),
    );
    let client = client(spec);
    let undecided = client.prove().await.remove(0).result.expect_err("refused");
    assert_eq!(undecided.cause, Cause::LoginFailed);
    for part in ["alice", "POST /login", "401", "invalid credentials"] {
        assert!(undecided.detail.contains(part), "{}", undecided.detail);
    }
    assert!(!undecided.detail.contains("hunter2"), "{}", undecided.detail);
    for _ in 0..5 {
        assert!(client.alive(&named("alice")).await.is_err());
    }
    assert_eq!(logins.0.load(Ordering::SeqCst), 1);
}
