//! What is done around every request: before the route is asked, and with its answer.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time::Instant;

use super::{Sabotage, replies};
use crate::{
    CREDENTIALS,
    guard::{Asked, identify},
    problem::{Problem, Refusal},
    state::{App, Shared, lock},
};

/// Bytes of a body that an echo repeats at most.
const ECHO_LIMIT: usize = 64 * 1024;

/// The middleware. It is only in the way if any oddity, delay or limit is configured.
pub(crate) async fn around(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let odd = |sabotage| app.odd(sabotage);
    if dies(&app) {
        app.die();
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if request.uri().path().starts_with("/_mail/") {
        // The mail catcher stands for a program of its own.
        return next.run(request).await;
    }
    let delay = app.config.whole_delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if limited(&app) {
        return Problem::throttled(1).into_response();
    }
    let path = request.uri().path().to_owned();
    let spared = path.starts_with("/auth/") || path == "/openapi.json" || path == "/healthz";
    // `/me` shows that the session itself is well: it is what the others ask for that falls.
    if !spared
        && path != "/me"
        && let Some(response) = for_everybody(&app)
    {
        return response;
    }
    let asked = Asked::new(request.method(), request.uri(), request.headers());
    wear_owner(&app, &asked);
    let Asked { method, headers, .. } = asked.clone();
    if !spared && path != "/me" && is_pending(&app, &asked) {
        return replies::bare(403);
    }
    let (request, echo) = if odd(Sabotage::EchoErrors) {
        match replies::Echo::take(request, ECHO_LIMIT).await {
            Ok((request, echo)) => (request, Some(echo)),
            Err(problem) => return problem.into_response(),
        }
    } else {
        (request, None)
    };
    let uri = request.uri().to_string();
    let cacheable = odd(Sabotage::Cached) && method == Method::GET && !spared;
    if cacheable && let Some(kept) = replies::from_cache(&app.sabotage, &headers, &uri) {
        return kept;
    }

    let mut response = next.run(request).await;

    let refusal = response.extensions().get::<Refusal>().copied();
    if refusal == Some(Refusal::Foreign) {
        strike(&app, &asked);
    }
    if let Some(echo) = echo {
        response = echo.into(response).await;
    }
    if matches!(refusal, Some(Refusal::Foreign | Refusal::Anonymous)) {
        response = for_foreigners(&app, response);
    }
    let anonymous = refusal == Some(Refusal::Anonymous);
    if anonymous && odd(Sabotage::Anonymous400) {
        response = Problem::malformed("no valid credentials").into_response();
    }
    if anonymous && odd(Sabotage::RedirectToLogin) && !headers.contains_key(header::AUTHORIZATION) {
        response = (StatusCode::FOUND, [(header::LOCATION, "/login")]).into_response();
    }
    if refusal.is_some() && odd(Sabotage::Envelope200) {
        response = replies::envelope(response).await;
    }
    let write = matches!(method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    // What is shown once has to be shown.
    let shown_once = uri == "/keys";
    if odd(Sabotage::NoContentWrites) && write && !spared && !shown_once && response.status().is_success() {
        *response.body_mut() = Body::empty();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    if cacheable && response.status() == StatusCode::OK {
        response = replies::into_cache(&app.sabotage, &headers, uri, response).await;
    }
    response
}

/// Has the server had the requests after which it dies? The one that has just been counted is the first too many.
fn dies(app: &App) -> bool {
    let arrived = app.requests.load(Ordering::SeqCst);
    app.config
        .sabotage
        .iter()
        .any(|sabotage| matches!(sabotage, Sabotage::DiesAfter(last) if arrived > (*last).into()))
}

/// Counts the request in the window that everybody shares.
fn limited(app: &App) -> bool {
    let Some((most, length)) = app.config.limit_for_all() else {
        return false;
    };
    let mut window = lock(&app.sabotage.window);
    let now = Instant::now();
    match &mut *window {
        Some((since, count)) if now < *since + length => {
            *count = count.saturating_add(1);
            *count > most
        }
        fresh => {
            *fresh = Some((now, 1));
            most == 0
        }
    }
}

fn for_everybody(app: &App) -> Option<Response> {
    app.config.sabotage.iter().find_map(|sabotage| match sabotage {
        Sabotage::EveryoneStatus(status) => Some(replies::bare(*status)),
        Sabotage::Empty200 => Some(StatusCode::OK.into_response()),
        _ => None,
    })
}

/// Whether somebody is logged in who may do nothing yet.
fn is_pending(app: &App, asked: &Asked) -> bool {
    app.odd(Sabotage::IntruderMfaPending)
        && identify(app, asked, None).is_ok_and(|actor| actor.tenant != CREDENTIALS[0].tenant)
}

fn for_foreigners(app: &App, response: Response) -> Response {
    let instead = app.config.sabotage.iter().find_map(|sabotage| match sabotage {
        Sabotage::ForeignStatus(status) => Some(replies::bare(*status)),
        Sabotage::ForeignEmpty200 => Some(StatusCode::OK.into_response()),
        _ => None,
    });
    instead.unwrap_or(response)
}

/// Counts the requests of the first user, and ends the sessions that are worn.
fn wear_owner(app: &App, asked: &Asked) {
    let limits = app.config.sabotage.iter().filter_map(|sabotage| match sabotage {
        Sabotage::OwnerSessionLost(requests) => Some((*requests, false)),
        Sabotage::OwnerLockedOut(requests) => Some((*requests, true)),
        _ => None,
    });
    for (most, for_good) in limits {
        let Some(owner) = identify(app, asked, None)
            .ok()
            .filter(|actor| actor.email == CREDENTIALS[0].email)
        else {
            return;
        };
        let worn = {
            let mut requests = lock(&app.sabotage.owner_requests);
            *requests.entry(owner.session).or_default() += 1;
            let count: u32 = if for_good {
                requests.values().sum()
            } else {
                requests[&owner.session]
            };
            count > most
        };
        if worn && for_good {
            app.sabotage.owner_locked_out.store(true, Ordering::SeqCst);
            app.sessions().end_all(owner.user, None);
        } else if worn {
            app.sessions().end(owner.session);
        }
    }
}

/// Ends the session of somebody who asked for a foreign object.
fn strike(app: &App, asked: &Asked) {
    let (once, always) = (
        app.odd(Sabotage::IntruderSessionLost),
        app.odd(Sabotage::IntruderSessionLostAlways),
    );
    if !once && !always {
        return;
    }
    if let Ok(actor) = identify(app, asked, None)
        && (lock(&app.sabotage.struck).insert(actor.user) || always)
    {
        app.sessions().end(actor.session);
    }
}

/// The body of an answer; the demo's own answers are small.
pub(super) async fn body_of(response: Response) -> (axum::http::response::Parts, axum::body::Bytes) {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 8 * 1024 * 1024).await.unwrap_or_default();
    (parts, bytes)
}

/// How long a kept answer serves.
pub(super) const CACHE_LIFE: Duration = Duration::from_secs(1);
