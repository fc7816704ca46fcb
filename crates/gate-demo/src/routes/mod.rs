//! The operations by subject. Each handler names its guards in its first lines, and each hole stands beside its guard.

mod account;
mod admin;
mod comments;
mod documents;
mod files;
mod finding;
mod invoices;
mod keys;
mod mail;
mod projects;
mod service;
mod session;
mod signup;
mod synthetic;
mod webhooks;

use axum::{
    Json, Router,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{Config, Hole, openapi::Operation, problem::Problem, state::Shared};

/// Everything that is served, and documented.
pub(crate) fn operations(config: &Config) -> Vec<Operation> {
    let mut all = service::operations(config);
    all.extend(session::operations(config));
    all.extend(signup::operations());
    all.extend(mail::operations());
    all.extend(webhooks::operations());
    all.extend(account::operations());
    all.extend(admin::operations());
    all.extend(keys::operations());
    all.extend(projects::operations());
    all.extend(documents::operations());
    all.extend(comments::operations());
    all.extend(finding::operations());
    all.extend(invoices::operations());
    all.extend(files::operations());
    all.extend(synthetic::documented(config.synthetic_operations));
    all
}

/// The bare router. Synthetic resources share one generic route, however many are documented.
pub(crate) fn routed(app: &Shared) -> Router<Shared> {
    let real = Config {
        synthetic_operations: 0,
        ..app.config.clone()
    };
    let mut router = Router::new();
    for operation in operations(&real)
        .into_iter()
        .chain(synthetic::routed(app.config.synthetic_operations))
    {
        let (path, handler) = operation.into_route();
        router = router.route(&path, handler);
    }
    if app.hole(Hole::LoginLimitByPath) {
        router = router.route("/AUTH/LOGIN", axum::routing::post(session::login_past_the_limit));
    }
    router
        .route("/_mail/messages", axum::routing::get(mail::mailbox))
        .fallback(async || Problem::no_route())
        .method_not_allowed_fallback(async || Problem::method())
}

/// 200 with a body.
fn shown(value: &impl Serialize) -> Response {
    Json(value).into_response()
}

/// 201 with the new object and its path.
fn created(path: &str, value: &impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(value)).into_response();
    locate(&mut response, path);
    response
}

/// 201 without a body: the id is in the path alone.
fn created_empty(path: &str) -> Response {
    let mut response = StatusCode::CREATED.into_response();
    locate(&mut response, path);
    response
}

fn locate(response: &mut Response, path: &str) {
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
}

/// 204.
fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
