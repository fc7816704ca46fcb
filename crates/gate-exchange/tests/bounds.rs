//! Servers that try to exhaust the client.

mod support;

use std::io::Write as _;
use std::time::{Duration, Instant};

use gate_exchange::{Actor, Client, Exchange, Options};
use gate_model::{Cause, Undecided};
use support::{Raw, client_with, options, spec};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const MAX: usize = 100_000;

fn bounded(url: &str) -> Client {
    let options = Options {
        max_body_bytes: MAX,
        timeout: Duration::from_millis(400),
        ..options()
    };
    client_with(spec(url), options)
}

async fn get(url: &str) -> Result<Exchange, Undecided> {
    support::get(&bounded(url), &Actor::anonymous(), "/").await
}

/// Answers with a head, then the same bytes again and again with a pause in between.
async fn streaming(head: &'static str, chunk: &'static [u8], pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                support::read_request(&mut stream).await;
                let mut result = stream.write_all(head.as_bytes()).await;
                while result.is_ok() {
                    result = stream.write_all(chunk).await;
                    tokio::time::sleep(pause).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_decompression_bomb_is_cut() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..50 {
        encoder.write_all(&vec![b'a'; 1_000_000]).expect("memory");
    }
    let bomb = encoder.finish().expect("memory");
    assert!(bomb.len() < MAX);
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bomb.len()
    )
    .into_bytes();
    answer.extend(bomb);
    let exchange = get(&Raw::answering(answer).await.url).await.expect("an answer");
    assert_eq!((exchange.body.len(), exchange.truncated), (MAX, true));
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let url = streaming("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 8192], Duration::ZERO).await;
    let exchange = get(&url).await.expect("an answer");
    assert_eq!((exchange.body.len(), exchange.truncated), (MAX, true));
}

#[tokio::test]
async fn a_body_that_drips_times_out() {
    let url = streaming("HTTP/1.1 200 OK\r\n\r\n", b"x", Duration::from_millis(20)).await;
    let started = Instant::now();
    let undecided = get(&url).await.expect_err("too slow");
    assert_eq!(undecided.cause, Cause::Transport);
    assert!(
        undecided.detail.contains("no complete answer within"),
        "{}",
        undecided.detail
    );
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_event_stream_is_served_with_what_came() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let url = streaming(head, b"data: x\n\n", Duration::from_millis(20)).await;
    let options = Options {
        timeout: Duration::from_secs(5),
        ..options()
    };
    let exchange = support::get(&client_with(spec(&url), options), &Actor::anonymous(), "/")
        .await
        .expect("an answer");
    assert!(exchange.truncated && exchange.text().starts_with("data: x"));
}

#[tokio::test]
async fn floods_of_headers_are_refused() {
    let many: String = (0..5000).map(|at| format!("x-{at}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(1_000_000));
    for headers in [many, large] {
        let server = Raw::answering(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n")).await;
        let undecided = get(&server.url).await.expect_err("too much");
        assert_eq!(undecided.cause, Cause::Transport, "{}", undecided.detail);
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_transport_failure() {
    for answer in [
        "",
        "\0\0\0",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    ] {
        let undecided = get(&Raw::answering(answer).await.url).await.expect_err(answer);
        assert_eq!(undecided.cause, Cause::Transport, "{answer}: {}", undecided.detail);
    }
}

#[tokio::test]
async fn a_closed_port_is_a_dead_target() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let undecided = get(&url).await.expect_err("nobody listens");
    assert_eq!(undecided.cause, Cause::TargetDown);
    assert!(undecided.detail.contains("cannot be reached"), "{}", undecided.detail);
}

#[tokio::test]
async fn bytes_that_are_not_text_do_no_harm() {
    let mut answer =
        b"HTTP/1.1 200 OK\r\nx-raw: \xff\xfe\r\nset-cookie: \xff=\xfe\r\ncontent-length: 3\r\n\r\n".to_vec();
    answer.extend([0xff, 0x00, 0x1b]);
    let server = Raw::answering(answer).await;
    let client = bounded(&server.url);
    let exchange = support::get(&client, &Actor::anonymous(), "/")
        .await
        .expect("an answer");
    assert_eq!(&exchange.body[..], [0xff, 0x00, 0x1b]);
    let evidence = gate_exchange::Target::evidence(&client, "probe", &exchange, None);
    assert!(!evidence.body.contains(['\0', '\u{1b}']));
}

#[tokio::test]
async fn an_answer_of_nothing_but_brackets_is_no_json() {
    for body in [
        "[".repeat(MAX - 1),
        format!("{}{}", "[".repeat(40_000), "]".repeat(40_000)),
        "{\"a\":".repeat(15_000),
    ] {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let server = Raw::answering(answer).await;
        let exchange = get(&server.url).await.expect("an answer");
        assert!(exchange.json().is_none());
        assert_eq!(exchange.body.len(), body.len());
    }
}
