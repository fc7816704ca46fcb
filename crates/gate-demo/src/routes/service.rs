//! What is public: health, the OpenAPI document, and the keys that tokens are checked with.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::shown;
use crate::{
    Config,
    openapi::{Operation, get},
    state::Shared,
    tokens::SigningKey,
};

pub(super) fn operations(config: &Config) -> Vec<Operation> {
    let mut all = vec![
        get("/healthz", health)
            .named("health", "service", "Is the service up?")
            .public()
            .answers(200, "Up.", "Health"),
        get("/openapi.json", document)
            .named("openapi", "service", "This document.")
            .public()
            .answers_as("application/json", "OpenAPI 3.0.3.", json!({ "type": "object" })),
    ];
    if config.kind_of_tokens().is_asymmetric() {
        all.push(
            get("/.well-known/openid-configuration", discovery)
                .named("discovery", "service", "Who issues tokens, and where its keys are.")
                .public()
                .answers_as(
                    "application/json",
                    "OpenID Connect Discovery 1.0.",
                    json!({ "type": "object" }),
                ),
        );
        all.push(
            get("/.well-known/jwks.json", keys)
                .named("jwks", "service", "The keys that tokens are checked with.")
                .public()
                .answers_as("application/json", "RFC 7517.", json!({ "type": "object" })),
        );
    }
    all
}

async fn discovery(State(app): State<Shared>) -> Response {
    let issuer = app.url();
    let algorithm = app.signing.as_ref().map(SigningKey::algorithm_name);
    shown(&json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "token_endpoint": format!("{issuer}/auth/login"),
        "response_types_supported": ["token", "id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
    }))
}

async fn keys(State(app): State<Shared>) -> Response {
    let keys: Vec<Value> = app.signing.iter().filter_map(SigningKey::jwk).collect();
    shown(&json!({ "keys": keys }))
}

async fn health() -> Response {
    shown(&json!({ "status": "ok" }))
}

async fn document(State(app): State<Shared>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.document.clone()).into_response()
}
