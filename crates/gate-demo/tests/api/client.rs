//! Calls into the router, in process.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, header, request::Builder},
};
use gate_demo::{CREDENTIALS, Config};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A demo to call.
pub struct Api {
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Everything that the caller saw, as one text.
    pub fn seen(&self) -> String {
        format!("{:?} {}", self.headers, self.body)
    }
}

impl Api {
    pub fn new(config: Config) -> Self {
        Self {
            router: gate_demo::router(config),
        }
    }

    pub async fn raw(&self, request: Request<Body>) -> Reply {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body from memory");
        let body = String::from_utf8_lossy(&body).into_owned();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub async fn send(&self, token: Option<&str>, method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = with(token, Request::builder().method(method).uri(path));
        let body = match body {
            Some(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(value.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).expect("a valid request")).await
    }

    pub async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(Some(token), "GET", path, None).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        self.send(Some(token), "POST", path, Some(body)).await
    }

    pub async fn upload(&self, token: Option<&str>, name: &str, content: &str) -> Reply {
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n--edge--\r\n"
        );
        let request = Request::builder()
            .method("POST")
            .uri("/files")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        let request = with(token, request);
        self.raw(request.body(Body::from(body)).expect("a valid request")).await
    }

    /// The answer to a seeded user's login.
    pub async fn try_login(&self, name: &str) -> Reply {
        let user = CREDENTIALS
            .iter()
            .find(|user| user.name == name)
            .expect("a seeded user");
        let body = json!({ "email": user.email, "password": user.password });
        self.send(None, "POST", "/auth/login", Some(body)).await
    }

    /// The credentials of a seeded user: an access token, or a cookie and the token that unsafe methods need.
    pub async fn login(&self, name: &str) -> String {
        let reply = self.try_login(name).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.body);
        match reply.json()["csrf_token"].as_str() {
            Some(csrf) => format!("{} {csrf}", cookie(&reply)),
            None => text(&reply.json()["access_token"]),
        }
    }
}

/// The cookie that a reply sets, as it is sent back.
pub fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").expect("a cookie");
    set.split(';').next().unwrap_or_default().to_owned()
}

/// A request with credentials as a login gives them.
fn with(credentials: Option<&str>, request: Builder) -> Builder {
    match credentials {
        None => request,
        Some(credentials) => match credentials.split_once(' ') {
            Some((cookie, csrf)) => request.header(header::COOKIE, cookie).header("x-csrf-token", csrf),
            None => request.header(header::AUTHORIZATION, format!("Bearer {credentials}")),
        },
    }
}

/// A JSON string without its quotes, or a number as text.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
