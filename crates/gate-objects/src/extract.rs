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
            scalar(first(path, &json)?.clone())
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
        if let Some(value) = first(&format!("${rest}"), item) {
            return scalar(value.clone());
        }
        let next = rest[1..].find(['.', '['])? + 1;
        rest = rest[next..].to_owned();
    }
}

/// The first value that a JSONPath (RFC 9535) means; `None` where there is none, or the path is no JSONPath.
fn first<'v>(path: &str, json: &'v Value) -> Option<&'v Value> {
    // Nearly all paths are a few plain names, which are not worth a parser.
    match plain_names(path) {
        Some(mut names) => names.try_fold(json, |value, name| value.as_object()?.get(name)),
        None => JsonPath::parse(path).ok()?.query(json).first(),
    }
}

/// The names of `$.a.b`; `None` where a path says anything else.
fn plain_names(path: &str) -> Option<std::str::Split<'_, char>> {
    let rest = path.strip_prefix("$.")?;
    let is_plain = |name: &str| {
        let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    rest.split('.').all(is_plain).then(|| rest.split('.'))
}

fn scalar(value: Value) -> Option<Value> {
    match value {
        Value::String(text) if text.is_empty() || text.len() > 2_048 => None,
        Value::String(_) | Value::Number(_) => Some(value),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_paths_mean_what_the_parser_says_that_they_mean() {
        let json = json!({ "id": 7, "data": { "id": "a", "_x1": null, "list": [{ "id": 1 }] }, "": 3, "a-b": 4 });
        for path in [
            "$.id",
            "$.data.id",
            "$.data._x1",
            "$.data.list",
            "$.data.list.id",
            "$.id.id",
            "$.none",
            "$.data.",
            "$.",
            "$",
            "$..id",
            "$.data.list[0].id",
            "$['a-b']",
            "$.a-b",
            "$.1a",
            "$.data.*",
            "id",
            "$ .id",
            "$.id ",
            "",
        ] {
            let parsed = JsonPath::parse(path)
                .ok()
                .and_then(|parsed| parsed.query(&json).first());
            assert_eq!(first(path, &json), parsed, "{path}");
        }
        assert_eq!(first("$.data.id", &json), Some(&json!("a")));
    }
}
