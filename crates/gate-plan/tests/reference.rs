//! The schema and the reference page are generated; this holds them fresh. `UPDATE_DOCS=1` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gate_plan::json_schema;
use serde_json::Value;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn hold(name: &str, wanted: &str) {
    let path = docs().join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).expect("the page is written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/{name} is stale; run with UPDATE_DOCS=1");
}

#[test]
fn the_schema_is_fresh() {
    let mut text = serde_json::to_string_pretty(&json_schema()).expect("a schema is JSON");
    text.push('\n');
    hold("launchgate.schema.json", &text);
}

#[test]
fn the_reference_is_fresh() {
    let introduction = std::fs::read_to_string(docs().join("plan.md")).unwrap_or_default();
    let (introduction, _) = introduction
        .split_once(MARK)
        .expect("docs/plan.md holds the mark below which its reference is generated");
    hold("plan.md", &format!("{introduction}{MARK}\n\n{}", reference()));
}

#[test]
fn every_key_is_mentioned() {
    let page = std::fs::read_to_string(docs().join("plan.md")).expect("the page is there");
    let mut keys = BTreeSet::new();
    collect(&json_schema(), &mut keys);
    assert!(keys.len() > 80, "only {} keys were found", keys.len());
    for key in keys {
        assert!(
            page.contains(&format!("`{key}`")),
            "docs/plan.md does not mention `{key}`"
        );
    }
}

const MARK: &str = "<!-- generated from the plan's types; edit the types, then UPDATE_DOCS=1 -->";

fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                keys.extend(properties.keys().cloned());
            }
            fields.values().for_each(|value| collect(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}

/// One section for the plan and one for each of its parts, in the order in which they are met.
fn reference() -> String {
    let schema = json_schema();
    let mut out = String::new();
    let mut queue: Vec<String> = vec![String::new()];
    let mut done = BTreeSet::new();
    let mut at = 0;
    while at < queue.len() {
        let name = queue[at].clone();
        at += 1;
        if !done.insert(name.clone()) {
            continue;
        }
        let part = if name.is_empty() {
            &schema
        } else {
            schema
                .pointer(&format!("/$defs/{name}"))
                .expect("references lead somewhere")
        };
        section(&mut out, &name, part, &mut queue);
    }
    out
}

fn section(out: &mut String, name: &str, part: &Value, queue: &mut Vec<String>) {
    let title = if name.is_empty() { "The plan" } else { name };
    let properties = part.get("properties").and_then(Value::as_object);
    let words = words(part);
    if properties.is_none() && words.is_empty() {
        return;
    }
    writeln!(out, "### {title}\n").expect("texts take everything");
    if let Some(text) = part.get("description").and_then(Value::as_str) {
        writeln!(out, "{}\n", flow(text)).expect("texts take everything");
    }
    for (word, text) in words {
        writeln!(out, "- `{word}`: {text}").expect("texts take everything");
    }
    if let Some(properties) = properties {
        let required: Vec<&str> = part
            .get("required")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        out.push_str("| key | value | meaning |\n| --- | --- | --- |\n");
        for (key, value) in properties {
            let text = value.get("description").and_then(Value::as_str).unwrap_or_default();
            let needed = if required.contains(&key.as_str()) {
                " Required."
            } else {
                ""
            };
            let kind = kind(value, queue).join(" or ");
            writeln!(out, "| `{key}` | {kind} | {}{needed} |", flow(text).replace('|', "\\|"))
                .expect("texts take everything");
        }
    }
    out.push('\n');
}

/// The words of an enumeration with their meaning.
fn words(part: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for word in part.get("enum").and_then(Value::as_array).into_iter().flatten() {
        out.extend(word.as_str().map(|word| (word.to_owned(), String::new())));
    }
    for branch in part.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        if let Some(word) = branch.get("const").and_then(Value::as_str) {
            let text = branch.get("description").and_then(Value::as_str).unwrap_or_default();
            out.push((word.to_owned(), flow(text)));
        }
    }
    out
}

/// What a value may be, in words.
fn kind(value: &Value, queue: &mut Vec<String>) -> Vec<String> {
    if let Some(name) = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|target| target.strip_prefix("#/$defs/"))
    {
        queue.push(name.to_owned());
        return vec![format!("[{name}](#{})", name.to_lowercase())];
    }
    let mut out: Vec<String> = Vec::new();
    for branch in ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| value.get(key).and_then(Value::as_array))
        .flatten()
    {
        for word in kind(branch, queue) {
            if !out.contains(&word) {
                out.push(word);
            }
        }
    }
    let types: Vec<&str> = match value.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ if out.is_empty() => vec!["any"],
        _ => Vec::new(),
    };
    for one in types {
        let word = match one {
            "string" => "text".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "boolean" => "true or false".to_owned(),
            "array" => match value.get("items") {
                Some(items) => format!("list of {}", kind(items, queue).join(" or ")),
                None => "list".to_owned(),
            },
            "object" => match value.get("additionalProperties") {
                Some(items @ Value::Object(_)) => {
                    format!("map of names to {}", kind(items, queue).join(" or "))
                }
                _ => "map".to_owned(),
            },
            "null" => continue,
            _ => "anything".to_owned(),
        };
        if !out.contains(&word) {
            out.push(word);
        }
    }
    out
}

fn flow(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
