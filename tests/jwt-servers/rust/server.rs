//! Notes behind the crate jsonwebtoken: one mode for each way to set it up. See ../README.md.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the address is what a caller waits for"
)]

mod keys;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use keys::Keys;
use rand::Rng as _;
use serde_json::{Value, json};

/// Name, e-mail, password, tenant.
const USERS: [[&str; 4]; 2] = [
    ["alice", "alice@acme.test", "alice-password", "acme"],
    ["bob", "bob@globex.test", "bob-password", "globex"],
];

/// A note by its id: its tenant and its title.
type Notes = BTreeMap<String, (&'static str, String)>;

struct Server {
    keys: Keys,
    notes: Mutex<Notes>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let Some(keys) = arguments.first().and_then(|mode| Keys::of_mode(mode)) else {
        eprintln!(
            "usage: jwt-server MODE [--port N] [--key-out FILE]\nmodes: {}",
            keys::modes().join(" ")
        );
        return std::process::ExitCode::from(2);
    };
    if let Some(path) = flag("--key-out") {
        std::fs::write(path, keys.text()).expect("the signing key can be written");
    }
    let port = flag("--port").and_then(|port| port.parse::<u16>().ok()).unwrap_or(0);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("the port is free");
    println!("http://{}", listener.local_addr().expect("the listener has an address"));
    let server = Arc::new(Server {
        keys,
        notes: Mutex::default(),
    });
    let router = Router::new().fallback(answer).with_state(server);
    axum::serve(listener, router).await.expect("the server serves");
    std::process::ExitCode::SUCCESS
}

fn reply(status: u16, value: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    match value {
        Value::Null => status.into_response(),
        value => (status, [("content-type", "application/json")], value.to_string()).into_response(),
    }
}

async fn answer(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(body) = (if body.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(&body)
    }) else {
        return reply(400, &json!({ "error": "no JSON" }));
    };
    match (method.as_str(), uri.path()) {
        ("GET", "/openapi.json") => {
            let document = include_str!("../openapi.json");
            reply(200, &serde_json::from_str(document).expect("the document is JSON"))
        }
        ("GET", "/.well-known/jwks.json") => reply(200, &server.keys.jwks()),
        ("POST", "/auth/login") => login(&server.keys, &body),
        (method, path) => {
            let Some([_, email, _, tenant]) = caller(&server.keys, &headers) else {
                let denied = reply(401, &json!({ "error": "no good token" }));
                return ([("www-authenticate", "Bearer")], denied).into_response();
            };
            if (method, path) == ("GET", "/me") {
                return reply(200, &json!({ "email": email, "tenant": tenant, "role": "member" }));
            }
            let mut notes = server.notes.lock().expect("no thread panicked");
            let (status, value) = on_notes(&mut notes, method, path, tenant, &body);
            reply(status, &value)
        }
    }
}

fn login(keys: &Keys, body: &Value) -> Response {
    let found = USERS
        .iter()
        .find(|[_, email, password, _]| body["email"] == *email && body["password"] == *password);
    let Some([user, _, _, tenant]) = found else {
        return reply(401, &json!({ "error": "wrong e-mail or password" }));
    };
    let access = keys.sign(user, tenant, "access", 900);
    let refresh = keys.sign(user, tenant, "refresh", 7 * 86_400);
    reply(200, &json!({ "access_token": access, "refresh_token": refresh }))
}

fn caller(keys: &Keys, headers: &HeaderMap) -> Option<[&'static str; 4]> {
    let (scheme, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    let claims = keys
        .claims(token.trim())
        .filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    let allowed = claims["token_use"] == "access" || keys.takes_refresh_tokens();
    USERS.into_iter().find(|[user, ..]| allowed && claims["sub"] == *user)
}

fn on_notes(notes: &mut Notes, method: &str, path: &str, tenant: &'static str, body: &Value) -> (u16, Value) {
    let shown = |id: &str, title: &str| json!({ "id": id, "title": title });
    let title = body["title"].as_str().filter(|title| !title.is_empty());
    let missing = (400, json!({ "error": "title is missing" }));
    match (method, path.strip_prefix("/notes")) {
        ("GET", Some("")) => {
            let own = notes.iter().filter(|(_, (of, _))| *of == tenant);
            (200, own.map(|(id, (_, title))| shown(id, title)).collect())
        }
        ("POST", Some("")) => {
            let Some(title) = title else {
                return missing;
            };
            let id = format!("{:016x}", rand::rng().random::<u64>());
            notes.insert(id.clone(), (tenant, title.to_owned()));
            (201, shown(&id, title))
        }
        ("GET" | "PATCH" | "DELETE", Some(rest)) => {
            let id = rest.trim_start_matches('/');
            let Some((_, old)) = notes.get_mut(id).filter(|(of, _)| *of == tenant) else {
                return (404, json!({ "error": "no such note" }));
            };
            match (method, title) {
                ("PATCH", None) => return missing,
                ("PATCH", Some(title)) => title.clone_into(old),
                _ => {}
            }
            let answer = (200, shown(id, old));
            if method == "DELETE" {
                notes.remove(id);
                return (204, Value::Null);
            }
            answer
        }
        _ => (404, json!({ "error": "no such operation" })),
    }
}
