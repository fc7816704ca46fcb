//! Answers in other clothes: bare statuses, envelopes, echoes, answers from a cache.

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Kept, Memory,
    around::{CACHE_LIFE, body_of},
};
use crate::{problem::Problem, state::lock};

/// Answers kept at most.
const MAX_KEPT: usize = 5_000;

/// A status with the usual body.
pub(super) fn bare(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "error": "unavailable", "message": status.canonical_reason().unwrap_or("no reason") });
    let mut response = (status, Json(body)).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The refusal as 200, with its status in the body.
pub(super) async fn envelope(response: Response) -> Response {
    let (parts, body) = body_of(response).await;
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    Json(json!({ "error": value["message"], "code": parts.status.as_u16() })).into_response()
}

/// What was sent, to be repeated.
pub(super) struct Echo {
    method: Method,
    path: String,
    query: Option<String>,
    body: Bytes,
}

impl Echo {
    /// Reads the body of a request, and gives an equal request back.
    pub(super) async fn take(request: Request, limit: usize) -> Result<(Request, Self), Problem> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 4 * 1024 * 1024)
            .await
            .map_err(|_| Problem::too_large())?;
        let echo = Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            body: body.slice(..body.len().min(limit)),
        };
        Ok((Request::from_parts(parts, Body::from(body)), echo))
    }

    /// Adds it to an answer of the 4xx family.
    pub(super) async fn into(self, response: Response) -> Response {
        if !response.status().is_client_error() {
            return response;
        }
        let (mut parts, body) = body_of(response).await;
        let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
            return Response::from_parts(parts, Body::from(body));
        };
        value["sent"] = json!({
            "method": self.method.as_str(),
            "path": self.path,
            "query": self.query,
            "body": String::from_utf8_lossy(&self.body),
        });
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(value.to_string()))
    }
}

fn key(headers: &HeaderMap, uri: &str) -> (String, String) {
    let sent = [header::AUTHORIZATION.as_str(), "x-api-key"];
    let caller = sent.map(|name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    });
    (caller.join(" "), uri.to_owned())
}

/// A kept answer to the same caller, with its age.
pub(super) fn from_cache(memory: &Memory, headers: &HeaderMap, uri: &str) -> Option<Response> {
    let kept = lock(&memory.cache).get(&key(headers, uri)).cloned()?;
    let age = kept.since.elapsed();
    if age >= CACHE_LIFE {
        return None;
    }
    let mut response = kept.body.into_response();
    *response.headers_mut() = kept.headers;
    response
        .headers_mut()
        .insert(header::AGE, HeaderValue::from(age.as_secs()));
    response
        .headers_mut()
        .insert("x-cache", HeaderValue::from_static("HIT"));
    Some(response)
}

/// Keeps an answer.
pub(super) async fn into_cache(memory: &Memory, headers: &HeaderMap, uri: String, response: Response) -> Response {
    let (mut parts, body) = body_of(response).await;
    let mut cache = lock(&memory.cache);
    if cache.len() >= MAX_KEPT {
        cache.clear();
    }
    let kept = Kept {
        since: Instant::now(),
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    cache.insert(key(headers, &uri), kept);
    parts.headers.insert("x-cache", HeaderValue::from_static("MISS"));
    Response::from_parts(parts, Body::from(body))
}
