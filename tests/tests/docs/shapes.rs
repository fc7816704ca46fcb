//! Whether a shortened report in the documentation has the shape of a real one.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

/// The places of `shown` that no place of `real` has, by keys and types. One item of a list is enough that has them all.
pub fn missing_json(shown: &Value, real: &Value, place: &str) -> Vec<String> {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => shown
            .iter()
            .flat_map(|(key, value)| match real.get(key) {
                Some(real) => missing_json(value, real, &format!("{place}.{key}")),
                None => vec![format!("{place}.{key}")],
            })
            .collect(),
        (Value::Array(shown), Value::Array(real)) => shown
            .iter()
            .filter_map(|item| {
                real.iter()
                    .map(|candidate| missing_json(item, candidate, &format!("{place}[]")))
                    .min_by_key(Vec::len)
                    .or_else(|| Some(vec![format!("{place}[]")]))
            })
            .flatten()
            .collect(),
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => Vec::new(),
        _ => vec![format!("{place} of that type")],
    }
}

/// The elements with their attributes that a real document lacks.
pub fn missing_xml(shown: &str, real: &str) -> Vec<String> {
    let real = vocabulary(real);
    vocabulary(shown).difference(&real).cloned().collect()
}

/// `parent/element@attribute` for all there are.
fn vocabulary(text: &str) -> BTreeSet<String> {
    let document =
        Document::parse_with_options(text, ParsingOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut words = BTreeSet::new();
    for node in document.descendants().filter(Node::is_element) {
        let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
        let element = format!("{parent}/{}", node.tag_name().name());
        words.extend(
            node.attributes()
                .map(|attribute| format!("{element}@{}", attribute.name())),
        );
        words.insert(element);
    }
    words
}

#[test]
fn what_a_real_report_lacks_is_found() {
    let real = serde_json::json!({ "a": [{ "b": 1 }, { "c": "x" }] });
    assert!(missing_json(&serde_json::json!({ "a": [{ "c": "y" }] }), &real, "$").is_empty());
    assert_eq!(
        missing_json(&serde_json::json!({ "a": [{ "d": 1 }] }), &real, "$"),
        ["$.a[].d"]
    );
    assert_eq!(
        missing_json(&serde_json::json!({ "a": "x" }), &real, "$"),
        ["$.a of that type"]
    );
    assert_eq!(missing_xml("<a><b c='1'/></a>", "<a><b/></a>"), ["a/b@c"]);
}
