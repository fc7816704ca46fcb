//! Cookie sessions. What can change something also needs what a page of another site cannot know or send (CWE-352).

use uuid::Uuid;

use super::{Asked, cookies};
use crate::{Hole, problem::Problem, state::App};

/// The header with the token that a login gives beside the cookie.
const CSRF: &str = "x-csrf-token";

/// The session of a request with a cookie; nothing if it brought none that counts. `protected` is false where a hole
/// takes the request for one of no browser.
pub(super) fn session(app: &App, asked: &Asked, protected: bool) -> Result<Option<Uuid>, Problem> {
    let sent = cookies(&asked.headers);
    let [cookie] = sent.as_slice() else {
        return Ok(None);
    };
    let Some(session) = app.sessions().named(cookie) else {
        return Ok(None);
    };
    let trusted = app.hole(Hole::CsrfTokenIgnored) || (app.hole(Hole::CsrfFormsTrusted) && !is_json(asked));
    if asked.is_unsafe() && protected && !trusted {
        own_page(asked)?;
        let token = asked.header(CSRF).unwrap_or_default();
        let sessions = app.sessions();
        let of_anybody = app.hole(Hole::CsrfTokenOfAnybody) && sessions.protects_any(token);
        if !sessions.is_protected_by(session, token) && !of_anybody {
            return Err(Problem::forbidden("the header X-CSRF-Token is wrong or missing"));
        }
    }
    Ok(Some(session))
}

/// Whether the body is said to be JSON, which no form of another site can say.
fn is_json(asked: &Asked) -> bool {
    asked
        .header("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"))
}

/// Browsers say which page sends an unsafe request (RFC 6454, section 7); other clients say nothing.
fn own_page(asked: &Asked) -> Result<(), Problem> {
    let Some(origin) = asked.headers.get("origin") else {
        return Ok(());
    };
    let host = asked.header("host").unwrap_or_default();
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    if own.is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host)) {
        Ok(())
    } else {
        Err(Problem::forbidden("requests of other sites are not served"))
    }
}
