//! Security schemes and requirements.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::model::{OAuthFlow, Operation, ParamIn, Security, SecurityScheme, SpecVersion};
use crate::notice::NoticeKind;
use crate::schema::{Context, kind_word};

/// A requirement and the scopes it names.
#[derive(Debug, Clone)]
pub(super) struct Requirement {
    pub(super) security: Security,
    pub(super) scopes: Vec<String>,
}

/// Reads a `security` value.
pub(super) fn requirement(cx: &Context<'_>, value: Option<&Value>) -> Requirement {
    let undeclared = Requirement {
        security: Security::Undeclared,
        scopes: Vec::new(),
    };
    let alternatives = match value {
        None | Some(Value::Null) => return undeclared,
        Some(Value::Array(list)) => list,
        Some(other) => {
            cx.notice(
                NoticeKind::Ignored,
                format!("`security` is {} instead of a list and is ignored", kind_word(other)),
            );
            return undeclared;
        }
    };
    if alternatives.is_empty() {
        return Requirement {
            security: Security::Public,
            scopes: Vec::new(),
        };
    }
    let mut sets = Vec::new();
    let mut scopes = Vec::new();
    let mut optional = false;
    for alternative in alternatives {
        match alternative {
            Value::Object(set) if set.is_empty() => optional = true,
            Value::Object(set) => {
                sets.push(set.keys().cloned().collect::<Vec<_>>());
                let named = set
                    .values()
                    .filter_map(Value::as_array)
                    .flatten()
                    .filter_map(Value::as_str);
                scopes.extend(named.map(str::to_owned));
            }
            Value::String(name) => {
                cx.notice(
                    NoticeKind::Repaired,
                    "a security requirement that is only a name is read as that scheme without scopes",
                );
                sets.push(vec![name.clone()]);
            }
            other => cx.odd(other, "security", "a list of objects"),
        }
    }
    scopes.sort();
    scopes.dedup();
    let security = match (optional, sets.is_empty()) {
        (true, true) => Security::Public,
        (true, false) => Security::Optional,
        (false, false) => Security::Required(sets),
        // Something was said, but nothing that could be understood.
        (false, true) => Security::Undeclared,
    };
    Requirement { security, scopes }
}

/// Notices requirements whose scheme is declared nowhere.
pub(super) fn check_names(cx: &Context<'_>, operations: &[Operation], schemes: &IndexMap<String, SecurityScheme>) {
    for operation in operations {
        let Security::Required(sets) = &operation.security else {
            continue;
        };
        for name in sets.iter().flatten().filter(|name| !schemes.contains_key(*name)) {
            cx.enter(operation.location.clone());
            cx.notice_once(
                NoticeKind::Reference,
                format!("security scheme `{name}` is required but declared nowhere"),
            );
        }
    }
}

/// Reads the document's security schemes.
pub(super) fn schemes<'a>(cx: &Context<'a>, root: &'a Map<String, Value>) -> IndexMap<String, SecurityScheme> {
    let declared = match cx.version {
        SpecVersion::Swagger2 => root.get("securityDefinitions"),
        _ => root
            .get("components")
            .and_then(|components| components.get("securitySchemes")),
    };
    let Some(declared) = declared.and_then(Value::as_object) else {
        return IndexMap::new();
    };
    declared
        .iter()
        .filter(|(name, _)| !name.starts_with("x-"))
        .filter_map(|(name, value)| {
            let map = cx.object(value, &format!("security scheme `{name}`"))?;
            Some((name.clone(), scheme(cx, name, map)))
        })
        .collect()
}

fn scheme(cx: &Context<'_>, name: &str, map: &Map<String, Value>) -> SecurityScheme {
    let text = |key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = text("type").unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "http" => match text("scheme").unwrap_or_default().to_ascii_lowercase().as_str() {
            "bearer" => SecurityScheme::Bearer {
                format: text("bearerFormat"),
            },
            "basic" => SecurityScheme::Basic,
            other => SecurityScheme::Other(format!("http {other}")),
        },
        "basic" => SecurityScheme::Basic,
        "apikey" => match (text("in").as_deref().and_then(ParamIn::parse), text("name")) {
            (Some(location), Some(header)) => api_key(location, header),
            _ => {
                cx.notice(
                    NoticeKind::Ignored,
                    format!("security scheme `{name}` does not say where its key travels"),
                );
                SecurityScheme::Other("apiKey".to_owned())
            }
        },
        "oauth2" => SecurityScheme::OAuth2 { flows: flows(map) },
        "openidconnect" => SecurityScheme::OpenIdConnect {
            url: text("openIdConnectUrl"),
        },
        "" => {
            cx.notice(NoticeKind::Ignored, format!("security scheme `{name}` has no type"));
            SecurityScheme::Other("without a type".to_owned())
        }
        _ => SecurityScheme::Other(kind),
    }
}

/// Swagger 2.0 has no bearer type, so an `Authorization` header key stays a key; OpenAPI documents use both.
fn api_key(location: ParamIn, name: String) -> SecurityScheme {
    SecurityScheme::ApiKey { location, name }
}

fn flows(map: &Map<String, Value>) -> Vec<OAuthFlow> {
    if let Some(flows) = map.get("flows").and_then(Value::as_object) {
        return flows
            .iter()
            .filter(|(kind, _)| !kind.starts_with("x-"))
            .filter_map(|(kind, flow)| Some(one_flow(kind, flow.as_object()?)))
            .collect();
    }
    let kind = match map.get("flow").and_then(Value::as_str) {
        Some("application") => "clientCredentials",
        Some("accessCode") => "authorizationCode",
        Some(other) => other,
        None => return Vec::new(),
    };
    vec![one_flow(kind, map)]
}

fn one_flow(kind: &str, flow: &Map<String, Value>) -> OAuthFlow {
    let text = |key: &str| flow.get(key).and_then(Value::as_str).map(str::to_owned);
    let scopes = flow.get("scopes").and_then(Value::as_object);
    OAuthFlow {
        kind: kind.to_owned(),
        authorization_url: text("authorizationUrl"),
        token_url: text("tokenUrl"),
        scopes: scopes
            .map(|scopes| scopes.keys().cloned().collect())
            .unwrap_or_default(),
    }
}
