//! The login and the `whoami` that a document shows, for plans that leave them out.

use gate_model::Notice;
use gate_openapi as oas;
use gate_spec::{
    ActionKind, Body, CredentialSlot, Effect, Extract, JsonTemplate, Login, LoginKind, LoginStep, Match, Method,
    RequestTemplate, Template, Whoami,
};
use serde_json::Value;

use super::bodies::defuse;
use super::effects;
use super::fields::{USERS, has_password, is_password};
use super::identify::json_path;
use super::routes::{Routes, Source, normal};
use super::words::squashed;

const WHOAMI: [&str; 17] = [
    "/me",
    "/users/me",
    "/user/me",
    "/auth/me",
    "/whoami",
    "/userinfo",
    "/auth/user",
    "/account/me",
    "/user",
    "/profile",
    "/account",
    "/self",
    "/users/self",
    "/current_user",
    "/session",
    "/sessions/current",
    "/sessions/me",
];

const TOKENS: [&str; 9] = [
    "accesstoken",
    "token",
    "jwt",
    "authtoken",
    "idtoken",
    "bearer",
    "sessiontoken",
    "apitoken",
    "accesskey",
];

/// Any of the usual names of a token, anywhere in the answer.
const ANY_TOKEN: &str = "$..['access_token','accessToken','token','jwt','auth_token','authToken','id_token']";

/// `GET /me` and the like.
pub(crate) fn derive_whoami(routes: &Routes<'_>) -> Option<Whoami> {
    let mut best: Option<(usize, &Source<'_>)> = None;
    for source in routes.sources() {
        if source.method != Method::Get || source.path.contains('{') {
            continue;
        }
        let path = normal(&source.path).to_ascii_lowercase();
        let found = WHOAMI.iter().position(|known| {
            path.strip_suffix(known)
                .is_some_and(|before| before.is_empty() || before.split('/').skip(1).all(is_prefix))
        });
        if let Some(rank) = found
            && best.is_none_or(|(known, _)| rank < known)
        {
            best = Some((rank, source));
        }
    }
    let (_, source) = best?;
    let wire = routes.wire(source.method, &source.path);
    Some(Whoami {
        request: RequestTemplate::new(Method::Get, Template::parse_path(&wire).ok()?),
        must: Match::default(),
    })
}

/// `api`, `v1` and the like.
fn is_prefix(segment: &str) -> bool {
    matches!(
        segment,
        "api" | "rest" | "identity" | "auth" | "account" | "accounts" | "iam" | "public"
    ) || (segment.len() <= 4
        && segment.starts_with('v')
        && segment[1..].chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// The login of a document, for identities that have these fields. The number is the source's.
pub(crate) fn derive_login(
    routes: &Routes<'_>,
    document: Option<&oas::Document>,
    fields: &[String],
) -> Option<(usize, Login, Vec<Notice>)> {
    let password = fields.iter().find(|field| is_password(field))?;
    let user = fields.iter().find(|field| USERS.contains(&squashed(field).as_str()))?;
    let mut best: Option<(u32, usize)> = None;
    for (index, source) in routes.sources().iter().enumerate() {
        if source.method != Method::Post || !has_password(source) {
            continue;
        }
        if effects::by_name(source) != Some(Effect::IssuesCredentials) {
            continue;
        }
        let rank = rank(source);
        if rank < 10 && best.is_none_or(|(known, _)| rank < known) {
            best = Some((rank, index));
        }
    }
    let (_, index) = best?;
    let source = routes.get(index);
    let operation = source.document?;
    let request = request(routes, source, operation, fields, user, password)?;
    let mut notices = vec![
        Notice::info(format!(
            "identities without a login recipe log in by {}, as the document shows it",
            source.id()
        ))
        .about(&source.id()),
    ];
    let mut capture = Vec::new();
    let mut send = Vec::new();
    if let Some(token) = token(operation) {
        capture.push(("token".to_owned(), Extract::JsonPath(token)));
    } else if document.is_some_and(only_cookies) {
        send.push(CredentialSlot::Jar);
    } else {
        send = document.map(api_key).unwrap_or_default();
        if !send.is_empty() {
            capture.push(("token".to_owned(), Extract::JsonPath(ANY_TOKEN.to_owned())));
        }
        notices.push(
            Notice::info(
                "the document does not say what the login's answer gives: a token under one of the usual names, else its cookies. \
                 Say it in the plan:\nlogins:\n  password: { request: …, token: $.access_token }",
            )
            .about(&source.id()),
        );
    }
    if send.is_empty() && !capture.is_empty() {
        send = document.map(api_key).unwrap_or_default();
    }
    let login = Login {
        name: "login".to_owned(),
        kind: LoginKind::Steps(vec![LoginStep {
            request,
            expect: Vec::new(),
            must: Match::default(),
            capture,
        }]),
        send,
        whoami: None,
        refresh: None,
        source: source.location.clone(),
    };
    Some((index, login, notices))
}

fn rank(source: &Source<'_>) -> u32 {
    let path = squashed(&source.path);
    let called = source
        .document
        .and_then(|operation| operation.operation_id.as_deref())
        .map(squashed)
        .unwrap_or_default();
    if [
        "reset", "forgot", "register", "signup", "change", "otp", "refresh", "verify", "users",
    ]
    .iter()
    .any(|word| path.ends_with(word) || called.contains(word))
    {
        return 20;
    }
    let admin = if path.contains("admin") { 5 } else { 0 };
    let word = [
        "login",
        "signin",
        "logon",
        "authenticate",
        "session",
        "sessions",
        "token",
        "auth",
    ]
    .iter()
    .position(|word| path.ends_with(word))
    .unwrap_or(4);
    admin + u32::try_from(word.min(4)).unwrap_or(4)
}

fn request(
    routes: &Routes<'_>,
    source: &Source<'_>,
    operation: &oas::Operation,
    fields: &[String],
    user: &str,
    password: &str,
) -> Option<RequestTemplate> {
    let wire = routes.wire(source.method, &source.path);
    let mut request = RequestTemplate::new(Method::Post, Template::parse_path(&wire).ok()?);
    request.source.clone_from(&source.location);
    request.body = filled(operation.body.as_ref()?, fields, Some(user), Some(password))?;
    Some(request)
}

/// The body of an operation with the fields of an identity in it, for a signup whose body the plan leaves out.
pub(crate) fn own_body(source: &Source<'_>, fields: &[String]) -> Option<Body> {
    let password = fields.iter().find(|field| is_password(field));
    let user = fields.iter().find(|field| USERS.contains(&squashed(field).as_str()));
    let body = source.document?.body.as_ref()?;
    filled(body, fields, user.map(String::as_str), password.map(String::as_str))
}

/// The body of an operation that is done to a session or a user, with the session's own values in it; `None` where it has
/// no field for any.
pub(crate) fn action_body(source: &Source<'_>, kind: ActionKind) -> Option<Body> {
    let body = source.document?.body.as_ref()?;
    let mut value = body.sample.clone()?;
    defuse(&mut value);
    let names: Vec<String> = body
        .fields
        .iter()
        .filter_map(|field| field.name())
        .map(squashed)
        .collect();
    let mut any = false;
    for field in body.fields.iter() {
        let Some(placeholder) = field.name().and_then(|name| placeholder(kind, &squashed(name), &names)) else {
            continue;
        };
        any |= oas::set_at(&mut value, &field.path, Value::from(format!("{{{{{placeholder}}}}}")));
    }
    any.then(|| written(body, value)).flatten()
}

/// What a field of such a body is filled with, by its name.
fn placeholder(kind: ActionKind, name: &str, all: &[String]) -> Option<&'static str> {
    let says_new = |name: &str| name.contains("new") && name.contains("password");
    match kind {
        ActionKind::Refresh | ActionKind::Logout => match name {
            "refreshtoken" | "refresh" => Some("refresh_token"),
            "accesstoken" => Some("token"),
            "token" if kind == ActionKind::Refresh => Some("refresh_token"),
            "token" => Some("token"),
            _ => None,
        },
        ActionKind::ChangePassword => match name {
            "currentpassword" | "oldpassword" | "passwordcurrent" | "passwordold" => Some("password"),
            "password" if all.iter().any(|other| says_new(other)) => Some("password"),
            "password" | "passwordconfirmation" | "confirmpassword" | "passwordconfirm" | "repeatpassword" => {
                Some("new_password")
            }
            name if says_new(name) => Some("new_password"),
            _ => None,
        },
        ActionKind::SetRole | ActionKind::AddMember => (name == "role").then_some("role"),
        ActionKind::Disable | ActionKind::Enable | ActionKind::RemoveMember => None,
    }
}

fn filled(body: &oas::Body, fields: &[String], user: Option<&str>, password: Option<&str>) -> Option<Body> {
    let mut value = body.sample.clone()?;
    defuse(&mut value);
    let mut named = false;
    for field in body.fields.iter() {
        let Some(name) = field.name() else { continue };
        let own = squashed(name);
        let names_user = USERS.contains(&own.as_str());
        let exact = fields.iter().find(|known| squashed(known) == own).map(String::as_str);
        let fill = match exact {
            Some(known) => Some(known),
            None if is_password(name) => password,
            None if names_user && !named => user,
            None => None,
        };
        let Some(fill) = fill else { continue };
        named |= names_user;
        oas::set_at(&mut value, &field.path, Value::from(format!("{{{{{fill}}}}}")));
    }
    written(body, value)
}

/// A value as the body of the document's media type.
pub(super) fn written(body: &oas::Body, value: Value) -> Option<Body> {
    match &value {
        Value::Object(fields) if body.media_type.starts_with("application/x-www-form-urlencoded") => Some(Body::Form(
            fields
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), Template::parse(value.as_str()?).ok()?)))
                .collect(),
        )),
        _ if body.is_json() => JsonTemplate::parse(value).ok().map(Body::Json),
        _ => None,
    }
}

/// Where the answer holds the token, as its schema says.
fn token(operation: &oas::Operation) -> Option<String> {
    let response = operation
        .responses
        .iter()
        .find(|response| response.is_success() && !response.fields.is_empty())?;
    let mut best: Option<(usize, usize, String)> = None;
    for field in response.fields.iter() {
        let Some(oas::PathSeg::Key(last)) = field.path.last() else {
            continue;
        };
        if !matches!(field.schema.kind, oas::Kind::String | oas::Kind::Any) {
            continue;
        }
        let Some(rank) = TOKENS.iter().position(|known| *known == squashed(last)) else {
            continue;
        };
        let candidate = (rank, field.path.len(), json_path(&field.path));
        if best.as_ref().is_none_or(|known| candidate < *known) {
            best = Some(candidate);
        }
    }
    best.map(|(_, _, path)| path)
}

/// Whether the document knows no other credential than a cookie.
fn only_cookies(document: &oas::Document) -> bool {
    !document.security_schemes.is_empty()
        && document.security_schemes.values().all(|scheme| {
            matches!(
                scheme,
                oas::SecurityScheme::ApiKey {
                    location: oas::ParamIn::Cookie,
                    ..
                }
            )
        })
}

/// Where a document without a Bearer scheme wants its token.
fn api_key(document: &oas::Document) -> Vec<CredentialSlot> {
    let mut schemes = document.security_schemes.values();
    let (Some(oas::SecurityScheme::ApiKey { location, name }), None) = (schemes.next(), schemes.next()) else {
        return Vec::new();
    };
    let bearer = name.eq_ignore_ascii_case("authorization");
    let Ok(value) = Template::parse("{{token}}") else {
        return Vec::new();
    };
    match location {
        oas::ParamIn::Header if !bearer => vec![CredentialSlot::Header {
            name: name.clone(),
            value,
        }],
        oas::ParamIn::Query => vec![CredentialSlot::Query {
            name: name.clone(),
            value,
        }],
        oas::ParamIn::Header | oas::ParamIn::Cookie | oas::ParamIn::Path => Vec::new(),
    }
}
