//! Tokens for plans with a static token: a live one, and one that has run out.

use gate_demo::{CREDENTIALS, Demo, SIGNING_KEY};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Opens a session for a user of the demo, and gives its access token.
///
/// # Panics
/// Where the demo does not log its own user in.
pub(super) async fn live(demo: &Demo, name: &str) -> String {
    let user = CREDENTIALS
        .iter()
        .find(|user| user.name == name)
        .expect("a seeded user");
    let body = json!({ "email": user.email, "password": user.password }).to_string();
    let request = format!(
        "POST /auth/login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        demo.addr,
        body.len()
    );
    let mut stream = TcpStream::connect(demo.addr).await.expect("the demo listens");
    stream.write_all(request.as_bytes()).await.expect("a request is sent");
    let mut answer = Vec::new();
    let mut bounded = stream.take(64 * 1024);
    bounded.read_to_end(&mut answer).await.expect("an answer is read");
    let answer = String::from_utf8_lossy(&answer);
    let json = answer.split("\r\n\r\n").nth(1).expect("the answer has a body");
    let value: Value = serde_json::from_str(json).expect("a login is answered with JSON");
    value["access_token"]
        .as_str()
        .expect("a login gives a token")
        .to_owned()
}

/// The token of a live session, signed again with an end that is past.
///
/// # Panics
/// Where the token is none of the demo's.
pub(super) fn run_out(token: &str) -> String {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_aud = false;
    let key = SIGNING_KEY.as_bytes();
    let token = jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(key), &validation)
        .expect("the token is the demo's");
    let mut claims = token.claims;
    for name in ["iat", "exp"] {
        let at = claims[name].as_u64().expect("a time");
        claims[name] = json!(at - 24 * 3600);
    }
    jsonwebtoken::encode(&token.header, &claims, &EncodingKey::from_secret(key)).expect("claims can be signed")
}
