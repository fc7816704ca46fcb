//! Sessions over time: renewal, private sessions, proof of who they are, isolation from each other.

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gate_exchange::{Actor, Presented, Sessions as _};
use gate_model::Cause;
use gate_spec::{Effect, Extract, Identity, LoginKind, Match, Method, Spec, Whoami};
use serde_json::{Value, json};
use support::{
    bearer, client, identity, login, named, operation, password_login, post_json, request, serve, spec, step,
    with_identity, with_login,
};

/// Tokens by user; a user may have several, or only the last.
#[derive(Clone, Default)]
struct Server {
    tokens: Arc<Mutex<HashMap<String, String>>>,
    logins: Arc<AtomicUsize>,
    refreshes: Arc<AtomicUsize>,
    single: bool,
    expires_in: Option<u64>,
}

impl Server {
    fn issue(&self, user: &str) -> Json<Value> {
        let count = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("opaque-token-{count}-{user}");
        let mut tokens = self.tokens.lock().expect("not poisoned");
        if self.single {
            tokens.retain(|_, owner| owner != user);
        }
        tokens.insert(token.clone(), user.to_owned());
        let mut answer = json!({"token": token, "refresh_token": format!("refresh-{user}")});
        if let Some(secs) = self.expires_in {
            answer["expires_in"] = json!(secs);
        }
        Json(answer)
    }

    fn user(&self, headers: &HeaderMap) -> Option<String> {
        let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.tokens.lock().expect("not poisoned").get(token).cloned()
    }
}

fn app(server: &Server) -> Router {
    Router::new()
        .route(
            "/login",
            post(|State(server): State<Server>, Json(body): Json<Value>| async move {
                server.issue(body["email"].as_str().unwrap_or_default())
            }),
        )
        .route(
            "/refresh",
            post(|State(server): State<Server>, Json(body): Json<Value>| async move {
                server.refreshes.fetch_add(1, Ordering::SeqCst);
                match body["refresh_token"]
                    .as_str()
                    .and_then(|token| token.strip_prefix("refresh-"))
                {
                    Some(user) => server.issue(user).into_response(),
                    None => StatusCode::UNAUTHORIZED.into_response(),
                }
            }),
        )
        .route(
            "/me",
            get(|State(server): State<Server>, headers: HeaderMap| async move {
                match server.user(&headers) {
                    Some(user) => Json(json!({"email": user, "seen_at": 1})).into_response(),
                    None => StatusCode::UNAUTHORIZED.into_response(),
                }
            }),
        )
        .route(
            "/null",
            get(|State(server): State<Server>, headers: HeaderMap| async move {
                Json(json!({"user": server.user(&headers)}))
            }),
        )
        .route(
            "/items",
            get(|State(server): State<Server>, headers: HeaderMap| async move {
                match server.user(&headers) {
                    Some(_) => Json(json!([])).into_response(),
                    None => StatusCode::FORBIDDEN.into_response(),
                }
            }),
        )
        .route("/open", get(|| async { "for everybody" }))
        .with_state(server.clone())
}

fn alice() -> Identity {
    user("alice", "alice@x.test")
}

fn user(name: &str, email: &str) -> Identity {
    identity(
        name,
        Some("password"),
        &[("email", email), ("password", "correct-horse")],
    )
}

async fn plan(server: &Server) -> Spec {
    with_login(spec(&serve(app(server)).await), password_login())
}

#[tokio::test]
async fn short_tokens_are_renewed_before_they_pass() {
    let server = Server {
        expires_in: Some(0),
        ..Server::default()
    };
    let client = client(with_identity(plan(&server).await, alice()));
    let actor = Actor::identity(&named("alice"));
    let mut generations = HashSet::new();
    for _ in 0..3 {
        generations.insert(support::get(&client, &actor, "/me").await.expect("served").generation);
    }
    assert_eq!(generations.len(), 3);
    assert_eq!(server.logins.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn many_at_once_log_in_once() {
    let server = Server::default();
    let client = Arc::new(client(with_identity(plan(&server).await, alice())));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { support::get(&client, &Actor::identity(&named("alice")), "/me").await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic").expect("served").status, 200);
    }
    assert_eq!(server.logins.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refresh_comes_before_a_new_login() {
    let server = Server::default();
    let mut spec = with_identity(plan(&server).await, alice());
    let login = spec.logins.get_mut("password").expect("it is there");
    let LoginKind::Steps(steps) = &mut login.kind else {
        panic!("a login of steps");
    };
    let refresh_token = (
        "refresh_token".to_owned(),
        Extract::JsonPath("$.refresh_token".to_owned()),
    );
    steps[0].capture.push(refresh_token.clone());
    login.refresh = Some(step(
        post_json("/refresh", json!({"refresh_token": "{{refresh_token}}"})),
        &[("token", Extract::JsonPath("$.token".to_owned()))],
    ));
    let client = client(spec);
    let alice = named("alice");
    let before = client.alive(&alice).await.expect("alive");
    client.renew(&alice).await.expect("renewed");
    let after = client.alive(&alice).await.expect("alive");
    assert!(after.generation > before.generation);
    assert_eq!(server.refreshes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_dead_session_is_told_and_not_renewed_by_asking() {
    let server = Server::default();
    let client = client(with_identity(plan(&server).await, alice()));
    let alice = named("alice");
    client.alive(&alice).await.expect("alive");
    server.tokens.lock().expect("not poisoned").clear();
    let lost = client.alive(&alice).await.expect_err("dead");
    assert_eq!(lost.cause, Cause::SessionLost);
    assert!(
        lost.detail.contains("alice") && lost.detail.contains("401"),
        "{}",
        lost.detail
    );
    assert_eq!(lost.evidence.len(), 1);
    assert_eq!(server.logins.load(Ordering::SeqCst), 1);
    client.renew(&alice).await.expect("renewed");
    client.alive(&alice).await.expect("alive again");
}

#[tokio::test]
async fn private_sessions_are_apart() {
    let server = Server::default();
    let client = client(with_identity(plan(&server).await, alice()));
    let alice = named("alice");
    let shared = client.alive(&alice).await.expect("alive").generation;
    let one = client.private(&alice).await.expect("a session");
    let two = client.private(&alice).await.expect("a session");
    assert_ne!(one.presented, two.presented);
    let mut generations = HashSet::from([shared]);
    for actor in [&one, &two] {
        generations.insert(support::get(&client, actor, "/me").await.expect("served").generation);
    }
    assert_eq!(generations.len(), 3);
    let unknown = Actor {
        presented: Presented::Private(99),
        ..one
    };
    assert!(support::get(&client, &unknown, "/me").await.is_err());
}

#[tokio::test]
async fn a_login_that_ends_the_older_session_gives_no_private_one() {
    let server = Server {
        single: true,
        ..Server::default()
    };
    let client = client(with_identity(plan(&server).await, alice()));
    let alice = named("alice");
    client.alive(&alice).await.expect("alive");
    for _ in 0..2 {
        let undecided = client.private(&alice).await.expect_err("single session");
        assert!(
            undecided.detail.contains("ends its older session"),
            "{}",
            undecided.detail
        );
        client.alive(&alice).await.expect("the shared session lives");
    }
    assert_eq!(server.logins.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn fixed_credentials_cannot_be_renewed() {
    let server = Server::default();
    let client = client(with_identity(plan(&server).await, bearer("bob", "fixed-token")));
    assert!(client.renew(&named("bob")).await.is_err());
    assert!(client.private(&named("bob")).await.is_err());
}

#[tokio::test]
async fn two_names_for_one_user_prove_nothing() {
    let server = Server::default();
    let spec = with_identity(plan(&server).await, alice());
    let spec = with_identity(
        with_identity(spec, user("bob", "ALICE@x.test")),
        user("carol", "carol@x.test"),
    );
    let client = client(spec);
    let proofs = client.prove().await;
    for proof in &proofs[..2] {
        let undecided = proof.result.as_ref().expect_err("the same user");
        assert_eq!(undecided.cause, Cause::IdentityUnproven);
        assert!(
            undecided
                .detail
                .starts_with("identities alice and bob are the same user"),
            "{}",
            undecided.detail
        );
    }
    assert!(proofs[2].result.is_ok());
}

#[tokio::test]
async fn one_token_for_two_names_proves_nothing() {
    let server = Server::default();
    server
        .tokens
        .lock()
        .expect("not poisoned")
        .insert("shared-token".to_owned(), "x".to_owned());
    let mut spec = spec(&serve(app(&server)).await);
    let items = operation(Method::Get, "/items", Effect::List);
    spec.operations.insert(items.id.clone(), items);
    let spec = with_identity(
        with_identity(spec, bearer("a", "shared-token")),
        bearer("b", "shared-token"),
    );
    let client = client(spec);
    for proof in client.prove().await {
        assert!(
            proof
                .result
                .expect_err("the same token")
                .detail
                .contains("the same token")
        );
    }
}

#[tokio::test]
async fn a_liveness_request_is_found_where_the_plan_names_none() {
    let server = Server::default();
    let mut spec = plan(&server).await;
    spec.logins.get_mut("password").expect("it is there").whoami = None;
    for path in ["/open", "/items", "/me"] {
        let operation = operation(Method::Get, path, Effect::ReadOther);
        spec.operations.insert(operation.id.clone(), operation);
    }
    let with_me = client(with_identity(spec.clone(), alice()));
    assert_eq!(
        with_me.prove().await[0].result,
        Ok("GET /me shows a user of its own (`email`)".to_owned())
    );
    spec.operations.shift_remove("GET /me");
    let with_items = client(with_identity(spec.clone(), alice()));
    assert_eq!(
        with_items.prove().await[0].result,
        Ok("GET /items: session served, user not shown".to_owned())
    );
    with_items.alive(&named("alice")).await.expect("alive");
    spec.operations.shift_remove("GET /items");
    let with_open = client(with_identity(spec, alice()));
    let undecided = with_open.prove().await.remove(0).result.expect_err("nothing tells");
    assert_eq!(undecided.cause, Cause::IdentityUnproven);
    assert!(undecided.settle.expect("a remedy").contains("whoami"));
}

#[tokio::test]
async fn a_whoami_that_greets_nobody_too_needs_a_user_in_it() {
    let server = Server::default();
    let mut spec = plan(&server).await;
    spec.logins.get_mut("password").expect("it is there").whoami = Some(Whoami {
        request: request(Method::Get, "/null"),
        must: Match::default(),
    });
    let client = client(with_identity(
        with_identity(spec, alice()),
        bearer("ghost", "no-such-token"),
    ));
    let alice = named("alice");
    client.alive(&alice).await.expect("alive");
    server.tokens.lock().expect("not poisoned").clear();
    let lost = client.alive(&alice).await.expect_err("the answer is nobody's");
    assert_eq!(lost.cause, Cause::SessionLost);
}

/// Sets a cookie of its own for every caller, and tells what cookies came.
async fn cookies(request: Request) -> Response {
    let sent = request
        .headers()
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let who = request.uri().query().unwrap_or_default().to_owned();
    ([(header::SET_COOKIE, format!("sid=cookie-of-{who}; Path=/"))], sent).into_response()
}

#[tokio::test]
async fn cookies_stay_with_their_owner() {
    let url = serve(Router::new().route("/", get(cookies).post(cookies))).await;
    let kind = || LoginKind::Steps(vec![step(request(Method::Post, "/?{{who}}"), &[])]);
    let spec = with_login(spec(&url), login("cookie", kind()));
    let spec = with_identity(spec, identity("alice", Some("cookie"), &[("who", "alice")]));
    let client = client(with_identity(spec, identity("bob", Some("cookie"), &[("who", "bob")])));
    let (alice, bob) = (Actor::identity(&named("alice")), Actor::identity(&named("bob")));
    let saw = async |actor: &Actor, path: &str| {
        support::get(&client, actor, path)
            .await
            .expect("served")
            .text()
            .into_owned()
    };
    assert_eq!(saw(&Actor::anonymous(), "/?nobody").await, "");
    assert_eq!(saw(&alice, "/?alice").await, "sid=cookie-of-alice");
    assert_eq!(saw(&bob, "/?bob").await, "sid=cookie-of-bob");
    assert_eq!(saw(&Actor::anonymous(), "/?nobody").await, "");
    // A session's cookie that the server changes is followed.
    assert_eq!(saw(&alice, "/?new").await, "sid=cookie-of-alice");
    assert_eq!(saw(&alice, "/?alice").await, "sid=cookie-of-new");
    assert_eq!(saw(&bob, "/?bob").await, "sid=cookie-of-bob");
}

/// A server whose `/me` answers with a text: who asks, and how often it was asked.
async fn greeting(text: impl Fn(&str, usize) -> Option<String> + Clone + Send + Sync + 'static) -> Vec<String> {
    let asked = Arc::new(AtomicUsize::new(0));
    let me = get(move |headers: HeaderMap| {
        let (text, count) = (text.clone(), asked.fetch_add(1, Ordering::SeqCst));
        async move {
            let token = headers
                .get("authorization")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let user = token.strip_prefix("Bearer token-of-").unwrap_or("nobody");
            match text(user, count) {
                Some(text) => text.into_response(),
                None => StatusCode::UNAUTHORIZED.into_response(),
            }
        }
    });
    let mut spec = spec(&serve(Router::new().route("/me", me)).await);
    for name in ["alice", "mallory"] {
        let mut identity = bearer(name, &format!("token-of-{name}"));
        identity.whoami = Some(Whoami {
            request: request(Method::Get, "/me"),
            must: Match::default(),
        });
        spec = with_identity(spec, identity);
    }
    let proofs = client(spec).prove().await;
    let said = proofs.into_iter().map(|proof| match proof.result {
        Ok(how) => format!("proven: {how}"),
        Err(reason) => {
            assert_eq!(reason.cause, Cause::IdentityUnproven, "{}", reason.detail);
            reason.detail
        }
    });
    said.collect()
}

#[tokio::test]
async fn one_text_for_two_names_is_one_user() {
    let known = |user: &str, text: String| (user != "nobody").then_some(text);
    let deep = |filling: &str| format!("{}\"{filling}\"{}", "[".repeat(5_000), "]".repeat(5_000));
    for said in [
        greeting(move |user, _| known(user, "you are logged in as guest\n".to_owned())).await,
        greeting(move |user, count| known(user, format!("<p data-nonce=\"x{count}z\">Welcome guest</p>"))).await,
        greeting(move |user, _| known(user, deep("guest"))).await,
        greeting(move |user, count| known(user, format!("{{\"ok\":true,\"rid\":\"r{count}d\"}}"))).await,
        greeting(move |user, _| known(user, String::new())).await,
    ] {
        let same = "identities alice and mallory are the same user: both are answered the same";
        assert_eq!(said, [same, same]);
    }
    for said in [
        greeting(move |user, count| known(user, format!("<p id=\"{count}\">Welcome {user}</p>"))).await,
        greeting(move |user, _| known(user, deep(user))).await,
    ] {
        let proven = "proven: GET /me is answered otherwise than nobody is";
        assert_eq!(said, [proven, proven]);
    }
}

#[tokio::test]
async fn a_text_that_greets_everybody_proves_nothing() {
    for said in [
        greeting(|_, _| Some("welcome".to_owned())).await,
        greeting(|_, count| Some(format!("<p data-nonce=\"x{count}z\">Welcome</p>"))).await,
    ] {
        for (text, name) in said.iter().zip(["alice", "mallory"]) {
            let expected = format!(
                "{name}'s session is not shown to be {name}'s: GET /me proves nothing, it answers nobody the same"
            );
            assert_eq!(*text, expected);
        }
    }
}
