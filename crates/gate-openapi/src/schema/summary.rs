//! From a view to its public summary.

use serde_json::Value;

use super::context::Context;
use super::kind::kind_of;
use super::view::View;
use crate::model::SchemaSummary;

/// Most enum values kept in a summary.
const MAX_ENUM: usize = 200;

/// What a view allows, without its children.
pub(crate) fn summarize(cx: &Context<'_>, view: &View<'_>) -> SchemaSummary {
    let (kind, nullable) = kind_of(cx, view);
    let mut out = SchemaSummary {
        kind,
        nullable,
        ref_name: view.ref_name.clone(),
        ..SchemaSummary::default()
    };
    for part in &view.parts {
        for (keyword, value) in *part {
            match keyword.as_str() {
                "format" => keep_text(cx, &mut out.format, keyword, value),
                "pattern" => keep_text(cx, &mut out.pattern, keyword, value),
                "minLength" => out.min_length = out.min_length.max(length(cx, keyword, value)),
                "maxLength" => out.max_length = smaller(out.max_length, length(cx, keyword, value)),
                "minimum" | "exclusiveMinimum" => out.minimum = larger_f(out.minimum, bound(cx, keyword, value)),
                "maximum" | "exclusiveMaximum" => out.maximum = smaller_f(out.maximum, bound(cx, keyword, value)),
                "const" if out.enum_values.is_empty() => out.enum_values = vec![value.clone()],
                "enum" => match value {
                    Value::Array(values) if out.enum_values.is_empty() => {
                        out.enum_values = values.iter().take(MAX_ENUM).cloned().collect();
                    }
                    Value::Array(_) => {}
                    other => cx.odd(other, keyword, "a list"),
                },
                "example" if out.example.is_none() => out.example = Some(value.clone()),
                "examples" if out.example.is_none() => out.example = first_example(value).cloned(),
                "default" if out.default.is_none() => out.default = Some(value.clone()),
                "readOnly" => out.read_only |= value == &Value::Bool(true),
                "writeOnly" => out.write_only |= value == &Value::Bool(true),
                "type" if value == "file" && out.format.is_none() => out.format = Some("binary".to_owned()),
                _ => {}
            }
        }
    }
    out
}

/// The first of a schema's `examples`: a list of values by JSON Schema.
pub(crate) fn first_example(examples: &Value) -> Option<&Value> {
    examples.as_array().and_then(|list| list.first())
}

fn keep_text(cx: &Context<'_>, slot: &mut Option<String>, keyword: &str, value: &Value) {
    match value {
        Value::String(text) if slot.is_none() && !text.is_empty() => *slot = Some(text.clone()),
        Value::String(_) | Value::Null => {}
        other => cx.odd(other, keyword, "a string"),
    }
}

/// A length or count; also one written as a string or a float.
pub(crate) fn length(cx: &Context<'_>, keyword: &str, value: &Value) -> Option<u64> {
    let read = value
        .as_u64()
        .or_else(|| {
            value
                .as_f64()
                .filter(|f| *f >= 0.0 && f.fract() == 0.0 && *f < 9e15)
                .map(|f| f as u64)
        })
        .or_else(|| value.as_str()?.trim().parse().ok());
    if read.is_none() && !value.is_null() {
        cx.odd(value, keyword, "a whole number");
    }
    read
}

/// A bound; `exclusiveMinimum: true` is not one by itself.
pub(crate) fn bound(cx: &Context<'_>, keyword: &str, value: &Value) -> Option<f64> {
    let read = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())
        .filter(|bound| bound.is_finite());
    if read.is_none() && !matches!(value, Value::Bool(_) | Value::Null) {
        cx.odd(value, keyword, "a number");
    }
    read
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn smaller_f(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn larger_f(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}
