//! Takes values out of answers.

use cookie::Cookie;
use gate_spec::Extract;
use regex::RegexBuilder;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::Exchange;

/// Bytes that a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The value in an answer. `Ok(None)` where it is not there.
///
/// # Errors
/// Where the path or the pattern of the plan cannot be read.
pub(crate) fn extract(from: &Extract, exchange: &Exchange) -> Result<Option<Value>, String> {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    Ok(match from {
        Extract::JsonPath(path) => {
            let found = match exchange.json() {
                Some(json) => query(path, &json)?,
                None => None,
            };
            found.filter(|value| !value.is_null())
        }
        Extract::Header(name) => exchange.header(&name.to_ascii_lowercase()).and_then(text),
        Extract::LastSegmentOf(name) => exchange
            .header(&name.to_ascii_lowercase())
            .and_then(last_segment)
            .and_then(text),
        Extract::Cookie(name) => set_cookies(exchange)
            .filter(|cookie| cookie.name() == name)
            .last()
            .map(|cookie| cookie.value().to_owned())
            .filter(|value| !value.is_empty())
            .map(Value::String),
        Extract::Regex(pattern) => {
            let regex = RegexBuilder::new(pattern)
                .size_limit(MAX_PATTERN_BYTES)
                .build()
                .map_err(|error| format!("the pattern `{pattern}` cannot be read: {error}"))?;
            let body = exchange.text();
            regex.captures(&body).and_then(|found| {
                let group = found.get(1).or_else(|| found.get(0))?;
                text(&unescape_html(group.as_str()))
            })
        }
        // What the client itself named is not in an answer.
        Extract::Named(_) => None,
    })
}

/// How an extraction is written in messages.
pub(crate) fn describe(from: &Extract) -> String {
    match from {
        Extract::JsonPath(path) => format!("`{path}`"),
        Extract::Header(name) => format!("the header `{name}`"),
        Extract::LastSegmentOf(name) => format!("the last segment of the header `{name}`"),
        Extract::Cookie(name) => format!("the cookie `{name}`"),
        Extract::Regex(pattern) => format!("the pattern `{pattern}`"),
        Extract::Named(template) => format!("`{template}`"),
    }
}

/// The first value at a JSONPath (RFC 9535).
pub(crate) fn query(path: &str, json: &Value) -> Result<Option<Value>, String> {
    let parsed = JsonPath::parse(path).map_err(|error| {
        let hint = if path.contains('-') {
            "; a name with a dash is written `$['a-b']`"
        } else {
            ""
        };
        format!("the JSONPath `{path}` cannot be read: {error}{hint}")
    })?;
    Ok(parsed.query(json).first().cloned())
}

/// The cookies that an answer sets.
pub(crate) fn set_cookies(exchange: &Exchange) -> impl Iterator<Item = Cookie<'_>> {
    exchange
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .filter_map(|(_, value)| Cookie::parse(value.as_str()).ok())
}

fn last_segment(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|segment| !segment.is_empty())
}

/// Tokens in forms stand in attributes; base64 has `+`, `/` and `=`, which some frameworks escape there.
fn unescape_html(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&#43;", "+")
        .replace("&#x2B;", "+")
        .replace("&#x2F;", "/")
        .replace("&#47;", "/")
        .replace("&#61;", "=")
        .replace("&#x3D;", "=")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
