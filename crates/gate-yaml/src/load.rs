//! YAML text to a JSON value, within bounds. One parser alone decides what is accepted; positions are best effort.

use std::sync::Arc;

use gate_model::Location;
use serde_json::{Map, Value};

use crate::{Diagnostic, Diagnostics, Index, Severity, Span, join, mistakes};

/// What is read, and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What it is, with its article, for messages: `a plan`.
    pub what: &'static str,
    /// Bytes at most.
    pub max_bytes: usize,
}

/// Levels of nesting at most.
pub const MAX_DEPTH: usize = 64;
/// Values at most, after aliases are expanded.
pub const MAX_NODES: u64 = 200_000;

/// Reads a text into a value, with the places of its parts.
///
/// # Errors
/// Where it is not YAML or not within the bounds: everything that is known to be wrong, with its place.
pub fn load(file: &str, text: &str, bounds: Bounds) -> Result<(Value, Index), Diagnostics> {
    if text.len() > bounds.max_bytes {
        return Err(alone(
            file,
            format!(
                "{} bytes are more than {} may have; the limit is {}",
                text.len(),
                bounds.what,
                bounds.max_bytes
            ),
        ));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let index = Index::read(file, text);
    if let Some(place) = index.too_deep() {
        // Its time grows with the square of the depth in the parser that decides.
        let what = format!("nested more than {MAX_DEPTH} levels deep");
        return Err(Diagnostics(vec![index.error(place, what)]));
    }
    if let Err(error) = serde_yaml::from_str::<serde::de::IgnoredAny>(text) {
        return Err(syntax(&index, text, &error));
    }
    if index.expanded() > MAX_NODES {
        return Err(alone(
            file,
            format!("more than {MAX_NODES} values once aliases are expanded"),
        ));
    }
    if !index.complete() && mistakes::has_aliases(text) {
        return Err(alone(
            file,
            "the text uses aliases in a way whose size cannot be told; write the values out".to_owned(),
        ));
    }
    if !index.duplicates().is_empty() {
        return Err(Diagnostics(
            index
                .duplicates()
                .iter()
                .map(|found| duplicate(&index, found))
                .collect(),
        )
        .sorted());
    }
    let mut value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| syntax(&index, text, &error))?;
    value.apply_merge().map_err(|error| syntax(&index, text, &error))?;
    let mut left = MAX_NODES;
    let mut problems = Vec::new();
    let value = convert(value, "", 0, &mut left, &index, &mut problems);
    if problems.is_empty() {
        Ok((value, index))
    } else {
        Err(Diagnostics(problems).sorted())
    }
}

fn convert(
    value: serde_yaml::Value,
    pointer: &str,
    depth: usize,
    left: &mut u64,
    index: &Index,
    problems: &mut Vec<Diagnostic>,
) -> Value {
    if depth > MAX_DEPTH || *left == 0 {
        if problems.is_empty() {
            let what = if *left == 0 {
                format!("more than {MAX_NODES} values")
            } else {
                format!("nested more than {MAX_DEPTH} levels deep")
            };
            problems.push(index.error(index.value(pointer), what));
        }
        return Value::Null;
    }
    *left -= 1;
    match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(flag) => Value::Bool(flag),
        serde_yaml::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            (None, None) => match number.as_f64().and_then(serde_json::Number::from_f64) {
                Some(number) => Value::Number(number),
                None => {
                    problems.push(
                        index
                            .error(index.value(pointer), "not a number that JSON can hold")
                            .help("put it in quotes if it is text"),
                    );
                    Value::Null
                }
            },
        },
        serde_yaml::Value::String(text) => Value::String(text),
        serde_yaml::Value::Sequence(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(position, item)| {
                    convert(
                        item,
                        &join(pointer, &position.to_string()),
                        depth + 1,
                        left,
                        index,
                        problems,
                    )
                })
                .collect(),
        ),
        serde_yaml::Value::Mapping(fields) => {
            let mut map = Map::new();
            for (key, item) in fields {
                let key = match key {
                    serde_yaml::Value::String(key) => key,
                    serde_yaml::Value::Number(key) => key.to_string(),
                    serde_yaml::Value::Bool(key) => key.to_string(),
                    serde_yaml::Value::Null => "null".to_owned(),
                    _ => {
                        problems.push(
                            index
                                .error(index.value(pointer), "a key is a list or a map")
                                .help("braces in an unquoted text make a map; put the text in quotes"),
                        );
                        continue;
                    }
                };
                let item = convert(item, &join(pointer, &key), depth + 1, left, index, problems);
                map.insert(key, item);
            }
            Value::Object(map)
        }
        serde_yaml::Value::Tagged(tagged) => {
            problems.push(
                index
                    .error(
                        index.value(pointer),
                        format!("the tag `{}` means nothing here", tagged.tag),
                    )
                    .help("put a text that begins with `!` in quotes"),
            );
            Value::Null
        }
    }
}

fn syntax(index: &Index, text: &str, error: &serde_yaml::Error) -> Diagnostics {
    let hints = mistakes::find(index, text);
    if !hints.is_empty() {
        return Diagnostics(hints).sorted();
    }
    let span = error.location().map_or_else(Span::default, |place| Span {
        line: u32::try_from(place.line()).unwrap_or(u32::MAX),
        column: u32::try_from(place.column()).unwrap_or(u32::MAX),
        len: 1,
    });
    let full = error.to_string();
    let message = full.split(" at line ").next().unwrap_or(&full);
    Diagnostics(vec![index.error(span, format!("not YAML: {message}"))])
}

fn duplicate(index: &Index, (key, first, second): &(String, Span, Span)) -> Diagnostic {
    index
        .error(*second, format!("the key `{key}` is there twice"))
        .label(format!("first in line {}", first.line))
        .help("keep one of the two")
}

fn alone(file: &str, message: String) -> Diagnostics {
    Diagnostics(vec![Diagnostic {
        severity: Severity::Error,
        message,
        location: Location {
            file: Arc::from(file),
            line: 1,
            column: 1,
        },
        span_len: 1,
        label: None,
        help: None,
        line: None,
    }])
}
