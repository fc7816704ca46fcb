//! From text to values: JSON or YAML is detected, mistaken pages are named, sizes are bounded.

mod json;
mod lines;
mod scalar;
mod yaml;

use serde_json::Value;

use crate::error::Error;
use crate::limits::Limits;
pub(crate) use lines::LineIndex;

/// A text read into a value.
pub(crate) struct Source {
    pub(crate) root: Value,
    pub(crate) lines: LineIndex,
    /// Oddities of the text itself, with their 1-based line.
    pub(crate) remarks: Vec<(Option<usize>, String)>,
}

/// Reads JSON or YAML.
pub(crate) fn parse(text: &str, limits: &Limits) -> Result<Source, Error> {
    if text.len() > limits.max_bytes {
        return Err(Error::TooLarge {
            bytes: text.len(),
            limit: limits.max_bytes,
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.trim_start();
    if start.is_empty() {
        return Err(Error::Empty);
    }
    if start.starts_with('<') {
        return Err(markup(start));
    }
    if start.starts_with(['{', '[']) {
        json::parse(text, limits)
    } else {
        yaml::parse(text, limits)
    }
}

fn markup(text: &str) -> Error {
    let mut end = text.len().min(16 * 1024);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text[..end].to_ascii_lowercase();
    let html = ["<!doctype html", "<html", "<head", "<body", "<script", "<div"]
        .iter()
        .any(|tag| head.contains(tag));
    if !html {
        return Error::Xml;
    }
    let title = head.find("<title").and_then(|at| {
        let open = at + head[at..].find('>')? + 1;
        let close = open + head[open..].find("</")?;
        // ASCII lower-casing keeps every byte offset.
        let title: String = text[open..close]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(80)
            .collect();
        (!title.is_empty()).then_some(title)
    });
    Error::Html { title }
}
