//! Just enough HTTP to ask the demo what its users see, without the program's own client.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use gate_demo::CREDENTIALS;
use serde_json::Value;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Every text that the gate plants holds this.
const MARK: &str = "lgc";
/// Lists that need no object.
const LISTS: [&str; 3] = ["/projects?limit=200", "/invoices?limit=200", "/files?limit=200"];

/// A fresh token of a user.
pub fn token(demo: SocketAddr, name: &str) -> String {
    let user = CREDENTIALS
        .iter()
        .find(|user| Some(user.name) == name.split(" ").next())
        .unwrap_or_else(|| panic!("the demo has no user {name}"));
    let body = serde_json::json!({ "email": user.email, "password": user.password }).to_string();
    let answer = ask(demo, "POST", "/auth/login", None, &body);
    let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    answer["access_token"]
        .as_str()
        .expect("a login gives a token")
        .to_owned()
}

/// What users of both tenants find that the gate has made.
pub fn left_behind(demo: SocketAddr) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["alice", "mallory"] {
        let token = token(demo, name);
        for list in LISTS {
            let answer = ask(demo, "GET", list, Some(&token), "");
            let items: Value =
                serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{list}: {error}: {answer}"));
            let items = items
                .as_array()
                .or_else(|| items["items"].as_array())
                .or_else(|| items["data"].as_array());
            let items = items.unwrap_or_else(|| panic!("{list} is no list: {answer}"));
            assert!(!items.is_empty(), "{list} lacks what the demo starts with");
            found.extend(
                items
                    .iter()
                    .map(Value::to_string)
                    .filter(|item| item.contains(MARK))
                    .map(|item| format!("{name} {list}: {item}")),
            );
        }
    }
    found
}

/// The body of an answer of status 200 or 201.
fn ask(demo: SocketAddr, method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let mut stream = TcpStream::connect(demo).expect("the demo listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {demo}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the demo reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the demo answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    assert!(
        head.contains(" 200 ") || head.contains(" 201 "),
        "{method} {path}: {head}"
    );
    body.to_owned()
}
