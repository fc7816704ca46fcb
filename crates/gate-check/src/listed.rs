//! One object among the items of a list.

use serde_json::Value;

/// The item with an id, anywhere in a list answer.
pub(crate) fn find_item<'a>(json: &'a Value, id: &Value, depth: usize, in_list: bool) -> Option<&'a Value> {
    match json {
        Value::Array(items) => items.iter().find_map(|item| find_item(item, id, depth + 1, true)),
        Value::Object(fields) if depth <= 6 => {
            // An envelope has numbers of its own (page, total): only an id of an item in a list is one.
            if in_list && fields.iter().any(|(key, value)| is_id_key(key) && same_id(value, id)) {
                return Some(json);
            }
            fields.values().find_map(|value| find_item(value, id, depth + 1, false))
        }
        _ => None,
    }
}

/// Whether a key names an item.
fn is_id_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("id")
        || matches!(
            key.as_str(),
            "key" | "slug" | "name" | "number" | "code" | "self" | "url" | "href"
        )
}

fn same_id(value: &Value, id: &Value) -> bool {
    match (value, id) {
        (Value::String(left), Value::Number(right)) | (Value::Number(right), Value::String(left)) => {
            *left == right.to_string()
        }
        (left, right) => left == right && (left.is_string() || left.is_number()),
    }
}
