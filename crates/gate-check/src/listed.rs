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

/// Keys under which a list usually says which item is which, the surest first.
const OWN_KEYS: [&str; 6] = ["id", "_id", "uuid", "guid", "key", "slug"];

/// The key under which one item of a list alone has an id: its own key, never one that names another object (`user_id`). None where no
/// item has it, or several do.
pub(crate) fn own_key(json: &Value, id: &Value, kind: &str) -> Option<String> {
    let of_kind = [format!("{kind}_id"), format!("{kind}Id")];
    let keys = OWN_KEYS.into_iter().chain(of_kind.iter().map(String::as_str));
    keys.into_iter()
        .find(|key| items_by(json, key, id, 0).len() == 1)
        .map(str::to_owned)
}

/// The items of a list that have an id under a key.
pub(crate) fn items_by<'j>(json: &'j Value, key: &str, id: &Value, depth: usize) -> Vec<&'j Value> {
    match json {
        Value::Array(items) => items
            .iter()
            .filter(|item| item.get(key).is_some_and(|value| same_id(value, id)))
            .collect(),
        Value::Object(fields) if depth <= 6 => {
            let found = fields.values().flat_map(|value| items_by(value, key, id, depth + 1));
            found.collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_known_by_its_own_key() {
        let id = json!(5);
        let list = json!({ "page": 5, "items": [{ "id": 1, "user_id": 5, "name": "5" }, { "id": 5, "user_id": 5 }] });
        let key = own_key(&list, &id, "note").expect("a key");
        assert_eq!(items_by(&list, &key, &id, 0), [&json!({ "id": 5, "user_id": 5 })]);
        // What only names another object is no item of this one.
        assert_eq!(own_key(&json!([{ "id": 1, "user_id": 5 }]), &id, "note"), None);
        assert_eq!(
            own_key(&json!([{ "note_id": "5" }]), &id, "note").as_deref(),
            Some("note_id")
        );
        assert_eq!(own_key(&json!([{ "id": 5 }, { "id": 5 }]), &id, "note"), None);
    }
}
