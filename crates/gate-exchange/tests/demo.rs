//! The client against the demo API, sound and odd.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_demo::{CREDENTIALS, Config, Demo, Sabotage};
use gate_exchange::{Actor, Client, Sessions as _};
use gate_model::Cause;
use gate_spec::{Extract, LoginKind, Match, Method, Whoami};
use serde_json::json;
use support::{client, get, identity, login, named, post_json, request, spec, step, with_identity, with_login};

async fn demo(sabotage: Option<Sabotage>) -> (Demo, Client) {
    let config = sabotage.into_iter().fold(Config::default(), Config::with_sabotage);
    let demo = Demo::start(config).await.expect("a port");
    let body = json!({"email": "{{email}}", "password": "{{password}}"});
    let capture = [("token", Extract::JsonPath("$.access_token".to_owned()))];
    let mut password = login(
        "password",
        LoginKind::Steps(vec![step(post_json("/auth/login", body), &capture)]),
    );
    password.whoami = Some(Whoami {
        request: request(Method::Get, "/me"),
        must: Match {
            equals: vec![("$.email".to_owned(), json!("{{email}}"))],
            ..Match::default()
        },
    });
    let mut spec = with_login(spec(&demo.url()), password);
    for user in CREDENTIALS
        .iter()
        .filter(|user| ["alice", "bob", "mallory"].contains(&user.name))
    {
        let fields = [("email", user.email), ("password", user.password)];
        spec = with_identity(spec, identity(user.name, Some("password"), &fields));
    }
    (demo, client(spec))
}

#[tokio::test]
async fn everybody_is_proven() {
    let (_demo, client) = demo(None).await;
    for proof in client.prove().await {
        assert_eq!(
            proof.result,
            Ok("GET /me shows $.email".to_owned()),
            "{}",
            proof.identity
        );
    }
}

#[tokio::test]
async fn a_global_limiter_slows_the_run_and_refuses_nobody() {
    let (_demo, client) = demo(Some(Sabotage::GlobalLimiter(30))).await;
    let client = Arc::new(client);
    let started = Instant::now();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { get(&client, &Actor::identity(&named("alice")), "/projects").await })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.expect("no panic").expect("an answer").status);
    }
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[tokio::test]
async fn short_tokens_are_never_used_up() {
    // Of the only second of a token that counts whole seconds, nothing may be left.
    let (_demo, client) = demo(Some(Sabotage::ShortTokens(2))).await;
    let started = Instant::now();
    let mut generations = HashSet::new();
    while started.elapsed() < Duration::from_secs(4) {
        let exchange = get(&client, &Actor::identity(&named("alice")), "/me")
            .await
            .expect("an answer");
        assert_eq!(exchange.status, 200, "after {:?}", started.elapsed());
        generations.insert(exchange.generation);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(generations.len() >= 3, "{generations:?}");
}

#[tokio::test]
async fn a_single_session_is_not_lost_to_a_private_one() {
    let (_demo, client) = demo(Some(Sabotage::SingleSession)).await;
    let alice = named("alice");
    client.alive(&alice).await.expect("alive");
    assert!(client.private(&alice).await.is_err());
    client.alive(&alice).await.expect("alive again");
}

#[tokio::test]
async fn a_redirect_to_the_login_is_an_answer_and_not_followed() {
    let (_demo, client) = demo(Some(Sabotage::RedirectToLogin)).await;
    let exchange = get(&client, &Actor::anonymous(), "/projects").await.expect("an answer");
    assert_eq!((exchange.status, exchange.header("location")), (302, Some("/login")));
}

#[tokio::test]
async fn a_server_that_dies_is_down() {
    let (_demo, client) = demo(Some(Sabotage::DiesAfter(3))).await;
    let mut last = None;
    for _ in 0..6 {
        last = get(&client, &Actor::anonymous(), "/healthz").await.err();
    }
    assert_eq!(last.expect("nobody answers").cause, Cause::TargetDown);
}

#[tokio::test]
async fn a_lost_session_is_seen_and_renewed() {
    let (_demo, client) = demo(Some(Sabotage::OwnerSessionLost(3))).await;
    let alice = named("alice");
    let actor = Actor::identity(&alice);
    let mut lost = None;
    for _ in 0..6 {
        get(&client, &actor, "/projects").await.expect("an answer");
        lost = lost.or(client.alive(&alice).await.err());
    }
    assert_eq!(lost.expect("a lost session").cause, Cause::SessionLost);
    client.renew(&alice).await.expect("renewed");
    client.alive(&alice).await.expect("alive again");
}
