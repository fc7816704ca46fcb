//! Small values with a form of their own: durations, statuses, sizes, JSONPath, places in an answer.

use std::sync::LazyLock;
use std::time::Duration;

use gate_spec::{Extract, JsonTemplate, Match, Pace, StatusMatch, Template};
use gate_yaml::join;
use indexmap::IndexMap;
use regex::Regex;
use serde_json::Value;

use super::cx::Cx;
use crate::raw::{Count, Extractor, Must, OneOrMany};

/// A wait such as `300ms` or `2s`; `0s` is none.
pub(crate) fn wait(cx: &mut Cx<'_>, pointer: &str, text: &str) -> Option<Duration> {
    match humantime::parse_duration(text.trim()) {
        Ok(none) if none.is_zero() => Some(none),
        _ => duration(cx, pointer, text),
    }
}

/// A duration such as `300ms`, `60s`, `15m`.
pub(crate) fn duration(cx: &mut Cx<'_>, pointer: &str, text: &str) -> Option<Duration> {
    match humantime::parse_duration(text.trim()) {
        Ok(duration) if !duration.is_zero() && duration <= Duration::from_secs(7 * 24 * 3600) => Some(duration),
        _ => {
            cx.error_help(
                pointer,
                "not a duration",
                Some("write a number and its unit, such as `300ms`, `60s`, `15m`".to_owned()),
            );
            None
        }
    }
}

/// `302`, `2xx`, or a list of them.
pub(crate) fn statuses(cx: &mut Cx<'_>, pointer: &str, list: Option<&OneOrMany<Count>>) -> Vec<StatusMatch> {
    let Some(list) = list else { return Vec::new() };
    let (items, single) = list.items();
    let mut out = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let found = match item {
            Count::Number(number) => u16::try_from(*number).ok().and_then(exact),
            Count::Text(text) => status(text),
        };
        match found {
            Some(status) => out.push(status),
            None => {
                let place = if single {
                    pointer.to_owned()
                } else {
                    join(pointer, &position.to_string())
                };
                cx.error_help(
                    &place,
                    "not an HTTP status",
                    Some("write a number from 100 to 599, or a class such as `2xx`".to_owned()),
                );
            }
        }
    }
    out
}

fn exact(number: u16) -> Option<StatusMatch> {
    (100..=599).contains(&number).then_some(StatusMatch::Exact(number))
}

fn status(text: &str) -> Option<StatusMatch> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_suffix("xx") {
        Some(class) => class
            .parse::<u16>()
            .ok()
            .filter(|class| (1..=5).contains(class))
            .map(StatusMatch::Class),
        None => text.parse().ok().and_then(exact),
    }
}

/// `auto`, `10/s`, `600/m`.
pub(crate) fn pace(cx: &mut Cx<'_>, pointer: &str, value: &Count) -> Option<Pace> {
    let found = match value {
        Count::Number(number) => u32::try_from(*number).ok().filter(|n| *n > 0).map(Pace::PerSecond),
        Count::Text(text) => match text.trim().split_once('/') {
            None if text.trim() == "auto" => Some(Pace::Auto),
            None => None,
            Some((number, unit)) => {
                number
                    .trim()
                    .parse::<u32>()
                    .ok()
                    .filter(|n| *n > 0)
                    .and_then(|n| match unit.trim() {
                        "s" | "sec" | "second" => Some(Pace::PerSecond(n)),
                        "m" | "min" | "minute" => Some(Pace::PerSecond(n.div_ceil(60))),
                        _ => None,
                    })
            }
        },
    };
    if found.is_none() {
        cx.error_help(
            pointer,
            "not a pace",
            Some("write `auto`, or requests a second such as `10/s`".to_owned()),
        );
    }
    found
}

/// Bytes: a number, or `4MiB`, `512kB`.
pub(crate) fn bytes(cx: &mut Cx<'_>, pointer: &str, value: &Count) -> Option<usize> {
    let found = match value {
        Count::Number(number) => Some(*number),
        Count::Text(text) => {
            let text = text.trim();
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
                "" | "b" => Some(1),
                "k" | "kb" => Some(1_000),
                "kib" => Some(1 << 10),
                "m" | "mb" => Some(1_000_000),
                "mib" => Some(1 << 20),
                _ => None,
            };
            unit.zip(text[..digits].parse::<u64>().ok())
                .and_then(|(unit, number)| number.checked_mul(unit))
        }
    };
    let found = found
        .filter(|bytes| (1024..=256 << 20).contains(bytes))
        .and_then(|bytes| usize::try_from(bytes).ok());
    if found.is_none() {
        cx.error_help(
            pointer,
            "not a size from 1 KiB to 256 MiB",
            Some("write a number of bytes, or such as `4MiB`".to_owned()),
        );
    }
    found
}

static DASHED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\.([A-Za-z0-9_]*-[A-Za-z0-9_-]*)").expect("a fixed expression"));

/// Brackets and bytes that a JSONPath of a plan may have.
const MAX_PATH_BRACKETS: usize = 64;
const MAX_PATH_BYTES: usize = 4_096;

/// Checks a JSONPath (RFC 9535).
pub(crate) fn json_path(cx: &mut Cx<'_>, pointer: &str, text: &str, key: bool) -> bool {
    // The parser descends with each bracket; no path that means something is this deep.
    let nested = text.bytes().filter(|byte| matches!(byte, b'[' | b'(')).count() > MAX_PATH_BRACKETS;
    if nested || text.len() > MAX_PATH_BYTES {
        cx.error(pointer, "this JSONPath is too long or too deeply nested");
        return false;
    }
    if serde_json_path::JsonPath::parse(text).is_ok() {
        return true;
    }
    let better = DASHED.replace_all(text, "['$1']").into_owned();
    let help = if better != text && serde_json_path::JsonPath::parse(&better).is_ok() && !text.contains("${") {
        Some(format!("a name with a dash goes into quotes and brackets: `{better}`"))
    } else {
        Some("write such as `$.data.id` or `$.items[0]['x-name']` (RFC 9535)".to_owned())
    };
    if key {
        cx.error_key(pointer, "not a JSONPath", help);
    } else {
        cx.error_help(pointer, "not a JSONPath", help.filter(|_| cx.written(pointer, text)));
    }
    false
}

pub(crate) fn regular(cx: &mut Cx<'_>, pointer: &str, text: &str) -> bool {
    match Regex::new(text) {
        Ok(_) => true,
        Err(error) => {
            let reason = match error {
                regex::Error::CompiledTooBig(_) => "too large".to_owned(),
                other if cx.written(pointer, text) => {
                    other.to_string().lines().last().unwrap_or_default().trim().to_owned()
                }
                _ => "see its brackets".to_owned(),
            };
            cx.error_help(pointer, "not a regular expression", Some(reason));
            false
        }
    }
}

/// A place in an answer. `id`: a bare `header Location` is its last path segment.
pub(crate) fn extract(cx: &mut Cx<'_>, pointer: &str, raw: &Extractor, id: bool) -> Option<Extract> {
    match raw {
        Extractor::Text(text) => from_text(cx, pointer, text.trim(), id),
        Extractor::Map(map) => {
            let mut found: Vec<(String, Extract)> = Vec::new();
            if let Some(path) = &map.json {
                found.push((join(pointer, "json"), Extract::JsonPath(path.clone())));
            }
            if let Some(name) = &map.header {
                found.push((join(pointer, "header"), header(name, id)));
            }
            if let Some(name) = &map.last_segment {
                found.push((join(pointer, "last_segment"), Extract::LastSegmentOf(name.clone())));
            }
            if let Some(name) = &map.cookie {
                found.push((join(pointer, "cookie"), Extract::Cookie(name.clone())));
            }
            if let Some(text) = &map.regex {
                found.push((join(pointer, "regex"), Extract::Regex(text.clone())));
            }
            let [(place, extract)] = found.as_slice() else {
                cx.error_help(
                    pointer,
                    "exactly one of `json`, `header`, `last_segment`, `cookie` and `regex` is wanted",
                    None,
                );
                return None;
            };
            let sound = match extract {
                Extract::JsonPath(path) => json_path(cx, place, path, false),
                Extract::Regex(text) => regular(cx, place, text),
                _ => true,
            };
            sound.then(|| extract.clone())
        }
    }
}

fn header(name: &str, id: bool) -> Extract {
    if id && (name.eq_ignore_ascii_case("location") || name.eq_ignore_ascii_case("content-location")) {
        Extract::LastSegmentOf(name.to_owned())
    } else {
        Extract::Header(name.to_owned())
    }
}

fn from_text(cx: &mut Cx<'_>, pointer: &str, text: &str, id: bool) -> Option<Extract> {
    if text.starts_with('$') {
        return json_path(cx, pointer, text, false).then(|| Extract::JsonPath(text.to_owned()));
    }
    if text.contains("{{") {
        return template(cx, pointer, text).map(|_| Extract::Named(text.to_owned()));
    }
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match word.trim_end_matches(':') {
        _ if rest.is_empty() => {}
        "header" => return Some(header(rest, id)),
        "cookie" => return Some(Extract::Cookie(rest.to_owned())),
        "regex" => return regular(cx, pointer, rest).then(|| Extract::Regex(rest.to_owned())),
        _ => {}
    }
    cx.error_help(
        pointer,
        "not a place in an answer",
        Some("write `$.path`, `header NAME`, `cookie NAME` or `regex …`".to_owned()),
    );
    None
}

/// What an answer must show.
pub(crate) fn must(cx: &mut Cx<'_>, pointer: &str, raw: Option<&Must>) -> Match {
    let Some(raw) = raw else { return Match::default() };
    Match {
        equals: equals(cx, &join(pointer, "equals"), &raw.equals),
        contains: raw
            .contains
            .as_ref()
            .and_then(|text| template(cx, &join(pointer, "contains"), text)),
        lacks: raw
            .lacks
            .as_ref()
            .and_then(|text| template(cx, &join(pointer, "lacks"), text)),
    }
}

/// JSONPath and value.
pub(crate) fn equals(cx: &mut Cx<'_>, pointer: &str, raw: &IndexMap<String, Value>) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (path, value) in raw {
        let place = join(pointer, path);
        if json_path(cx, &place, path, true) {
            if let Err(error) = JsonTemplate::parse(value.clone()) {
                let message = error_words(&error);
                cx.error(&place, message);
            }
            out.push((path.clone(), value.clone()));
        }
    }
    out
}

/// A text with placeholders.
pub(crate) fn template(cx: &mut Cx<'_>, pointer: &str, text: &str) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(error) => {
            let message = error_words(&error);
            cx.error(pointer, message);
            None
        }
    }
}

/// The kind of a template error without the text, which may hold an environment value.
pub(crate) fn error_words(error: &gate_spec::TemplateError) -> &'static str {
    match error {
        gate_spec::TemplateError::Unclosed(_) => "a placeholder that is not closed",
        gate_spec::TemplateError::Empty(_) => "an empty placeholder",
        gate_spec::TemplateError::Unknown(_) => "an unknown placeholder",
    }
}
