//! The run as a whole: budget, cancellation, clean-up, observers, latency, scope, documents, proxy.

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get};
use gate_exchange::{Actor, Client, Exchange, Observer, Options, Outgoing, Purpose, Request, Target as _};
use gate_model::{Cause, OperationId, SharedRedactor};
use gate_spec::{LoginKind, Method, TenantSelector};
use support::{
    OK, Raw, bearer, client, client_with, identity, login, named, options, post_json, serve, spec, step, with_identity,
    with_login,
};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

fn app() -> Router {
    Router::new()
        .route("/ok", any(|| async { "ok" }))
        .route("/no", any(|| async { StatusCode::FORBIDDEN }))
        .route("/hang", any(|| async { std::future::pending::<()>().await }))
        .route(
            "/doc",
            get(|headers: HeaderMap| async move { format!("{}", headers.contains_key("authorization")) }),
        )
        .route("/moved", get(|| async { Redirect::to("/doc") }))
        .route("/away", get(|| async { Redirect::to("http://evil.test/doc") }))
        .route("/binary", get(|| async { vec![0xff, 0xfe] }))
}

fn outgoing(purpose: Purpose, method: Method, path: &str) -> Outgoing {
    Outgoing::new(&Actor::anonymous(), purpose, Request::new(method, path))
}

#[tokio::test]
async fn the_request_budget_ends_the_run_and_not_the_clean_up() {
    let options = Options {
        requests: 2,
        ..options()
    };
    let client = client_with(spec(&serve(app()).await), options);
    for _ in 0..2 {
        client
            .send(outgoing(Purpose::Probe, Method::Get, "/ok"))
            .await
            .expect("within the budget");
    }
    let undecided = client
        .send(outgoing(Purpose::Probe, Method::Get, "/ok"))
        .await
        .expect_err("over");
    assert_eq!(undecided.cause, Cause::Budget);
    client
        .send(outgoing(Purpose::Cleanup, Method::Delete, "/ok"))
        .await
        .expect("its own budget");
    assert_eq!(client.requests_sent(), 3);
}

#[tokio::test]
async fn cancelling_ends_what_is_under_way_and_leaves_time_for_clean_up() {
    let client = Arc::new(client(spec(&serve(app()).await)));
    let hanging = {
        let client = client.clone();
        tokio::spawn(async move { client.send(outgoing(Purpose::Probe, Method::Get, "/hang")).await })
    };
    while client.requests_sent() == 0 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    client.cancel();
    let undecided = hanging.await.expect("no panic").expect_err("called off");
    assert_eq!(undecided.cause, Cause::Interrupted);
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(client.send(outgoing(Purpose::Probe, Method::Get, "/ok")).await.is_err());
    client
        .send(outgoing(Purpose::Cleanup, Method::Delete, "/ok"))
        .await
        .expect("clean-up goes on");
}

#[tokio::test]
async fn the_deadline_ends_what_is_under_way() {
    let options = Options {
        deadline: Duration::from_millis(100),
        ..options()
    };
    let client = client_with(spec(&serve(app()).await), options);
    let undecided = client
        .send(outgoing(Purpose::Probe, Method::Get, "/hang"))
        .await
        .expect_err("too late");
    assert_eq!(undecided.cause, Cause::Deadline);
}

#[derive(Default)]
struct Seen(Mutex<Vec<(u64, String)>>);

impl Observer for Seen {
    fn see(&self, exchange: &Exchange) {
        let entry = (exchange.number, exchange.sent.purpose.label().to_owned());
        self.0.lock().expect("not poisoned").push(entry);
    }
}

#[tokio::test]
async fn observers_see_every_exchange_but_logins() {
    let server = Raw::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 26\r\nconnection: close\r\n\r\n{\"token\":\"secret-token-1\"}",
    )
    .await;
    let kind = LoginKind::Steps(vec![step(post_json("/login", serde_json::json!({})), &[])]);
    let spec = with_identity(
        with_login(spec(&server.url), login("l", kind)),
        identity("alice", Some("l"), &[]),
    );
    let client = client(spec);
    let seen = Arc::new(Seen::default());
    client.observe(seen.clone());
    let actor = Actor::identity(&named("alice"));
    for purpose in [Purpose::Control, Purpose::Probe] {
        client
            .send(Outgoing::new(&actor, purpose, Request::new(Method::Get, "/x")))
            .await
            .expect("an answer");
    }
    let expected = [(2, "control".to_owned()), (3, "probe".to_owned())];
    assert_eq!(*seen.0.lock().expect("not poisoned"), expected);
}

#[tokio::test]
async fn latency_is_kept_by_operation() {
    let client = client(spec(&serve(app()).await));
    let operation = OperationId::new("GET /ok");
    for (path, purpose) in [
        ("/ok", Purpose::Control),
        ("/ok", Purpose::Probe),
        ("/no", Purpose::Probe),
        ("/ok", Purpose::Sample),
    ] {
        let outgoing = outgoing(purpose, Method::Get, path).of(&operation);
        client.send(outgoing).await.expect("an answer");
    }
    client
        .send(outgoing(Purpose::Probe, Method::Get, "/ok"))
        .await
        .expect("an answer");
    let samples = client.latencies();
    assert_eq!(samples.len(), 1);
    assert_eq!((samples[0].histogram().len(), samples[0].not_2xx), (2, 1));
    assert!(samples[0].histogram().max() > 0);
}

#[tokio::test]
async fn hosts_out_of_scope_get_nothing() {
    let client = client(spec(&serve(app()).await));
    for url in [
        "http://evil.test/",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "http://[fe80::1]/",
    ] {
        let undecided = client
            .send(outgoing(Purpose::Probe, Method::Get, url))
            .await
            .expect_err(url);
        assert_eq!(undecided.cause, Cause::Transport, "{url}");
        assert!(undecided.detail.contains("not in scope"), "{}", undecided.detail);
    }
    assert_eq!(client.requests_sent(), 0);
}

#[tokio::test]
async fn nothing_is_written_off_this_machine_without_leave() {
    // An address for documentation (RFC 5737): nothing is there, and nothing may be sent there.
    let client = client(spec("http://192.0.2.1:9"));
    let undecided = client
        .send(outgoing(Purpose::Probe, Method::Delete, "/x"))
        .await
        .expect_err("a write");
    assert!(undecided.detail.contains("writes: true"), "{}", undecided.detail);
    assert_eq!(undecided.settle.as_deref(), Some("target:\n  writes: true"));
    assert_eq!(client.requests_sent(), 0);
}

#[tokio::test]
async fn documents_are_fetched_within_bounds() {
    let url = serve(app()).await;
    let client = client(with_identity(spec(&url), bearer("alice", "tok-alice")));
    let alice = named("alice");
    assert_eq!(client.fetch(None, "/doc").await, Ok("false".to_owned()));
    assert_eq!(client.fetch(Some(&alice), "/moved").await, Ok("true".to_owned()));
    assert_eq!(
        client.fetch(Some(&alice), &format!("{url}/doc")).await,
        Ok("true".to_owned())
    );
    for path in ["/away", "/missing", "/binary"] {
        assert!(client.fetch(None, path).await.is_err(), "{path}");
    }
}

#[tokio::test]
async fn tenants_are_selected_where_the_plan_says() {
    let server = Raw::answering(OK).await;
    for (selector, line) in [
        (TenantSelector::Header("X-Org".to_owned()), "x-org: acme-7"),
        (
            TenantSelector::Query("org".to_owned()),
            "GET /x?a=1&org=acme-7 HTTP/1.1",
        ),
    ] {
        let mut spec = spec(&server.url);
        spec.target.tenant_in = Some(selector);
        let mut alice = bearer("alice", "tok-alice");
        alice.tenant_id = Some("acme-7".to_owned());
        let client = client(with_identity(spec, alice));
        for actor in [Actor::identity(&named("alice")), Actor::anonymous()] {
            support::get(&client, &actor, "/x?a=1").await.expect("an answer");
            let seen = server.seen().pop().expect("a request");
            assert!(seen.contains(line), "{seen}");
        }
    }
    let mut spec = spec(&format!("http://localhost:{}", server.port));
    spec.target.tenant_in = Some(TenantSelector::Subdomain);
    let client = client(with_identity(spec, bearer("alice", "tok-alice")));
    support::get(&client, &Actor::identity(&named("alice")), "/x")
        .await
        .expect("an answer");
    let seen = server.seen().pop().expect("a request");
    assert!(
        seen.contains(&format!("host: alice.localhost:{}", server.port)),
        "{seen}"
    );
}

async fn through(proxy: &str, target: &str) -> Client {
    let options = Options {
        proxy: Some(proxy.to_owned()),
        ..options()
    };
    Client::new(Arc::new(spec(target)), options, SharedRedactor::default()).expect("a client")
}

#[tokio::test]
async fn a_proxy_gets_absolute_forms_and_the_scope_still_holds() {
    let proxy = Raw::answering(OK).await;
    let client = through(&proxy.url, "http://api.test").await;
    support::get(&client, &Actor::anonymous(), "/a/../b?c")
        .await
        .expect("an answer");
    assert_eq!(proxy.lines(), ["GET http://api.test/a/../b?c HTTP/1.1"]);
    assert!(
        client
            .send(outgoing(Purpose::Probe, Method::Get, "http://evil.test/"))
            .await
            .is_err()
    );
    assert!(client.send(outgoing(Purpose::Probe, Method::Post, "/x")).await.is_err());
    assert_eq!(proxy.lines().len(), 1);
}

#[tokio::test]
async fn https_goes_through_a_proxy_by_connect() {
    let proxy = Raw::answering("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let client = through(&proxy.url, "https://api.test").await;
    let undecided = support::get(&client, &Actor::anonymous(), "/")
        .await
        .expect_err("the proxy refuses");
    assert_eq!(undecided.cause, Cause::TargetDown, "{}", undecided.detail);
    assert!(
        proxy.lines()[0].starts_with("CONNECT api.test:443 HTTP/1."),
        "{:?}",
        proxy.lines()
    );
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let client = client(spec(&format!("https://127.0.0.1:{port}")));
    assert!(support::get(&client, &Actor::anonymous(), "/").await.is_err());
}

#[test]
fn unusable_options_are_named() {
    let make = |url: &str, change: &dyn Fn(&mut Options)| {
        let mut options = options();
        change(&mut options);
        Client::new(Arc::new(spec(url)), options, SharedRedactor::default())
            .err()
            .map(|error| error.to_string())
    };
    let ok = "http://127.0.0.1:1";
    assert!(make("nowhere", &|_| {}).is_some_and(|text| text.contains("nowhere")));
    for proxy in ["socks5://127.0.0.1:1", "http://u:p@127.0.0.1:1", "x"] {
        let error = make(ok, &|options| options.proxy = Some(proxy.to_owned())).expect("unusable");
        assert!(error.contains("proxy") && !error.contains("u:p"), "{error}");
    }
    assert!(make(ok, &|options| options.allow_hosts_only = vec!["a b".to_owned()]).is_some());
    assert!(
        make(ok, &|options| options.extra_roots_pem =
            b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n".to_vec())
        .is_some()
    );
}

#[tokio::test]
async fn connections_that_carried_credentials_carry_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen: Arc<Mutex<Vec<(usize, bool)>>> = Arc::default();
    let seen_here = seen.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let seen = seen_here.clone();
            tokio::spawn(async move {
                loop {
                    let request = support::read_request(&mut stream).await;
                    if request.is_empty() {
                        return;
                    }
                    let text = String::from_utf8_lossy(&request).into_owned();
                    seen.lock()
                        .expect("not poisoned")
                        .push((connection, text.contains("authorization")));
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                }
            });
        }
    });
    let client = client(with_identity(spec(&url), bearer("alice", "tok-alice")));
    let (alice, nobody) = (Actor::identity(&named("alice")), Actor::anonymous());
    for actor in [&alice, &nobody, &alice, &nobody, &nobody] {
        support::get(&client, actor, "/").await.expect("an answer");
    }
    let seen = seen.lock().expect("not poisoned").clone();
    let expected = [(0, true), (1, false), (0, true), (1, false), (1, false)];
    assert_eq!(seen, expected);
}
