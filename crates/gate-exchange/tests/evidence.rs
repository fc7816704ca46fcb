//! Evidence: redacted, bounded, and with a curl line that does what was done.

mod support;

use std::process::Stdio;

use axum::http::header;
use gate_exchange::{Actor, Client, Exchange, Outgoing, Purpose, Request, RequestBody, Target as _};
use gate_model::Secret;
use gate_spec::Method;
use support::{OK, Raw, bearer, client, identity, named, spec, with_identity};

const TOKEN: &str = "tok'en$(touch x)`y`-1234";

fn plan(url: &str) -> Client {
    let mut spec = spec(url);
    spec.target.headers = vec![
        ("X-App-Id".to_owned(), Secret::new("app-one".to_owned())),
        ("X-App-Key".to_owned(), Secret::new("application-key-1".to_owned())),
    ];
    spec.secrets = vec![Secret::new("application-key-1".to_owned())];
    let bob = identity("bob", None, &[("email", "bob@x.test"), ("password", "it's a $ecret")]);
    client(with_identity(with_identity(spec, bearer("alice", TOKEN)), bob))
}

async fn send(client: &Client, request: Request) -> Exchange {
    let outgoing = Outgoing::new(&Actor::identity(&named("alice")), Purpose::Probe, request);
    client.send(outgoing).await.expect("an answer")
}

/// Runs a line through `sh` with the secrets as variables; `None` where there is no curl here.
async fn run(line: &str) -> Option<()> {
    let mut command = tokio::process::Command::new("sh");
    command
        .args(["-c", line])
        .env_remove("http_proxy")
        .env("LAUNCHGATE_ALICE_TOKEN", TOKEN)
        .env("LAUNCHGATE_TARGET_X_APP_KEY", "application-key-1")
        .env("LAUNCHGATE_BOB_PASSWORD", "it's a $ecret")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = command.status().await.expect("a shell");
    (status.code() != Some(127)).then(|| assert!(status.success(), "{line}"))
}

/// A request as its first line, its headers in order of names, and its body.
fn parts(bytes: &[u8]) -> (String, Vec<String>, Vec<u8>) {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let first = lines.next().expect("a first line");
    let mut headers: Vec<String> = lines
        .map(|line| match line.split_once(':') {
            Some((name, value)) => format!("{}:{}", name.to_ascii_lowercase(), value.trim()),
            None => line,
        })
        .collect();
    headers.sort_unstable();
    (first, headers, bytes[end + 4..].to_vec())
}

#[tokio::test]
async fn the_curl_line_sends_the_same_bytes() {
    let server = Raw::answering(OK).await;
    let client = plan(&server.url);
    let mut requests = Vec::new();
    for path in ["/a/../b", "/%2e%2e/[1]{2}?q='$x'&r=%00", "//x", "/a?", "/-o/x"] {
        requests.push(Request::new(Method::Get, path));
    }
    for bytes in [
        &b"{\"name\":\"it's $HOME `id` \\\\ \\n\",\"password\":\"it's a $ecret\"}"[..],
        b"@/etc/passwd",
        b"line\nfeed",
        b"\x00\xff\x1b[31m%s\\'\"",
        b"",
        b"application-key-1",
    ] {
        let mut request = Request::new(Method::Post, "/body");
        request
            .headers
            .push(("X-Odd".to_owned(), "it's \"odd\" $(id); `id` \\".to_owned()));
        request.headers.push(("X-Empty".to_owned(), String::new()));
        request.body = Some(RequestBody {
            media_type: "application/octet-stream".to_owned(),
            bytes: bytes.into(),
        });
        requests.push(request);
    }
    requests.push(Request::new(Method::Post, "/empty"));
    requests.push(Request::new(Method::Delete, "/d"));
    requests.push(Request::new(Method::Head, "/h"));
    for request in requests {
        let exchange = send(&client, request).await;
        let line = client.evidence("probe", &exchange, None).curl;
        for secret in [TOKEN, "application-key-1", "$ecret"] {
            assert!(!line.contains(secret), "{line}");
        }
        let before = server.seen_bytes().len();
        if run(&line).await.is_none() {
            return;
        }
        let seen = server.seen_bytes();
        assert_eq!(seen.len(), before + 1, "{line}");
        assert_eq!(parts(&seen[before]), parts(&seen[before - 1]), "{line}");
    }
}

#[tokio::test]
async fn secrets_in_answers_are_gone_and_controls_are_visible() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXg";
    let body = format!("{{\"you\":\"{TOKEN}\",\"jwt\":\"{jwt}\",\"note\":\"\u{1b}[2J\u{202e}canary-1\"}}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-internal: hidden\r\nset-cookie: sid=cookie-value-1; Path=/\r\nlocation: /next?token=abcdef\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let server = Raw::answering(answer).await;
    let client = plan(&server.url);
    let mut request = Request::new(Method::Get, format!("/x?api_key={}", "application-key-1"));
    request.headers.push((header::ACCEPT.to_string(), "*/*".to_owned()));
    let exchange = send(&client, request).await;
    let evidence = client.evidence("probe", &exchange, Some("canary-1"));
    let shown = serde_json::to_string(&evidence).expect("JSON");
    for hidden in [
        TOKEN,
        jwt,
        "cookie-value-1",
        "abcdef",
        "application-key-1",
        "\u{202e}",
        "\\u001b",
        "x-internal",
    ] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert!(
        evidence.body.contains("\\u{1b}[2J\\u{202e}canary-1"),
        "{}",
        evidence.body
    );
    assert_eq!(evidence.proof.as_deref(), Some("canary-1"));
    assert_eq!(
        (evidence.status, evidence.actor.as_str(), evidence.method.as_str()),
        (200, "alice", "GET")
    );
    assert!(
        evidence
            .headers
            .contains(&"set-cookie: sid=[redacted]; Path=/".to_owned())
    );
}
