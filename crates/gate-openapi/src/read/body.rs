//! Request bodies of all three specifications.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::media;
use super::parameters::Declared;
use crate::model::{Body, BodyField, Kind, PathSeg, SpecVersion};
use crate::notice::NoticeKind;
use crate::sample::Builder;
use crate::schema::{Context, Depth, View, address, fields, summarize};

/// Reads what the operation takes.
pub(super) fn read<'a>(cx: &Context<'a>, operation: &'a Map<String, Value>, declared: &Declared<'a>) -> Option<Body> {
    if cx.version == SpecVersion::Swagger2 || !operation.contains_key("requestBody") {
        return swagger(cx, operation, declared);
    }
    let map = cx.object(operation.get("requestBody")?, "the request body")?;
    let required = map.get("required") == Some(&Value::Bool(true));
    let content = match map.get("content") {
        Some(Value::Object(content)) if !content.is_empty() => content,
        Some(Value::Object(_)) | None => {
            cx.notice(
                NoticeKind::Ignored,
                "the request body names no media type and is ignored",
            );
            return None;
        }
        Some(other) => {
            cx.odd(other, "content", "an object");
            return None;
        }
    };
    let (media_type, media) = content.iter().min_by_key(|(media_type, _)| media::rank(media_type))?;
    let given = media.as_object().and_then(|media| media::example(cx, media));
    let mut body = with_schema(cx, effective(media_type), media.get("schema"), given, required);
    body.media_types = content.keys().cloned().collect();
    Some(body)
}

/// Any media type means JSON to nearly every API.
fn effective(media_type: &str) -> String {
    if media::rank(media_type) == 2 {
        "application/json".to_owned()
    } else {
        media_type.to_owned()
    }
}

fn swagger<'a>(cx: &Context<'a>, operation: &'a Map<String, Value>, declared: &Declared<'a>) -> Option<Body> {
    let consumes = operation
        .get("consumes")
        .filter(|value| !value.is_null())
        .or_else(|| cx.root.get("consumes"));
    let mut media_types: Vec<String> = consumes
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let best = media_types
        .iter()
        .min_by_key(|media_type| media::rank(media_type))
        .cloned();
    if let Some(map) = declared.body {
        let chosen = best.map_or_else(|| "application/json".to_owned(), |best| effective(&best));
        let required = map.get("required") == Some(&Value::Bool(true));
        let schema = map.get("schema");
        let given = map.get("x-example").or_else(|| map.get("example"));
        let mut body = with_schema(cx, chosen, schema, given, required);
        body.media_types = media_types;
        return Some(body);
    }
    if declared.form.is_empty() {
        return None;
    }
    let has_file = declared
        .form
        .iter()
        .any(|(_, value)| value.get("type").and_then(Value::as_str) == Some("file"));
    let multipart = "multipart/form-data";
    let url_encoded = "application/x-www-form-urlencoded";
    let offers = |wanted: &str| {
        media_types
            .iter()
            .any(|media_type| media::essence(media_type) == wanted)
    };
    let chosen = if has_file || (offers(multipart) && !offers(url_encoded)) {
        multipart
    } else {
        url_encoded
    };
    if media_types.is_empty() {
        media_types.push(chosen.to_owned());
    }
    let mut body = form(cx, declared, chosen);
    body.media_types = media_types;
    Some(body)
}

/// A body of Swagger 2.0 form parameters, each of which is its own schema.
fn form<'a>(cx: &Context<'a>, declared: &Declared<'a>, media_type: &str) -> Body {
    let mut out = Map::new();
    let mut list = Vec::new();
    let mut sampled = true;
    for (name, value) in declared.form.iter().take(cx.limits.max_fields) {
        let view = View::of(cx, value, 0);
        let mut summary = summarize(cx, &view);
        summary.ref_name = None;
        let required = view.is_marked_required();
        let plain = summary.kind == Kind::String && summary.format.is_none() && summary.enum_values.is_empty();
        if required || (plain && crate::sample::meaning(name) == crate::sample::Meaning::Prose) {
            match Builder::new(cx).build(value, name, 0) {
                Ok(built) => {
                    out.insert((*name).to_owned(), built);
                }
                Err(why) if required => {
                    cx.notice(
                        NoticeKind::Sample,
                        format!("no sample of the form could be built: `{name}`: {}", why.0),
                    );
                    sampled = false;
                }
                Err(_) => {}
            }
        }
        list.push(BodyField {
            path: vec![PathSeg::Key((*name).into())],
            schema: summary,
            required,
        });
    }
    let required = list.iter().any(|field| field.required);
    Body {
        media_type: media_type.to_owned(),
        media_types: Vec::new(),
        required,
        sample: sampled.then_some(Value::Object(out)),
        fields: list.into(),
    }
}

fn with_schema<'a>(
    cx: &Context<'a>,
    media_type: String,
    schema: Option<&'a Value>,
    given: Option<&'a Value>,
    required: bool,
) -> Body {
    let none: Arc<[BodyField]> = Arc::new([]);
    let found = schema.map_or(none, |schema| fields(cx, schema, Depth::Body));
    let sample = if media::rank(&media_type) >= 8 {
        if required {
            cx.notice(
                NoticeKind::Sample,
                format!(
                    "no sample is built for media type `{}`",
                    media_type.chars().take(80).collect::<String>()
                ),
            );
        }
        None
    } else {
        sample(cx, schema, given)
    };
    Body {
        media_type,
        media_types: Vec::new(),
        required,
        sample,
        fields: found,
    }
}

fn sample<'a>(cx: &Context<'a>, schema: Option<&'a Value>, given: Option<&'a Value>) -> Option<Value> {
    let Some(schema) = schema else { return given.cloned() };
    if let Some(given) = given {
        let view = View::of(cx, schema, 0);
        let summary = summarize(cx, &view);
        // Some documents hold the example as a JSON text.
        let parsed = given
            .as_str()
            .filter(|_| summary.kind != Kind::String)
            .and_then(|text| serde_json::from_str::<Value>(text).ok());
        let given = parsed.as_ref().unwrap_or(given);
        match Builder::new(cx).adapt(given, &view, &summary) {
            Ok(value) => return Some(value),
            Err(why) => cx.notice(
                NoticeKind::Sample,
                format!(
                    "the example of the body does not follow its schema ({}) and is not used",
                    why.0
                ),
            ),
        }
    }
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| cx.resolve(reference));
    let key = target.map_or(address(schema), address);
    if let Some(known) = cx.samples.borrow().get(&key) {
        return known.clone();
    }
    let built = match Builder::new(cx).build(schema, "", 0) {
        Ok(value) => Some(value),
        Err(why) => {
            cx.notice(
                NoticeKind::Sample,
                format!("no sample of the body could be built: {}", why.0),
            );
            None
        }
    };
    cx.samples.borrow_mut().insert(key, built.clone());
    built
}
