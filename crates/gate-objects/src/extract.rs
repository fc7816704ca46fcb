//! Takes values out of responses, and ids out of lists.

use gate_exchange::Exchange;
use gate_spec::Extract;
use serde_json::Value;
use serde_json_path::JsonPath;

/// Ids are looked at in at most this many items of a list.
const MAX_ITEMS: usize = 1_000;

/// The value that an extractor means in a response; `None` where it is not there.
pub fn extract(extract: &Extract, exchange: &Exchange) -> Option<Value> {
    match extract {
        Extract::JsonPath(path) => {
            let json = exchange.json()?;
            let path = JsonPath::parse(path).ok()?;
            let value = path.query(&json).first()?.clone();
            scalar(value)
        }
        Extract::Header(name) => exchange.header(&name.to_ascii_lowercase()).map(Value::from),
        Extract::LastSegmentOf(name) => {
            let value = exchange.header(&name.to_ascii_lowercase())?;
            let path = value.split(['?', '#']).next().unwrap_or_default();
            let segment = path.trim_end_matches('/').rsplit('/').next()?;
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
            (!decoded.is_empty()).then(|| Value::from(decoded.into_owned()))
        }
        Extract::Cookie(name) => exchange
            .headers
            .iter()
            .filter(|(header, _)| header == "set-cookie")
            .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
            .find(|(cookie, _)| cookie.trim() == name)
            .map(|(_, value)| Value::from(value.trim())),
        Extract::Regex(pattern) => {
            let text = exchange.text();
            let regex = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().ok()?;
            let captures = regex.captures(&text)?;
            captures
                .get(1)
                .or_else(|| captures.get(0))
                .map(|found| Value::from(found.as_str()))
        }
        Extract::Named(_) => None,
    }
}

/// The ids in a list response: for each item of the largest array of objects in it, the value that `id` means in an
/// item of the resource. Order is that of the response.
pub fn object_ids(id: &[Extract], exchange: &Exchange) -> Vec<(Value, Value)> {
    let Some(json) = exchange.json() else { return Vec::new() };
    let Some(items) = items(&json) else { return Vec::new() };
    items
        .iter()
        .take(MAX_ITEMS)
        .filter_map(|item| {
            let id = id.iter().find_map(|extract| match extract {
                Extract::JsonPath(path) => in_item(path, item),
                _ => None,
            });
            let id = id.or_else(|| {
                ["id", "uuid", "_id", "key", "slug", "name"]
                    .iter()
                    .find_map(|key| scalar(item.get(key)?.clone()))
            })?;
            Some((id, item.clone()))
        })
        .collect()
}

/// The items of a list answer: the answer itself, or the largest array of objects within two levels.
fn items(json: &Value) -> Option<&Vec<Value>> {
    fn best(json: &Value, depth: usize) -> Option<&Vec<Value>> {
        match json {
            Value::Array(items) if items.iter().any(Value::is_object) => Some(items),
            Value::Object(fields) if depth > 0 => fields
                .values()
                .filter_map(|value| best(value, depth - 1))
                .max_by_key(|items| items.len()),
            _ => None,
        }
    }
    best(json, 2)
}

/// Reads `$.data.id` in an item, where the item may be the `data` itself: the longest suffix of the path that matches.
fn in_item(path: &str, item: &Value) -> Option<Value> {
    let mut rest = path.strip_prefix('$')?.to_owned();
    loop {
        if let Ok(parsed) = JsonPath::parse(&format!("${rest}"))
            && let Some(value) = parsed.query(item).first()
        {
            return scalar(value.clone());
        }
        let next = rest[1..].find(['.', '['])? + 1;
        rest = rest[next..].to_owned();
    }
}

fn scalar(value: Value) -> Option<Value> {
    match value {
        Value::String(text) if text.is_empty() || text.len() > 2_048 => None,
        Value::String(_) | Value::Number(_) => Some(value),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
