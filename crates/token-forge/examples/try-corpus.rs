//! Sends the whole corpus to one operation of a server on this machine and says which rows were accepted.
//!
//! A look at rows without the gate: no bracket, no proof that a refusal is one. Tokens come from `POST /auth/login`, public
//! keys from `/.well-known/jwks.json`, as the servers of `tests/jwt-servers` have them:
//!
//! ```sh
//! cargo run -p token-forge --example try-corpus -- http://127.0.0.1:PORT /tmp/signing-key
//! ```
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use token_forge::{Acceptance, Carrier, Forged, Input, OtherToken, PublicKey, Sent, Variant, listener, rows};

/// The most bytes of an answer that are read.
const MOST: u64 = 1 << 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_default();
    let host = url
        .strip_prefix("http://")
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned();
    assert!(
        host.starts_with("127.0.0.1:"),
        "usage: try-corpus http://127.0.0.1:PORT [SIGNING-KEY-FILE]"
    );
    let key = arguments
        .next()
        .map(|path| std::fs::read_to_string(path).expect("the signing key can be read"));

    let credentials = r#"{"email":"alice@acme.test","password":"alice-password"}"#;
    let (_, tokens) = ask(&host, "POST", "/auth/login", &[], credentials);
    let tokens: Value = serde_json::from_str(&tokens).expect("the login answers JSON");
    let token = tokens["access_token"].as_str().expect("an access token");
    let refresh = tokens["refresh_token"].as_str().unwrap_or_default();
    let (_, jwks) = ask(&host, "GET", "/.well-known/jwks.json", &[], "");
    let fetched = Arc::new(Mutex::new(BTreeSet::new()));
    let base = listen(Arc::clone(&fetched));

    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs();
    let mut input = Input::new(token, Carrier::Bearer, now)
        .public_keys(PublicKey::read(&jwks).unwrap_or_default())
        .listener(&base)
        .other(OtherToken::Refresh, refresh);
    if let Some(key) = &key {
        input = input.signing_key(key).expect("a signing key");
    }
    let works = |sent: &Sent| send(&host, sent) == 200;
    assert!(works(&Sent::Token(token.to_owned())), "the good token is refused");
    if let Some(control) = input.control() {
        assert!(works(&control.sent), "the good token is refused when it is signed anew");
    }
    let (mut sent, mut asked) = (0, 0);
    for row in rows() {
        let acceptance = input.jws().map_or(row.acceptance, |token| row.acceptance_for(token));
        let word = if acceptance == Acceptance::Note { "note" } else { "HOLE" };
        match row.forge(&input) {
            Forged::Variants(variants) => {
                asked += 1;
                sent += variants.len();
                let accepted = |variant: &&Variant| works(&variant.sent);
                let labels: Vec<&str> = variants
                    .iter()
                    .filter(accepted)
                    .map(|variant| variant.label.as_str())
                    .collect();
                if labels.is_empty() {
                    println!("refused {}", row.id);
                } else {
                    println!("{word}  {}: {}", row.id, labels.join(" "));
                }
            }
            Forged::Proven(how) => println!("{word}  {}: {how}", row.id),
            Forged::Lacks { why, .. } => println!("lacks {}: {why}", row.id),
            Forged::Refuted(_) => println!("refused {}", row.id),
            Forged::NotApplicable(why) => println!("n/a   {}: {why}", row.id),
        }
    }
    for row in fetched.lock().expect("no thread panicked").iter() {
        println!("HOLE  {row}: fetched");
    }
    assert!(
        works(&Sent::Token(token.to_owned())),
        "the good token is refused in the end"
    );
    println!("{asked} rows asked, {sent} requests");
}

fn send(host: &str, sent: &Sent) -> u16 {
    let (headers, path) = match sent {
        Sent::Nothing => (Vec::new(), "/me".to_owned()),
        Sent::Token(token) => (vec![format!("Bearer {token}")], "/me".to_owned()),
        Sent::Authorization(value) => (vec![value.clone()], "/me".to_owned()),
        Sent::Authorizations(values) => (values.clone(), "/me".to_owned()),
        Sent::Query { name, value } => (Vec::new(), format!("/me?{name}={value}")),
    };
    ask(host, "GET", &path, &headers, "").0
}

/// One request on a connection of its own. A server that hangs up answers 0.
fn ask(host: &str, method: &str, path: &str, authorization: &[String], body: &str) -> (u16, String) {
    let length = body.len();
    let lines: String = authorization
        .iter()
        .map(|value| format!("Authorization: {value}\r\n"))
        .collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{lines}\r\n"
    );
    let mut stream = TcpStream::connect(host).expect("the server is there");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time limit");
    let mut answer = Vec::new();
    let done = stream
        .write_all((head + body).as_bytes())
        .and_then(|()| stream.take(MOST).read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer);
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (done.ok().and(status).unwrap_or(0), body.unwrap_or_default())
}

/// Serves the attacker's keys and marks the rows that were followed.
fn listen(fetched: Arc<Mutex<BTreeSet<String>>>) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!("http://{}", socket.local_addr().expect("an address"));
    let own = base.clone();
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let _ = serve(stream, &own, &fetched);
        }
    });
    base
}

fn serve(mut stream: TcpStream, base: &str, fetched: &Mutex<BTreeSet<String>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut request = [0; 4096];
    let length = stream.read(&mut request)?;
    let text = String::from_utf8_lossy(&request[..length]);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let Some((row, answer)) = listener::answer(base, path) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    fetched.lock().expect("no thread panicked").insert(row);
    let (kind, body) = (answer.content_type, answer.body);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())
}
