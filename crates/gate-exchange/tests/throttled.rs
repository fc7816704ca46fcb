//! Servers that answer 429.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use gate_exchange::{Actor, Client, Outgoing, Purpose, Request, Target as _};
use gate_spec::Method;
use support::{bearer, client, named, serve, spec, with_identity};

/// Refuses the first so many requests; asks to wait a moment.
#[derive(Clone)]
struct Limiter {
    seen: Arc<AtomicUsize>,
    refuse: usize,
    retry_after: &'static str,
    only: &'static str,
}

impl Limiter {
    fn new(refuse: usize, retry_after: &'static str) -> Self {
        Self {
            seen: Arc::default(),
            refuse,
            retry_after,
            only: "",
        }
    }

    async fn client(&self) -> Client {
        let answer = |State(limiter): State<Self>, headers: HeaderMap| async move {
            let sender = headers
                .get("authorization")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            if !sender.contains(limiter.only) {
                return StatusCode::OK.into_response();
            }
            if limiter.seen.fetch_add(1, Ordering::SeqCst) < limiter.refuse {
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", limiter.retry_after)]).into_response()
            } else {
                StatusCode::OK.into_response()
            }
        };
        let url = serve(Router::new().route("/", any(answer)).with_state(self.clone())).await;
        client(with_identity(
            with_identity(spec(&url), bearer("alice", "tok-alice")),
            bearer("bob", "tok-bob"),
        ))
    }
}

async fn status(client: &Client, name: &str, method: Method) -> u16 {
    let actor = Actor::identity(&named(name));
    let outgoing = Outgoing::new(&actor, Purpose::Probe, Request::new(method, "/"));
    client.send(outgoing).await.expect("an answer").status
}

#[tokio::test]
async fn a_429_is_waited_out_and_repeated_for_every_method() {
    for method in [Method::Get, Method::Post] {
        let limiter = Limiter::new(2, "0.05");
        let client = limiter.client().await;
        let started = Instant::now();
        assert_eq!(status(&client, "alice", method).await, 200);
        assert!(started.elapsed() >= Duration::from_millis(100));
        assert_eq!(client.requests_sent(), 3);
    }
}

#[tokio::test]
async fn a_lasting_429_is_returned_after_three_repeats_and_stalls_nobody() {
    let limiter = Limiter {
        only: "tok-alice",
        ..Limiter::new(usize::MAX, "0.01")
    };
    let client = limiter.client().await;
    for _ in 0..3 {
        assert_eq!(status(&client, "alice", Method::Get).await, 429);
    }
    assert_eq!(client.requests_sent(), 12);
    for _ in 0..5 {
        assert_eq!(status(&client, "alice", Method::Get).await, 429);
    }
    assert_eq!(client.requests_sent(), 17);
    assert_eq!(status(&client, "bob", Method::Get).await, 200);
}

#[tokio::test]
async fn nobody_waits_for_an_hour() {
    let client = Limiter::new(usize::MAX, "3600").client().await;
    let started = Instant::now();
    assert_eq!(status(&client, "alice", Method::Get).await, 429);
    assert!(started.elapsed() < Duration::from_secs(2));
}
