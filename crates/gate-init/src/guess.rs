//! The login of an API whose document does not show one.
//!
//! First it is asked, with an empty body, which of the usual paths there are; only those are sent credentials, and only those of
//! the first user, in the usual forms.

use std::sync::Arc;

use bytes::Bytes;
use gate_exchange::{Actor, Client, Options, Outgoing, Purpose, Request, RequestBody, Target as _};
use gate_model::SharedRedactor;
use gate_spec::Method;
use serde_json::Value;

use crate::error::InitError;
use crate::find::Found;
use crate::skeleton::Skeleton;
use crate::tried;

/// Where logins are.
const USUAL: [&str; 14] = [
    "/auth/login",
    "/login",
    "/api/login",
    "/api/auth/login",
    "/auth/token",
    "/token",
    "/oauth/token",
    "/api/token",
    "/sessions",
    "/auth/signin",
    "/signin",
    "/users/login",
    "/api/v1/auth/login",
    "/api/v1/login",
];
/// Paths of the document that are tried beside them.
const WORDS: [&str; 6] = ["login", "signin", "sign-in", "token", "session", "sessions"];
/// Paths that credentials are sent to.
const MAX_PATHS: usize = 3;
/// The usual names of a token, anywhere in the answer.
const ANY_TOKEN: &str = "$..['access_token','accessToken','token','jwt','auth_token','authToken','id_token']";

/// What stands in the plan where nothing was found.
pub(crate) const UNKNOWN: &str = "password: { request: { post: /login, json: { email: \"{{email}}\", password: \"{{password}}\" } }, token: $.access_token }";

/// Looks for a login that works, as the line below `logins:`.
pub(crate) async fn login(
    skeleton: &Skeleton,
    found: &Found,
    field: &str,
    options: &Options,
) -> Result<Option<String>, InitError> {
    let alone = skeleton.of_the_first();
    for path in there(&alone, found, options).await? {
        for recipe in recipes(&path, field) {
            let mut attempt = alone.clone();
            attempt.login = Some(recipe.clone());
            let Ok(spec) = attempt.spec((&found.name, &found.text)) else {
                continue;
            };
            if tried::prove(&spec, options).await?.well() {
                return Ok(Some(recipe));
            }
        }
    }
    Ok(None)
}

/// The paths that answer a POST with something else than that they are not there.
async fn there(skeleton: &Skeleton, found: &Found, options: &Options) -> Result<Vec<String>, InitError> {
    let mut open = skeleton.clone();
    open.login = Some(UNKNOWN.replace("{{email}}", "{{password}}"));
    let outline = open.draft().map_err(InitError::Wrong)?.outline();
    let client = Client::new(Arc::new(outline), options.clone(), SharedRedactor::default())?;
    let named = found.document.operations.iter().filter(|operation| {
        let last = operation
            .path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        operation.method == gate_openapi::Method::Post && WORDS.contains(&last.to_ascii_lowercase().as_str())
    });
    let base = found.document.base_path.clone().unwrap_or_default();
    let mut paths: Vec<String> = named.map(|operation| format!("{base}{}", operation.path)).collect();
    paths.extend(USUAL.iter().map(|path| (*path).to_owned()));
    let mut known = Vec::new();
    for path in paths {
        if known.len() == MAX_PATHS {
            break;
        }
        let mut request = Request::new(Method::Post, path.as_str());
        request.body = Some(RequestBody {
            media_type: "application/json".to_owned(),
            bytes: Bytes::from_static(b"{}"),
        });
        let outgoing = Outgoing::new(&Actor::anonymous(), Purpose::Setup, request);
        match client.send(outgoing).await {
            Ok(answer) if !matches!(answer.status, 404 | 405 | 501) && !known.contains(&path) => known.push(path),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(known)
}

/// The usual forms of a login at a path: where the name goes, what the body is, and what the answer gives.
fn recipes(path: &str, field: &str) -> Vec<String> {
    let path = Value::from(path);
    let other = if field == "email" { "username" } else { "email" };
    let json = |name: &str| format!("json: {{ {name}: \"{{{{{field}}}}}\", password: \"{{{{password}}}}\" }}");
    let bodies = [json(field), json(other), json("username").replacen("json", "form", 1)];
    let mut out = Vec::new();
    for body in &bodies {
        for end in [
            format!(", token: \"{ANY_TOKEN}\""),
            ", send: { cookies: all }".to_owned(),
        ] {
            out.push(format!("password: {{ request: {{ post: {path}, {body} }}{end} }}"));
        }
    }
    out
}
