//! What is public: health and the OpenAPI document.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::shown;
use crate::{
    openapi::{Operation, get},
    state::Shared,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/healthz", health)
            .named("health", "service", "Is the service up?")
            .public()
            .answers(200, "Up.", "Health"),
        get("/openapi.json", document)
            .named("openapi", "service", "This document.")
            .public()
            .answers_as("application/json", "OpenAPI 3.0.3.", json!({ "type": "object" })),
    ]
}

async fn health() -> Response {
    shown(&json!({ "status": "ok" }))
}

async fn document(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.document.clone()).into_response()
}
