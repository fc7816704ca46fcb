//! What sessions go through: frozen ones, logins that differ, refresh tokens that are traded again.

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gate_exchange::{Actor, Client, Entry, Outgoing, Purpose, SessionLife as _, Sessions as _, Target as _};
use gate_model::{Cause, Secret};
use gate_spec::{Action, ActionKind, Extract, LoginKind, Method, Spec};
use serde_json::{Value, json};
use support::{
    client, identity, login, named, password_login, post_json, request, serve, spec, step, with_identity, with_login,
};

/// Tokens by user, one-time refresh tokens, and what was sent.
#[derive(Clone, Default)]
struct Server {
    tokens: Arc<Mutex<HashMap<String, String>>>,
    refresh: Arc<Mutex<HashMap<String, String>>>,
    traded: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<Value>>>,
    expires_in: Option<u64>,
    /// Whether a refresh is served with a token that nothing takes.
    stale: Arc<Mutex<bool>>,
}

impl Server {
    fn issue(&self, user: &str) -> Json<Value> {
        let mut tokens = self.tokens.lock().expect("not poisoned");
        let count = tokens.len() + 1;
        let (token, refresh) = (format!("opaque-token-{count}"), format!("refresh-token-{count}"));
        tokens.insert(token.clone(), user.to_owned());
        self.refresh
            .lock()
            .expect("not poisoned")
            .insert(refresh.clone(), user.to_owned());
        let mut answer = json!({"token": token, "refresh_token": refresh});
        if let Some(seconds) = self.expires_in {
            answer["expires_in"] = json!(seconds);
        }
        Json(answer)
    }

    fn token_of(headers: &HeaderMap) -> Option<String> {
        Some(
            headers
                .get("authorization")?
                .to_str()
                .ok()?
                .strip_prefix("Bearer ")?
                .to_owned(),
        )
    }
}

async fn log_in(State(server): State<Server>, Json(body): Json<Value>) -> Json<Value> {
    server.bodies.lock().expect("not poisoned").push(body.clone());
    server.issue(body["email"].as_str().unwrap_or_default())
}

async fn refresh(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    let token = body["refresh_token"].as_str().unwrap_or_default().to_owned();
    server.traded.lock().expect("not poisoned").push(token.clone());
    let user = server.refresh.lock().expect("not poisoned").remove(&token);
    match user {
        Some(_) if *server.stale.lock().expect("not poisoned") => {
            Json(json!({"token": "opaque-token-stale", "refresh_token": token})).into_response()
        }
        Some(user) => server.issue(&user).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn me(State(server): State<Server>, headers: HeaderMap) -> Response {
    let user =
        Server::token_of(&headers).and_then(|token| server.tokens.lock().expect("not poisoned").get(&token).cloned());
    match user {
        Some(user) => Json(json!({"email": user})).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn log_out(State(server): State<Server>, headers: HeaderMap) -> StatusCode {
    if let Some(token) = Server::token_of(&headers) {
        server.tokens.lock().expect("not poisoned").remove(&token);
    }
    StatusCode::NO_CONTENT
}

fn app(server: &Server) -> Router {
    Router::new()
        .route("/login", post(log_in))
        .route("/refresh", post(refresh))
        .route("/me", get(me))
        .route("/logout", post(log_out))
        .with_state(server.clone())
}

async fn plan(server: &Server) -> Spec {
    let mut spec = with_login(spec(&serve(app(server)).await), password_login());
    spec.settings.actions.known.push(Action {
        kind: ActionKind::Refresh,
        request: post_json("/refresh", json!({"refresh_token": "{{refresh_token}}"})),
        operation: None,
        params: Vec::new(),
        by: None,
        role: None,
        loses: None,
        source: None,
    });
    let fields = [("email", "alice@x.test"), ("password", "correct-horse")];
    with_identity(spec, identity("alice", Some("password"), &fields))
}

async fn opened(server: &Server) -> (Client, Actor, Actor) {
    let client = client(plan(server).await);
    let session = client.private(&named("alice")).await.expect("a session");
    let frozen = client.freeze(&session).await.expect("a copy");
    (client, session, frozen)
}

#[tokio::test]
async fn a_frozen_session_presents_what_it_presented_then() {
    let server = Server::default();
    let (client, session, frozen) = opened(&server).await;
    assert_eq!(client.look(&frozen).await.expect("an answer").shown, Ok(()));
    let logout = gate_exchange::Request::new(Method::Post, "/logout");
    client
        .send(Outgoing::new(&session, Purpose::Probe, logout))
        .await
        .expect("an answer");
    for _ in 0..2 {
        let look = client.look(&frozen).await.expect("an answer");
        assert_eq!(look.exchange.status, 401);
        assert_eq!(look.shown.expect_err("it was ended").cause, Cause::SessionLost);
    }
    // The shared session is another one.
    client.alive(&named("alice")).await.expect("alive");
}

#[tokio::test]
async fn a_refresh_token_can_be_presented_again_and_again() {
    let server = Server::default();
    let (client, _, frozen) = opened(&server).await;
    let first = client.refresh(&frozen).await.expect("an answer");
    let renewed = first.session.expect("a session");
    assert_eq!(client.look(&renewed).await.expect("an answer").shown, Ok(()));
    let again = client.refresh(&frozen).await.expect("an answer");
    assert_eq!((again.exchange.status, again.session.is_none()), (401, true));
    let next = client.refresh(&renewed).await.expect("an answer");
    assert!(next.session.is_some());
    let traded = server.traded.lock().expect("not poisoned").clone();
    assert_eq!(traded[0], traded[1]);
    assert_ne!(traded[0], traded[2]);
    // What the renewed session holds is new in both parts.
    let (old, new) = (
        client.credentials(&frozen).await.expect("credentials"),
        client.credentials(&renewed).await.expect("credentials"),
    );
    assert_ne!(
        old.main().map(|(_, token)| token.expose().clone()),
        new.main().map(|(_, token)| token.expose().clone())
    );
    assert_ne!(
        old.other("refresh_token").map(Secret::expose),
        new.other("refresh_token").map(Secret::expose)
    );
}

#[tokio::test]
async fn a_frozen_session_that_runs_out_is_told_from_one_that_was_ended() {
    let server = Server {
        expires_in: Some(0),
        ..Server::default()
    };
    let (client, _, frozen) = opened(&server).await;
    let lost = client.look(&frozen).await.expect_err("it ran out");
    assert!(lost.detail.contains("ran out by itself"), "{}", lost.detail);
}

#[tokio::test]
async fn a_login_can_send_another_password_than_the_plans() {
    let server = Server::default();
    let client = client(plan(&server).await);
    let password = client.new_password();
    let entry = Entry {
        fields: vec![("password".to_owned(), password.clone())],
        ..Entry::default()
    };
    let actor = client.enter(&named("alice"), &entry).await.expect("a session");
    assert_eq!(client.look(&actor).await.expect("an answer").shown, Ok(()));
    assert_eq!(client.value(&actor, "password"), Some(json!(password.expose())));
    assert_eq!(client.value(&actor, "email"), Some(json!("alice@x.test")));
    assert!(client.value(&actor, "refresh_token").is_some());
    let bodies = server.bodies.lock().expect("not poisoned").clone();
    assert_eq!(bodies[0]["password"], json!(password.expose()));
}

/// Keeps the cookie that comes, or gives one.
async fn cookie_login(request: Request) -> Response {
    let sent = request
        .headers()
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok());
    let cookie = sent.unwrap_or("sid=made-by-the-server").to_owned();
    ([(header::SET_COOKIE, format!("{cookie}; Path=/; HttpOnly"))], "in").into_response()
}

#[tokio::test]
async fn a_login_can_begin_with_cookies() {
    let url = serve(Router::new().route("/login", post(cookie_login))).await;
    let kind = LoginKind::Steps(vec![step(
        request(Method::Post, "/login"),
        &[("sid", Extract::Cookie("sid".to_owned()))],
    )]);
    let spec = with_login(spec(&url), login("cookie", kind));
    let client = client(with_identity(
        spec,
        identity("alice", Some("cookie"), &[("email", "a")]),
    ));
    let entry = Entry {
        cookies: vec![("sid".to_owned(), Secret::new("planted-before-it".to_owned()))],
        ..Entry::default()
    };
    let plain = client.private(&named("alice")).await.expect("a session");
    let planted = client.enter(&named("alice"), &entry).await.expect("a session");
    assert_eq!(client.value(&plain, "sid"), Some(json!("made-by-the-server")));
    assert_eq!(client.value(&planted, "sid"), Some(json!("planted-before-it")));
    let answers = client.cookie_answers(&plain);
    assert_eq!(answers.len(), 1);
    assert_eq!(
        answers[0].header("set-cookie"),
        Some("sid=made-by-the-server; Path=/; HttpOnly")
    );
}

/// As after a change of the password: the refresh is served, and what it gives is refused.
#[tokio::test]
async fn a_refresh_that_gives_a_dead_session_is_followed_by_a_login() {
    let server = Server::default();
    let mut spec = plan(&server).await;
    let login = spec.logins.values_mut().next().expect("a login");
    login.refresh = Some(step(
        post_json("/refresh", json!({"refresh_token": "{{refresh_token}}"})),
        &[
            ("token", Extract::JsonPath("$.token".to_owned())),
            ("refresh_token", Extract::JsonPath("$.refresh_token".to_owned())),
        ],
    ));
    let client = client(spec);
    client.alive(&named("alice")).await.expect("alive");
    let logins = || server.bodies.lock().expect("not poisoned").len();
    assert_eq!(logins(), 1);
    *server.stale.lock().expect("not poisoned") = true;
    server.tokens.lock().expect("not poisoned").clear();
    client.renew(&named("alice")).await.expect("renewed");
    client.alive(&named("alice")).await.expect("alive again");
    assert_eq!(logins(), 2);
    // The next time a refresh is tried again.
    *server.stale.lock().expect("not poisoned") = false;
    client.renew(&named("alice")).await.expect("renewed");
    client.alive(&named("alice")).await.expect("alive");
    assert_eq!(logins(), 2);
}
