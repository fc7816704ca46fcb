//! The OpenAPI document, built from the same table of operations as the router, so that neither can lack what the
//! other has.

mod operation;
mod schemas;

use serde_json::{Map, Value, json};

pub(crate) use operation::{Operation, delete, get, patch, post, put};

use crate::{Config, Tokens, routes};

/// The OpenAPI 3.0.3 document of a demo with this configuration; also served as `GET /openapi.json`.
#[must_use]
pub fn openapi(config: &Config) -> Value {
    let tokens = config.kind_of_tokens();
    let mut paths: Map<String, Value> = Map::new();
    for operation in routes::operations(config) {
        let (path, method) = (
            operation.path().to_owned(),
            operation.method().as_str().to_ascii_lowercase(),
        );
        let path_item = paths.entry(path).or_insert_with(|| json!({}));
        path_item[method] = operation.document(tokens == Tokens::Cookie);
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "launchgate demo API",
            "version": "1.0.0",
            "description": "Projects, documents and invoices of two tenants. Nothing of one tenant is visible to the other.",
        },
        "servers": [{ "url": "/" }],
        "security": security(tokens),
        "tags": [
            { "name": "service", "description": "Public." },
            { "name": "auth", "description": "Login, refresh, logout, one-time codes, password reset." },
            { "name": "account", "description": "The caller." },
            { "name": "admin", "description": "Users of the caller's tenant; roles admin and owner only." },
            { "name": "projects", "description": "Projects with documents and comments." },
            { "name": "invoices", "description": "Invoices of the tenant." },
            { "name": "files", "description": "Uploaded files of the tenant." },
            { "name": "synthetic", "description": "Generated resources, for measurements." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": schemes(tokens),
            "schemas": schemas::schemas(tokens),
            "responses": schemas::responses(),
        },
    })
}

/// What a request needs, one of these.
fn security(tokens: Tokens) -> Value {
    if tokens == Tokens::Cookie {
        json!([{ "cookieAuth": [] }, { "bearerAuth": [] }, { "apiKey": [] }])
    } else {
        json!([{ "bearerAuth": [] }, { "apiKey": [] }])
    }
}

fn schemes(tokens: Tokens) -> Value {
    let jwt = json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
    let key = json!({ "type": "apiKey", "in": "header", "name": "X-Api-Key" });
    match tokens {
        Tokens::Opaque => json!({ "bearerAuth": { "type": "http", "scheme": "bearer" }, "apiKey": key }),
        Tokens::Cookie => json!({
            "bearerAuth": jwt,
            "apiKey": key,
            "cookieAuth": {
                "type": "apiKey", "in": "cookie", "name": "session",
                "description": "Unsafe methods also need the header X-CSRF-Token with the `csrf_token` of the login.",
            },
        }),
        _ => json!({ "bearerAuth": jwt, "apiKey": key }),
    }
}
