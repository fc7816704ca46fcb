//! What an operation answers.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::media;
use crate::model::{BodyField, Kind, Response, SpecVersion};
use crate::notice::NoticeKind;
use crate::schema::{Context, Depth, View, fields, find_list, summarize};

/// Most responses kept for one operation.
const MAX_RESPONSES: usize = 60;

pub(super) fn read<'a>(cx: &Context<'a>, operation: &'a Map<String, Value>) -> Vec<Arc<Response>> {
    let responses = match operation.get("responses") {
        Some(Value::Object(responses)) => responses,
        Some(Value::Null) | None => return Vec::new(),
        Some(other) => {
            cx.odd(other, "responses", "an object");
            return Vec::new();
        }
    };
    let mut out = Vec::new();
    for (status, value) in responses
        .iter()
        .filter(|(status, _)| !status.starts_with("x-"))
        .take(MAX_RESPONSES)
    {
        let Some(status) = status_word(status) else {
            let shown: String = status.chars().take(40).collect();
            cx.notice(
                NoticeKind::Ignored,
                format!("`{shown}` is not a response status and is ignored"),
            );
            continue;
        };
        let Some(map) = cx.object(value, &format!("the response {status}")) else {
            continue;
        };
        out.push(shared(cx, operation, status, map));
    }
    out
}

/// A response, read once however many operations refer to it, unless there is something to be noticed about it.
fn shared<'a>(
    cx: &Context<'a>,
    operation: &'a Map<String, Value>,
    status: String,
    map: &'a Map<String, Value>,
) -> Arc<Response> {
    // There the media types are the operation's.
    if cx.version == SpecVersion::Swagger2 {
        return Arc::new(response(cx, operation, status, map));
    }
    let key = std::ptr::from_ref(map) as usize;
    if let Some(known) = cx.responses.borrow().get(&key)
        && let Some(known) = known.iter().find(|known| known.status == status)
    {
        return Arc::clone(known);
    }
    let said = cx.said();
    let read = Arc::new(response(cx, operation, status, map));
    if cx.said() == said {
        let mut responses = cx.responses.borrow_mut();
        responses.entry(key).or_default().push(Arc::clone(&read));
    }
    read
}

/// `200`, `2XX` or `default`.
fn status_word(status: &str) -> Option<String> {
    let word = status.trim();
    if word.eq_ignore_ascii_case("default") {
        return Some("default".to_owned());
    }
    let bytes = word.as_bytes();
    let tail = bytes.get(1..)?;
    let valid = bytes.len() == 3
        && (b'1'..=b'5').contains(&bytes[0])
        && (tail.iter().all(u8::is_ascii_digit) || tail.eq_ignore_ascii_case(b"xx"));
    valid.then(|| word.to_ascii_uppercase())
}

fn response<'a>(
    cx: &Context<'a>,
    operation: &'a Map<String, Value>,
    status: String,
    map: &'a Map<String, Value>,
) -> Response {
    let (media_types, schema) = if cx.version == SpecVersion::Swagger2 {
        let produces = operation
            .get("produces")
            .filter(|value| !value.is_null())
            .or_else(|| cx.root.get("produces"));
        let list = produces
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned);
        (
            if map.contains_key("schema") {
                list.collect()
            } else {
                Vec::new()
            },
            map.get("schema"),
        )
    } else {
        let content = map.get("content").and_then(Value::as_object);
        let best = content.and_then(|content| content.iter().min_by_key(|(media_type, _)| media::rank(media_type)));
        let media_types = content
            .map(|content| content.keys().cloned().collect())
            .unwrap_or_default();
        (media_types, best.and_then(|(_, media)| media.get("schema")))
    };
    let headers = map
        .get("headers")
        .and_then(Value::as_object)
        .map(|headers| headers.keys().cloned().collect());
    let none: Arc<[BodyField]> = Arc::new([]);
    let summary = schema.map(|schema| summarize(cx, &View::of(cx, schema, 0)));
    Response {
        status,
        media_types,
        kind: summary.as_ref().map_or(Kind::Any, |summary| summary.kind),
        ref_name: summary.and_then(|summary| summary.ref_name),
        fields: schema.map_or(none, |schema| fields(cx, schema, Depth::Response)),
        list: schema.and_then(|schema| find_list(cx, schema)),
        headers: headers.unwrap_or_default(),
    }
}
