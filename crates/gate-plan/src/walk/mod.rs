//! Walks a plan against the schema of its types: every unknown key and wrong type at once, variables put in on the way.
//!
//! It understands the part of JSON Schema that the types in [`crate::raw`] generate. What is wrong is taken out, so that
//! the rest can still be judged.

mod kinds;
mod variables;

use std::collections::HashSet;

use gate_model::Secret;
use gate_yaml::{Diagnostic, Index, join, remedy};
use serde_json::{Map, Value};

use self::kinds::{accepts, either, kind, noun, typed};
use self::variables::Secrecy;
use crate::environment::{Environment, Variable};

/// What the walk brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walked {
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Pointers of what was taken out: what follows from it need not be said.
    pub(crate) broken: Vec<String>,
    pub(crate) secrets: Vec<Secret<String>>,
    pub(crate) variables: Vec<Variable>,
    /// Credentials whose variable is not set, on a fork: pointer of the value and name of the variable.
    pub(crate) unset: Vec<(String, String)>,
    /// Variables that are set but withheld: pointer and name.
    pub(crate) withheld: Vec<(String, String)>,
}

/// Walks `value`, fills its variables and takes out what is wrong.
pub(crate) fn walk(value: &mut Value, schema: &Value, index: &Index, env: &dyn Environment, fork: bool) -> Walked {
    let mut walker = Walker {
        root: schema,
        index,
        env,
        fork,
        out: Walked::default(),
        known: HashSet::new(),
    };
    if !walker.node(value, schema, "", Secrecy::Plain) {
        *value = Value::Object(Map::new());
    }
    walker.out
}

struct Walker<'a> {
    root: &'a Value,
    index: &'a Index,
    env: &'a dyn Environment,
    fork: bool,
    out: Walked,
    known: HashSet<String>,
}

impl<'a> Walker<'a> {
    /// Walks one value; false where it has to be taken out.
    fn node(&mut self, value: &mut Value, schema: &'a Value, pointer: &str, secrecy: Secrecy) -> bool {
        let mut branches = Vec::new();
        let secrecy = self.branches(schema, secrecy, &mut branches);
        if let Value::String(text) = value {
            let literal = !text.contains('$');
            match self.substitute(text, pointer, secrecy) {
                Some(filled) => *text = filled,
                None => return false,
            }
            if !literal
                && !branches.iter().any(|branch| accepts(branch, "string"))
                && let Some(typed) = typed(text, &branches)
            {
                *value = typed;
            }
        } else if secrecy == Secrecy::Secret && (value.is_number() || value.is_boolean()) {
            self.secret(value.to_string());
        }
        let kind = kind(value);
        let fitting: Vec<&'a Value> = branches
            .iter()
            .copied()
            .filter(|branch| accepts(branch, kind))
            .collect();
        if fitting.is_empty() {
            self.wrong_type(value, &branches, pointer);
            return false;
        }
        match value {
            Value::Object(fields) => self.object(fields, &fitting, pointer, secrecy),
            Value::Array(items) => {
                let schema = fitting
                    .iter()
                    .find_map(|branch| branch.get("items"))
                    .unwrap_or(&Value::Bool(true));
                let mut sound = true;
                for (position, item) in items.iter_mut().enumerate() {
                    sound &= self.node(item, schema, &join(pointer, &position.to_string()), secrecy);
                }
                sound
            }
            Value::String(text) => self.word(text, &fitting, pointer),
            Value::Number(_) => self.range(value, &fitting, pointer),
            Value::Null | Value::Bool(_) => true,
        }
    }

    /// Follows references and takes unions apart.
    fn branches(&self, schema: &'a Value, secrecy: Secrecy, out: &mut Vec<&'a Value>) -> Secrecy {
        let mut schema = schema;
        let mut secrecy = Secrecy::read(schema, secrecy);
        for _ in 0..16 {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let Some(target) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else {
                break;
            };
            schema = target;
            secrecy = Secrecy::read(schema, secrecy);
        }
        match schema
            .get("anyOf")
            .or_else(|| schema.get("oneOf"))
            .and_then(Value::as_array)
        {
            Some(parts) => {
                for part in parts {
                    self.branches(part, secrecy, out);
                }
            }
            None => out.push(schema),
        }
        secrecy
    }

    fn object(
        &mut self,
        fields: &mut Map<String, Value>,
        branches: &[&'a Value],
        pointer: &str,
        secrecy: Secrecy,
    ) -> bool {
        // A union holds one kind of map at most, by the design of the types.
        let Some(schema) = branches
            .iter()
            .find(|branch| branch.get("properties").is_some() || branch.get("additionalProperties").is_some())
        else {
            return self.free(fields, pointer, secrecy);
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let rest = schema
            .get("additionalProperties")
            .or_else(|| schema.get("unevaluatedProperties"));
        let mut bad: Vec<String> = Vec::new();
        for (key, item) in fields.iter_mut() {
            let place = join(pointer, key);
            if let Some(schema) = properties.and_then(|properties| properties.get(key)) {
                if item.is_null() && !required.contains(&key.as_str()) || !self.node(item, schema, &place, secrecy) {
                    bad.push(key.clone());
                }
                continue;
            }
            match rest {
                Some(Value::Bool(false)) => {
                    let words = properties.into_iter().flat_map(Map::keys).map(String::as_str);
                    self.out.diagnostics.push(
                        self.index
                            .error(self.index.key(&place), format!("unknown key `{key}`"))
                            .label(format!("not a key of {}", container(pointer)))
                            .maybe_help(remedy(key, words)),
                    );
                    bad.push(key.clone());
                }
                Some(schema @ Value::Object(_)) => {
                    if item.is_null() {
                        *item = Value::Object(Map::new());
                    }
                    if !self.node(item, schema, &place, secrecy) {
                        bad.push(key.clone());
                    }
                }
                _ => {
                    if !self.node(item, &Value::Bool(true), &place, secrecy) {
                        bad.push(key.clone());
                    }
                }
            }
        }
        if !bad.is_empty() {
            self.out.broken.extend(bad.iter().map(|key| join(pointer, key)));
            // All at once: to take them out one by one takes the square of the time.
            let names: HashSet<&str> = bad.iter().map(String::as_str).collect();
            fields.retain(|key, _| !names.contains(key.as_str()));
        }
        let missing: Vec<&str> = required
            .iter()
            .copied()
            .filter(|name| !fields.contains_key(*name))
            .collect();
        for name in &missing {
            if !bad.iter().any(|key| key == name) {
                self.out.diagnostics.push(
                    self.index
                        .error(
                            self.index.key(pointer),
                            format!("{} lacks `{name}`", container(pointer)),
                        )
                        .help(format!("add `{name}: …`")),
                );
            }
        }
        missing.is_empty()
    }

    /// A map without a schema: variables only.
    fn free(&mut self, fields: &mut Map<String, Value>, pointer: &str, secrecy: Secrecy) -> bool {
        let mut sound = true;
        for (key, item) in fields.iter_mut() {
            sound &= self.node(item, &Value::Bool(true), &join(pointer, key), secrecy);
        }
        sound
    }

    fn word(&mut self, text: &str, branches: &[&'a Value], pointer: &str) -> bool {
        let mut words: Vec<&str> = Vec::new();
        for branch in branches {
            match (branch.get("enum").and_then(Value::as_array), branch.get("const")) {
                (Some(list), _) => words.extend(list.iter().filter_map(Value::as_str)),
                (None, Some(word)) => words.extend(word.as_str()),
                (None, None) => return true,
            }
        }
        if words.contains(&text) {
            return true;
        }
        let shown: String = text.chars().take(40).collect();
        let from_environment = self.known.contains(pointer);
        let message = if from_environment {
            format!(
                "the value of a variable is not a word that {} knows",
                container(pointer)
            )
        } else {
            format!("`{shown}` is not a word that {} knows", container(pointer))
        };
        self.out.diagnostics.push(
            self.index
                .error(self.index.value(pointer), message)
                .maybe_help(remedy(text, words)),
        );
        false
    }

    fn range(&mut self, value: &Value, branches: &[&'a Value], pointer: &str) -> bool {
        let Some(number) = value.as_f64() else { return true };
        let limit = |branch: &Value, key: &str| branch.get(key).and_then(Value::as_f64);
        let fits = |branch: &&&Value| {
            limit(branch, "minimum").is_none_or(|least| number >= least)
                && limit(branch, "maximum").is_none_or(|most| number <= most)
        };
        if branches.iter().any(|branch| fits(&branch)) {
            return true;
        }
        let branch = branches[0];
        let bounds = match (limit(branch, "minimum"), limit(branch, "maximum")) {
            (Some(least), Some(most)) => format!("a number from {least} to {most} is wanted"),
            (Some(least), None) => format!("a number of at least {least} is wanted"),
            (None, Some(most)) => format!("a number of at most {most} is wanted"),
            (None, None) => return true,
        };
        self.out.diagnostics.push(
            self.index
                .error(self.index.value(pointer), format!("out of range: {bounds}")),
        );
        false
    }

    fn wrong_type(&mut self, value: &Value, branches: &[&'a Value], pointer: &str) {
        let mut wanted: Vec<&str> = Vec::new();
        for kind in ["string", "integer", "number", "boolean", "array", "object"] {
            if branches.iter().any(|branch| accepts(branch, kind))
                && !(kind == "number" && wanted.contains(&"a whole number"))
            {
                wanted.push(noun(kind));
            }
        }
        let wants_text = wanted.contains(&"text");
        let wants_flag = wanted.contains(&"true or false");
        let found = kind(value);
        let diagnostic = if value.is_null() {
            self.index
                .error(self.index.key(pointer), format!("{} is empty", container(pointer)))
                .label(format!("expected {}", either(&wanted)))
        } else {
            self.index
                .error(
                    self.index.value(pointer),
                    format!(
                        "{} is {}, but {} is wanted",
                        container(pointer),
                        noun(found),
                        either(&wanted)
                    ),
                )
                .label(format!("expected {}", either(&wanted)))
        };
        let help = match value {
            Value::Number(_) | Value::Bool(_) if wants_text => Some("put it in quotes".to_owned()),
            Value::String(_) if wants_flag => Some("write `true` or `false`".to_owned()),
            Value::Object(_) if wants_text => {
                Some("braces in an unquoted text make a map; put the text in quotes".to_owned())
            }
            Value::String(_) if wanted == ["a list"] => Some("write a list: lines that begin with `- `".to_owned()),
            _ => None,
        };
        self.out.diagnostics.push(diagnostic.maybe_help(help));
    }
}

/// A place in words: `target.url`.
pub(crate) fn container(pointer: &str) -> String {
    if pointer.is_empty() {
        return "the plan".to_owned();
    }
    let words: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    format!("`{}`", words.join("."))
}
