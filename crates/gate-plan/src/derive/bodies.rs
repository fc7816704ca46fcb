//! Requests of the document's operations: required parameters with samples, bodies with the owner's marks in them.

use gate_openapi as oas;
use gate_openapi::PathSeg;
use gate_spec::{Body, JsonTemplate, Part, RequestTemplate, Template, TenantSelector};
use serde_json::Value;

use super::Hints;
use super::resources::Names;
use super::words::{names_tenant, squashed, words};

/// A text of the length and alphabet that canaries have; a field that refuses it gets none.
const CANARY_SHAPE: &str = "lg0123456789abcdef012345";

const SEARCH: [&str; 8] = [
    "q",
    "query",
    "search",
    "term",
    "keyword",
    "keywords",
    "searchterm",
    "searchtext",
];

/// The request of an operation, without its path. `making` is the kind of object that it makes.
pub(super) fn fill(
    operation: &oas::Operation,
    names: &Names,
    hints: &Hints,
    making: Option<&str>,
    request: &mut RequestTemplate,
) {
    let searches = operation
        .path
        .rsplit('/')
        .next()
        .is_some_and(|last| matches!(last, "search" | "find" | "query" | "lookup" | "autocomplete"));
    for parameter in &operation.parameters {
        let search = SEARCH.contains(&squashed(&parameter.name).as_str());
        let wanted = parameter.required || (search && searches);
        let tenant = match &hints.tenant {
            Some(TenantSelector::Header(name)) => {
                parameter.location == oas::ParamIn::Header && name.eq_ignore_ascii_case(&parameter.name)
            }
            Some(TenantSelector::Query(name)) => parameter.location == oas::ParamIn::Query && *name == parameter.name,
            _ => false,
        };
        if !wanted || tenant {
            continue;
        }
        let value = if search && parameter.schema.enum_values.is_empty() {
            hole("canary")
        } else if let Some(kind) = names.named(&parameter.name).filter(|_| called_id(&parameter.name)) {
            hole(&format!("{kind}.id"))
        } else if names_tenant(&parameter.name) && parameter.schema.enum_values.is_empty() {
            // One example cannot be the tenant of everybody who sends it.
            hole("tenant")
        } else {
            literal(parameter.sample.as_ref())
        };
        match parameter.location {
            oas::ParamIn::Query => request.query.push((parameter.name.clone(), value)),
            oas::ParamIn::Header if !reserved(&parameter.name) => request.headers.push((parameter.name.clone(), value)),
            oas::ParamIn::Header | oas::ParamIn::Cookie | oas::ParamIn::Path => {}
        }
    }
    if let Some(body) = &operation.body {
        request.body = self::body(body, names, making);
    }
}

/// Headers that are not the document's to set.
fn reserved(name: &str) -> bool {
    [
        "authorization",
        "cookie",
        "host",
        "content-length",
        "content-type",
        "accept",
        "connection",
        "transfer-encoding",
    ]
    .iter()
    .any(|known| name.eq_ignore_ascii_case(known))
}

fn hole(name: &str) -> Template {
    Template::parse(&format!("{{{{{name}}}}}")).unwrap_or_default()
}

fn literal(sample: Option<&Value>) -> Template {
    Template::literal(match sample {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.first().map(plain).unwrap_or_default(),
        Some(other) => plain(other),
        None => "1".to_owned(),
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a name says that it holds the id of something else.
pub(super) fn called_id(name: &str) -> bool {
    words(name)
        .last()
        .is_some_and(|last| matches!(last.as_str(), "id" | "uuid"))
}

fn body(body: &oas::Body, names: &Names, making: Option<&str>) -> Body {
    let Some(sample) = &body.sample else {
        return Body::None;
    };
    let mut value = sample.clone();
    defuse(&mut value);
    refer(body, names, making, &mut value);
    mark(body, names, &mut value);
    let essence = body
        .media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Body::Form(pairs(&value)),
        "multipart/form-data" => Body::Multipart(parts(body, &value)),
        _ if body.is_json() => JsonTemplate::parse(value).map_or(Body::None, Body::Json),
        _ => Body::Text {
            media_type: body.media_type.clone(),
            text: Template::parse(&plain(&value)).unwrap_or_default(),
        },
    }
}

/// A document must not be able to bring placeholders: braces of its samples are taken apart.
pub(super) fn defuse(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("{{") => *text = text.replace("{{", "{ {"),
        Value::Array(items) => items.iter_mut().for_each(defuse),
        Value::Object(fields) => {
            fields.retain(|key, _| !key.contains("{{"));
            fields.values_mut().for_each(defuse);
        }
        _ => {}
    }
}

/// Adds what a new object belongs to, where the document does not say of any field whether it is needed: `customer_id` in
/// an invoice. Only kinds that come earlier in the document, so that no two kinds wait for each other.
fn refer(body: &oas::Body, names: &Names, making: Option<&str>, value: &mut Value) {
    let Some(making) = making else { return };
    if body.fields.iter().any(|field| field.required) || !value.is_object() {
        return;
    }
    for field in body.fields.iter() {
        let [PathSeg::Key(name)] = field.path.as_slice() else {
            continue;
        };
        if field.schema.read_only || !called_id(name) || oas::get_at(value, &field.path).is_some() {
            continue;
        }
        if let Some(kind) = names.named(name).filter(|kind| names.comes_before(kind, making)) {
            oas::set_at(value, &field.path, Value::from(format!("{{{{{kind}.id}}}}")));
        }
    }
}

/// Puts `{{canary}}`, `{{unique}}` and the ids of other objects into a sample.
fn mark(body: &oas::Body, names: &Names, value: &mut Value) {
    for field in body.fields.iter() {
        let Some(name) = field.name() else { continue };
        let Some(current) = oas::get_at(value, &field.path) else {
            // An optional id of something else is left out.
            continue;
        };
        if field.schema.read_only || !field.schema.enum_values.is_empty() || current.is_object() || current.is_array() {
            continue;
        }
        let text = current.is_string();
        let own = squashed(name);
        let foreign = (called_id(name) || matches!(field.schema.format.as_deref(), Some("uuid")))
            && matches!(field.path.last(), Some(PathSeg::Key(_)));
        if foreign && let Some(kind) = names.named(name) {
            oas::set_at(value, &field.path, Value::from(format!("{{{{{kind}.id}}}}")));
        } else if text && (own.ends_with("email") || field.schema.format.as_deref() == Some("email")) {
            oas::set_at(value, &field.path, Value::from("{{unique}}@example.test"));
        } else if text && unique(&own) && takes(field) {
            oas::set_at(value, &field.path, Value::from("{{unique}}"));
        }
    }
    for field in oas::text_fields(body) {
        let current = oas::get_at(value, &field.path)
            .and_then(Value::as_str)
            .unwrap_or_default();
        if field.format.is_some() || current.contains("{{") || !field.accepts(CANARY_SHAPE) {
            continue;
        }
        oas::set_at(value, &field.path, Value::from("{{canary}}"));
    }
    if !value.to_string().contains("{{canary}}") {
        mark_unique(body, value);
    }
}

/// Puts the mark where nothing takes free text: into a field that only has to be one of a kind, which a mark is.
fn mark_unique(body: &oas::Body, value: &mut Value) {
    for wanted in ["reference", "externalid", "code", "sku"] {
        let found = body.fields.iter().find(|field| {
            field.name().is_some_and(|name| squashed(name) == wanted)
                && oas::get_at(value, &field.path).and_then(Value::as_str) == Some("{{unique}}")
        });
        if let Some(field) = found {
            oas::set_at(value, &field.path, Value::from("{{canary}}"));
            return;
        }
    }
}

fn unique(name: &str) -> bool {
    matches!(
        name,
        "username"
            | "slug"
            | "sku"
            | "code"
            | "handle"
            | "login"
            | "nickname"
            | "externalid"
            | "reference"
            | "subdomain"
    )
}

fn takes(field: &oas::BodyField) -> bool {
    let schema = &field.schema;
    let fits = schema.max_length.is_none_or(|most| most >= CANARY_SHAPE.len() as u64)
        && schema.min_length.is_none_or(|least| least <= CANARY_SHAPE.len() as u64);
    fits && schema
        .pattern
        .as_deref()
        .is_none_or(|pattern| regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(CANARY_SHAPE)))
}

fn pairs(value: &Value) -> Vec<(String, Template)> {
    let Value::Object(fields) = value else {
        return Vec::new();
    };
    fields
        .iter()
        .map(|(name, value)| (name.clone(), Template::parse(&plain(value)).unwrap_or_default()))
        .collect()
}

/// Names under which files are sent.
const FILES: [&str; 8] = [
    "file",
    "image",
    "upload",
    "attachment",
    "avatar",
    "photo",
    "document",
    "video",
];

fn parts(body: &oas::Body, value: &Value) -> Vec<Part> {
    pairs(value)
        .into_iter()
        .map(|(name, content)| {
            let declared = body.fields.iter().any(|field| {
                field.name() == Some(name.as_str()) && matches!(field.schema.format.as_deref(), Some("binary" | "byte"))
            });
            if declared || FILES.contains(&squashed(&name).as_str()) {
                // What the owner's file holds is what nobody else may read.
                Part {
                    name,
                    file_name: Some(Template::literal("launchgate.txt")),
                    media_type: Some("text/plain".to_owned()),
                    content: hole("canary"),
                }
            } else {
                Part {
                    name,
                    file_name: None,
                    media_type: None,
                    content,
                }
            }
        })
        .collect()
}
