//! Media types: which one is used and the examples in them.

use serde_json::{Map, Value};

use crate::schema::Context;

/// The media type without parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

pub(super) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

/// How well this crate can write a media type; lower is better.
pub(super) fn rank(media_type: &str) -> u8 {
    let essence = essence(media_type);
    match essence.as_str() {
        "application/json" => 0,
        // A patch format is a list of changes, not the thing itself.
        "application/json-patch+json" => 9,
        _ if is_json(&essence) => 1,
        "*/*" | "application/*" => 2,
        "application/x-www-form-urlencoded" => 3,
        "multipart/form-data" => 4,
        _ if essence.starts_with("multipart/") => 5,
        "text/plain" => 6,
        _ if essence.starts_with("text/") && !essence.ends_with("xml") => 7,
        _ => 8,
    }
}

/// The first example of a media type, parameter or header: `example`, else the first of `examples`.
pub(super) fn example<'a>(cx: &Context<'a>, holder: &'a Map<String, Value>) -> Option<&'a Value> {
    if let Some(example) = holder.get("example").filter(|example| !example.is_null()) {
        return Some(example);
    }
    match holder.get("examples")? {
        Value::Object(examples) => {
            examples
                .iter()
                .filter(|(name, _)| !name.starts_with("x-"))
                .find_map(|(_, example)| {
                    let map = example.as_object()?;
                    if map.contains_key("$ref") {
                        cx.object(example, "an example")?.get("value")
                    } else {
                        map.get("value")
                    }
                })
        }
        Value::Array(examples) => examples.first(),
        _ => None,
    }
}
