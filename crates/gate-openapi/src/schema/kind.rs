//! Which type a schema means, also when it does not say so.

use serde_json::Value;

use super::context::Context;
use super::view::View;
use crate::model::Kind;
use crate::notice::NoticeKind;

/// The type and whether null is allowed too.
pub(crate) fn kind_of(cx: &Context<'_>, view: &View<'_>) -> (Kind, bool) {
    let mut nullable = view.null_branch || view.is_true("nullable") || view.is_true("x-nullable");
    let mut named = None;
    for value in view.all("type") {
        match value {
            Value::String(word) => named = named.or_else(|| word_kind(cx, word)),
            Value::Array(words) => {
                let kinds: Vec<Kind> = words
                    .iter()
                    .filter_map(Value::as_str)
                    .filter_map(|word| word_kind(cx, word))
                    .collect();
                nullable |= kinds.len() > 1 && kinds.contains(&Kind::Null);
                let usable = kinds.iter().copied().find(|kind| *kind != Kind::Null);
                named = named.or(usable).or_else(|| kinds.first().copied());
            }
            Value::Null => nullable = true,
            other => cx.odd(other, "type", "a string"),
        }
    }
    (named.unwrap_or_else(|| guess(view)), nullable)
}

fn word_kind(cx: &Context<'_>, word: &str) -> Option<Kind> {
    Some(match word {
        "string" | "file" => Kind::String,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "array" => Kind::Array,
        "object" => Kind::Object,
        "null" => Kind::Null,
        "any" => return None,
        odd => {
            let kind = match odd.to_ascii_lowercase().as_str() {
                "string" | "str" | "text" | "date" | "datetime" | "date-time" | "uuid" | "email" | "uri" | "url"
                | "binary" | "password" | "byte" => Some(Kind::String),
                "integer" | "int" | "int32" | "int64" | "long" | "short" => Some(Kind::Integer),
                "number" | "float" | "double" | "decimal" => Some(Kind::Number),
                "boolean" | "bool" => Some(Kind::Boolean),
                "array" | "list" => Some(Kind::Array),
                "object" | "dict" | "map" | "json" => Some(Kind::Object),
                "null" | "none" => Some(Kind::Null),
                _ => None,
            };
            let shown: String = odd.chars().take(60).collect();
            match kind {
                Some(kind) => cx.notice_once(
                    NoticeKind::Repaired,
                    format!("`type: {shown}` is read as {kind:?}").to_lowercase(),
                ),
                None => cx.notice_once(
                    NoticeKind::Ignored,
                    format!("`type: {shown}` is unknown; read as anything"),
                ),
            }
            return kind;
        }
    })
}

fn guess(view: &View<'_>) -> Kind {
    if let Some(value) = view
        .first("const")
        .or_else(|| view.first("enum")?.as_array()?.iter().find(|v| !v.is_null()))
    {
        return kind_of_value(value);
    }
    let has = |keywords: &[&'static str]| keywords.iter().any(|keyword| view.first(keyword).is_some());
    if has(&[
        "properties",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "maxProperties",
    ]) {
        Kind::Object
    } else if has(&["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]) {
        Kind::Array
    } else if has(&["pattern", "minLength", "maxLength"]) {
        Kind::String
    } else if has(&[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ]) {
        Kind::Number
    } else {
        match view.first("format").and_then(Value::as_str) {
            Some("int32" | "int64") => Kind::Integer,
            Some("float" | "double") => Kind::Number,
            Some(_) => Kind::String,
            None => Kind::Any,
        }
    }
}

pub(crate) fn kind_of_value(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer,
        Value::String(_) => Kind::String,
        Value::Array(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}
