//! What goes over the wire, byte for byte, and what must never go.

mod support;

use gate_exchange::{Actor, Outgoing, Purpose, Request, RequestBody, Sessions as _, Target as _};
use gate_model::Cause;
use gate_spec::Method;
use support::{OK, Raw, bearer, client, get, spec, with_identity};

#[tokio::test]
async fn paths_go_out_byte_for_byte() {
    let server = Raw::answering(OK).await;
    let client = client(spec(&server.url));
    let paths = [
        "/a/../b",
        "/a/./b",
        "/%2e%2e/",
        "/%2E%2e%2fetc",
        "//x",
        "///",
        "/a;b=c",
        "/a%00b",
        "/a?",
        "/a?b=../c&d=%2e",
        "/a//b/",
        "/a\\b",
        "/a|b^c{e}~'()",
        "/A%c3%a9",
        "/%",
        "/?",
        "/",
    ];
    for path in paths {
        let exchange = get(&client, &Actor::anonymous(), path).await;
        assert!(exchange.is_ok(), "{path}: {exchange:?}");
    }
    let expected: Vec<String> = paths.iter().map(|path| format!("GET {path} HTTP/1.1")).collect();
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn what_http_cannot_carry_is_refused_and_not_repaired() {
    let server = Raw::answering(OK).await;
    let client = client(spec(&server.url));
    for path in ["/a b", "/a`b", "/a<b>", "/a#b", "/#", "/a\tb", "/a\r\nX: y", "/a\u{0}b"] {
        let undecided = get(&client, &Actor::anonymous(), path).await.expect_err(path);
        assert_eq!(undecided.cause, Cause::Transport, "{path}");
        assert!(undecided.detail.contains("cannot be sent"), "{}", undecided.detail);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_whole_request_is_as_it_was_built() {
    let server = Raw::answering(OK).await;
    let client = client(with_identity(
        spec(&format!("{}/api", server.url)),
        bearer("alice", "tok-alice-1"),
    ));
    let mut request = Request::new(Method::Post, "/x?y=1");
    request.headers.push(("Accept".to_owned(), "text/csv".to_owned()));
    request.body = Some(RequestBody {
        media_type: "application/json".to_owned(),
        bytes: b"{\"a\":1}"[..].into(),
    });
    let sent = Outgoing::new(&Actor::identity(&"alice".into()), Purpose::Control, request);
    let exchange = client.send(sent).await.expect("an answer");
    assert_eq!(exchange.credential_headers.to_vec(), ["Authorization"]);
    assert!(!exchange.url.contains("tok-"));
    let seen = server.seen().remove(0);
    let version = env!("CARGO_PKG_VERSION");
    let mut lines: Vec<&str> = seen.split("\r\n").collect();
    let (first, body) = (lines.remove(0), lines.pop());
    lines.sort_unstable();
    assert_eq!(first, "POST /api/x?y=1 HTTP/1.1");
    assert_eq!(body, Some("{\"a\":1}"));
    assert_eq!(
        lines,
        [
            "",
            "accept: text/csv",
            "authorization: Bearer tok-alice-1",
            "content-length: 7",
            "content-type: application/json",
            &format!("host: 127.0.0.1:{}", server.port),
            &format!("user-agent: launchgate/{version}"),
        ]
    );
}

#[tokio::test]
async fn nobody_presents_nothing() {
    let server = Raw::answering(OK).await;
    let client = client(with_identity(spec(&server.url), bearer("alice", "tok-alice-1")));
    let mut request = Request::new(Method::Get, "/x");
    request
        .headers
        .push(("authorization".to_owned(), "Bearer sample".to_owned()));
    request.headers.push(("Cookie".to_owned(), "a=b".to_owned()));
    client
        .send(Outgoing::new(&Actor::anonymous(), Purpose::Probe, request))
        .await
        .expect("an answer");
    let seen = server.seen().remove(0).to_ascii_lowercase();
    assert!(!seen.contains("authorization") && !seen.contains("cookie"), "{seen}");
}

#[tokio::test]
async fn altered_headers_go_as_they_are() {
    let server = Raw::answering(OK).await;
    let client = client(with_identity(spec(&server.url), bearer("alice", "tok-alice-1")));
    let live = client
        .credentials(&Actor::identity(&"alice".into()))
        .await
        .expect("a session");
    let altered = live.with_main("forged", "alice's token, forged", "forged-1".to_owned());
    let actor = Actor::altered(altered);
    get(&client, &actor, "/x").await.expect("an answer");
    let seen = server.seen().remove(0);
    assert!(
        seen.contains("authorization: Bearer forged-1") && !seen.contains("tok-alice-1"),
        "{seen}"
    );
}

#[tokio::test]
async fn trailers_and_a_reason_of_its_own_are_seen_and_rule_nothing() {
    let server = Raw::answering(
        "HTTP/1.1 403 No lgcabc for you\r\ntransfer-encoding: chunked\r\ntrailer: x-owner, age\r\n\r\n\
         2\r\nhi\r\n0\r\nx-owner: alice\r\nage: 7\r\n\r\n",
    )
    .await;
    let client = client(spec(&server.url));
    let exchange = get(&client, &Actor::anonymous(), "/").await.expect("an answer");
    let shown = |name: &str| {
        exchange
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(shown(":reason"), Some("No lgcabc for you"));
    assert_eq!(shown("trailer:x-owner"), Some("alice"));
    assert_eq!((exchange.header("age"), exchange.text().as_ref()), (None, "hi"));
}
