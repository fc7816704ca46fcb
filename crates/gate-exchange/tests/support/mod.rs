//! What the tests share: plans built by hand, and small servers that record what they get.

#![allow(dead_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use gate_exchange::{Actor, Client, Exchange, Options, Outgoing, Purpose, Request, Target as _};
use gate_model::{IdentityName, OperationId, Secret, SharedRedactor, TenantName, Undecided};
use gate_spec::{
    Access, Body, CredentialSlot, Effect, Extract, Identity, JsonTemplate, Login, LoginKind, LoginStep, Match, Method,
    Operation, RequestTemplate, Settings, Spec, StaticCredential, Target, Template, Whoami,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub fn template(text: &str) -> Template {
    Template::parse(text).expect("a template")
}

/// A plan for a target without anything in it.
pub fn spec(url: &str) -> Spec {
    Spec {
        file: None,
        target: Target {
            url: url.to_owned(),
            headers: Vec::new(),
            tenant_in: None,
            start: None,
            allow_hosts: Vec::new(),
            login_hosts: Vec::new(),
            writes: false,
            source: None,
        },
        logins: Default::default(),
        identities: Default::default(),
        operations: Default::default(),
        resources: Default::default(),
        access: Access::default(),
        settings: Settings::default(),
        notices: Vec::new(),
        secrets: Vec::new(),
        source: None,
    }
}

pub fn identity(name: &str, login: Option<&str>, fields: &[(&str, &str)]) -> Identity {
    Identity {
        name: name.into(),
        tenant: TenantName::new(name),
        tenant_id: None,
        roles: Vec::new(),
        login: login.map(str::to_owned),
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned())))
            .collect(),
        credential: None,
        signup: None,
        whoami: None,
        served: gate_spec::ServedBy::Anything,
        throw_away: false,
        unset: Vec::new(),
        source: None,
    }
}

/// An identity with a fixed bearer token.
pub fn bearer(name: &str, token: &str) -> Identity {
    Identity {
        credential: Some(StaticCredential {
            send: vec![CredentialSlot::Bearer(template("{{token}}"))],
        }),
        ..identity(name, None, &[("token", token)])
    }
}

pub fn request(method: Method, path: &str) -> RequestTemplate {
    RequestTemplate::new(method, Template::parse_path(path).expect("a path"))
}

pub fn post_json(path: &str, json: Value) -> RequestTemplate {
    RequestTemplate {
        body: Body::Json(JsonTemplate::parse(json).expect("a body")),
        ..request(Method::Post, path)
    }
}

pub fn post_form(path: &str, fields: &[(&str, &str)]) -> RequestTemplate {
    RequestTemplate {
        body: Body::Form(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), template(value)))
                .collect(),
        ),
        ..request(Method::Post, path)
    }
}

pub fn step(request: RequestTemplate, capture: &[(&str, Extract)]) -> LoginStep {
    LoginStep {
        request,
        expect: Vec::new(),
        must: Match::default(),
        capture: capture
            .iter()
            .map(|(name, from)| ((*name).to_owned(), from.clone()))
            .collect(),
    }
}

pub fn login(name: &str, kind: LoginKind) -> Login {
    Login {
        name: name.to_owned(),
        kind,
        send: Vec::new(),
        whoami: None,
        refresh: None,
        source: None,
    }
}

/// `POST /login` with JSON, the token at `$.token`, and `GET /me` that must show the e-mail address.
pub fn password_login() -> Login {
    let body = serde_json::json!({"email": "{{email}}", "password": "{{password}}"});
    Login {
        whoami: Some(Whoami {
            request: request(Method::Get, "/me"),
            must: Match {
                equals: vec![("$.email".to_owned(), serde_json::json!("{{email}}"))],
                ..Match::default()
            },
        }),
        ..login(
            "password",
            LoginKind::Steps(vec![step(
                post_json("/login", body),
                &[("token", Extract::JsonPath("$.token".to_owned()))],
            )]),
        )
    }
}

pub fn operation(method: Method, path: &str, effect: Effect) -> Operation {
    Operation {
        id: OperationId::of(method.as_str(), path),
        request: request(method, path),
        params: Vec::new(),
        effect,
        resource: None,
        public: None,
        secured: Some(true),
        skip: None,
        query_names: Vec::new(),
        produces: Vec::new(),
        declared: Default::default(),
        source: None,
    }
}

pub fn with_login(mut spec: Spec, login: Login) -> Spec {
    spec.logins.insert(login.name.clone(), login);
    spec
}

pub fn with_identity(mut spec: Spec, identity: Identity) -> Spec {
    spec.identities.insert(identity.name.clone(), identity);
    spec
}

/// Bounds that a test waits for at most a moment.
pub fn options() -> Options {
    Options {
        timeout: Duration::from_secs(5),
        ..Options::default()
    }
}

pub fn client(spec: Spec) -> Client {
    client_with(spec, options())
}

pub fn client_with(spec: Spec, options: Options) -> Client {
    Client::new(Arc::new(spec), options, SharedRedactor::default()).expect("a client")
}

pub fn named(name: &str) -> IdentityName {
    IdentityName::new(name)
}

pub async fn get(client: &Client, actor: &Actor, path: &str) -> Result<Exchange, Undecided> {
    client
        .send(Outgoing::new(actor, Purpose::Probe, Request::new(Method::Get, path)))
        .await
}

/// Serves an application on a port of its own until the test ends; gives its base URL.
pub async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// A server that keeps the bytes of each request and answers each with the same bytes, closing the connection.
pub struct Raw {
    pub url: String,
    pub port: u16,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Raw {
    pub async fn answering(answer: impl Into<Bytes>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let seen_here = seen.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, answer) = (seen_here.clone(), answer.clone());
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    if !request.is_empty() {
                        seen.lock().expect("not poisoned").push(request);
                    }
                    let _ = stream.write_all(&answer).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            port,
            seen,
        }
    }

    pub fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("not poisoned");
        seen.iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }

    pub fn seen_bytes(&self) -> Vec<Vec<u8>> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// The first line of each request.
    pub fn lines(&self) -> Vec<String> {
        self.seen()
            .iter()
            .map(|text| text.lines().next().unwrap_or_default().to_owned())
            .collect()
    }
}

pub const OK: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{}";

/// Reads a head, and the body that its `Content-Length` announces.
pub async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|value| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if bytes.len() >= head + 4 + length {
                return bytes;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return bytes,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
