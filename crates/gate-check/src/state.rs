//! The state of an object as its owner sees it, and what changed between two looks.

use std::collections::BTreeMap;

use gate_exchange::Exchange;
use serde_json::Value;

/// Scalars that are kept of a state.
const MAX_FIELDS: usize = 4_096;

/// A look at an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    fields: BTreeMap<String, String>,
}

/// What changed between two looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Field, before, after.
    pub fields: Vec<(String, String, String)>,
}

impl State {
    /// The state in an answer: every scalar of a JSON body by its path, or the body as one text.
    pub fn of(exchange: &Exchange) -> Self {
        match exchange.json() {
            Some(json) => Self::of_value(&json),
            None => Self {
                fields: BTreeMap::from([("body".to_owned(), exchange.text().into_owned())]),
            },
        }
    }

    /// The state in a JSON value: every scalar by its path.
    pub fn of_value(json: &Value) -> Self {
        let mut fields = BTreeMap::new();
        flatten("$", json, &mut fields);
        Self { fields }
    }

    /// What is different now; `volatile` fields are passed over.
    pub fn change(&self, now: &Self, volatile: &[String]) -> Option<StateChange> {
        let mut fields = Vec::new();
        let keys: std::collections::BTreeSet<&String> = self.fields.keys().chain(now.fields.keys()).collect();
        for key in keys {
            let (before, after) = (self.fields.get(key), now.fields.get(key));
            if before != after && !volatile.contains(key) {
                let text = |value: Option<&String>| value.map_or_else(|| "absent".to_owned(), Clone::clone);
                fields.push((key.clone(), text(before), text(after)));
            }
        }
        (!fields.is_empty()).then_some(StateChange { fields })
    }
}

impl StateChange {
    /// What is left of a change when that is taken away which another object went through in the same time, untouched: the
    /// same fields, with the same value or with one that differs by nature, such as a time or a number.
    pub fn beyond(&self, untouched: &Self) -> Option<Self> {
        let counts = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        let likewise = |field: &str, after: &str| {
            untouched
                .fields
                .iter()
                .any(|(name, _, other)| name == field && (other == after || (counts(other) && counts(after))))
        };
        let left: Vec<_> = self
            .fields
            .iter()
            .filter(|(field, _, after)| !likewise(field, after))
            .cloned()
            .collect();
        (!left.is_empty()).then_some(Self { fields: left })
    }

    /// In words, bounded.
    pub fn words(&self) -> String {
        let mut words: Vec<String> = self
            .fields
            .iter()
            .take(4)
            .map(|(field, before, after)| format!("{field}: {} -> {}", short(before), short(after)))
            .collect();
        if self.fields.len() > 4 {
            words.push(format!("and {} more", self.fields.len() - 4));
        }
        words.join(", ")
    }

    /// The names of the changed fields.
    pub fn names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _, _)| name.clone()).collect()
    }
}

fn short(text: &str) -> String {
    if text.chars().count() > 60 {
        format!("{}…", text.chars().take(60).collect::<String>())
    } else {
        text.to_owned()
    }
}

fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    if out.len() >= MAX_FIELDS {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&format!("{path}.{key}"), value, out);
            }
        }
        Value::Array(items) => {
            // The order of a list is no part of the state: many servers give none.
            let mut items: Vec<(String, &Value)> = items.iter().map(|item| (item.to_string(), item)).collect();
            items.sort_by(|left, right| left.0.cmp(&right.0));
            for (index, (_, value)) in items.into_iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, out);
            }
        }
        Value::String(text) => {
            out.insert(path.to_owned(), text.clone());
        }
        other => {
            out.insert(path.to_owned(), other.to_string());
        }
    }
}
