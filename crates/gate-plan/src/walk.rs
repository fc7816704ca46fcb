//! Walks a plan against the schema of its types: every unknown key and wrong type at once, variables put in on the way.
//!
//! It understands the part of JSON Schema that the types in [`crate::raw`] generate. What is wrong is taken out, so that
//! the rest can still be judged.

use std::collections::HashSet;

use gate_model::Secret;
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, remedy};
use crate::environment::{Environment, Otherwise, Piece, Variable, pieces};
use crate::yaml::{Index, join};

/// The schema keyword that says how secret a field is.
pub(crate) const SECRECY: &str = "x-secrecy";

/// Environment values shorter than this are not secret outside credential fields.
const MIN_SECRET_CHARS: usize = 8;

/// Fields of an identity that are public by nature where they are written out.
const PUBLIC_FIELDS: [&str; 12] = [
    "email",
    "mail",
    "username",
    "user",
    "user_name",
    "login",
    "name",
    "phone",
    "tenant",
    "client_id",
    "id",
    "account",
];

/// How secret the values of a field are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secrecy {
    /// Environment values that are long enough.
    Plain,
    /// Nothing: hosts, addresses.
    Public,
    /// Whatever comes from the environment.
    Environment,
    /// Everything but names and addresses that are written out.
    Fields,
    /// Everything.
    Secret,
}

impl Secrecy {
    fn read(schema: &Value, inherited: Self) -> Self {
        match schema.get(SECRECY).and_then(Value::as_str) {
            Some("public") => Self::Public,
            Some("environment") => Self::Environment,
            Some("fields") => Self::Fields,
            Some("secret") => Self::Secret,
            _ => inherited,
        }
    }

    fn credential(self) -> bool {
        matches!(self, Self::Environment | Self::Fields | Self::Secret)
    }
}

/// What the walk brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walked {
    pub(crate) diagnostics: Vec<Diagnostic>,
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
            if !literal && !branches.iter().any(|branch| accepts(branch, "string")) {
                if let Some(typed) = typed(text, &branches) {
                    *value = typed;
                }
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
        for key in &bad {
            fields.shift_remove(key);
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

    /// Fills the variables of a text; `None` where one has no value.
    fn substitute(&mut self, text: &str, pointer: &str, secrecy: Secrecy) -> Option<String> {
        if !text.contains('$') {
            let public =
                secrecy == Secrecy::Fields && PUBLIC_FIELDS.contains(&last(pointer).to_ascii_lowercase().as_str());
            if matches!(secrecy, Secrecy::Secret | Secrecy::Fields) && !public {
                self.secret(text.to_owned());
            }
            return Some(text.to_owned());
        }
        let pieces = match pieces(text) {
            Ok(pieces) => pieces,
            Err(message) => {
                self.out
                    .diagnostics
                    .push(self.index.error(self.index.value(pointer), message));
                return None;
            }
        };
        let mut out = String::new();
        let mut sound = true;
        let mut from_environment = false;
        for piece in pieces {
            match piece {
                Piece::Text(part) => out.push_str(part),
                Piece::Dollar => out.push('$'),
                Piece::Variable { name, otherwise } => match self.variable(name, &otherwise, pointer, secrecy) {
                    Some((value, environment)) => {
                        from_environment |= environment;
                        out.push_str(&value);
                    }
                    None => sound = false,
                },
            }
        }
        if from_environment {
            self.known.insert(pointer.to_owned());
        }
        if secrecy == Secrecy::Secret || (from_environment && secrecy.credential()) {
            self.secret(out.clone());
        }
        sound.then_some(out)
    }

    /// The value of a variable and whether it came from the environment.
    fn variable(
        &mut self,
        name: &str,
        otherwise: &Otherwise<'_>,
        pointer: &str,
        secrecy: Secrecy,
    ) -> Option<(String, bool)> {
        let value = if secrecy.credential() {
            self.env.get_credential(name)
        } else {
            self.env.get(name)
        }
        .filter(|value| !value.is_empty());
        self.note(
            name,
            value.is_some(),
            matches!(otherwise, Otherwise::Default(_)),
            secrecy.credential(),
        );
        if let Some(value) = value {
            if value.contains("{{") && !secrecy.credential() {
                self.out.diagnostics.push(self.index.error(
                    self.index.value(pointer),
                    format!("the value of `{name}` holds `{{{{`, which would be read as a placeholder"),
                ));
                return None;
            }
            let long = value.chars().count() >= MIN_SECRET_CHARS;
            let number = value.parse::<f64>().is_ok();
            if secrecy.credential() || (secrecy == Secrecy::Plain && long && !number) {
                self.secret(value.clone());
            }
            return Some((value, true));
        }
        let withheld = self.env.withheld(name);
        if withheld {
            self.out.withheld.push((pointer.to_owned(), name.to_owned()));
        }
        match otherwise {
            Otherwise::Default(default) => Some(((*default).to_owned(), false)),
            _ if self.fork && secrecy.credential() => {
                self.out.unset.push((pointer.to_owned(), name.to_owned()));
                Some((String::new(), false))
            }
            Otherwise::Fail | Otherwise::Say(_) => {
                let what = match otherwise {
                    Otherwise::Say(message) => format!("`{name}` is not set: {message}"),
                    _ if withheld => format!("`{name}` is set, but the plan may not read it"),
                    _ => format!("`{name}` is not set, or empty"),
                };
                let help = if withheld {
                    format!("allow it with `--allow-env {name}`")
                } else {
                    format!("set the variable, or give a default: ${{{name}:-…}}")
                };
                self.out
                    .diagnostics
                    .push(self.index.error(self.index.value(pointer), what).help(help));
                None
            }
        }
    }

    fn note(&mut self, name: &str, set: bool, default: bool, credential: bool) {
        match self.out.variables.iter_mut().find(|variable| variable.name == name) {
            Some(variable) => {
                variable.credential |= credential;
                variable.set |= set;
                variable.default &= default;
            }
            None => self.out.variables.push(Variable {
                name: name.to_owned(),
                set,
                default,
                credential,
            }),
        }
    }

    fn secret(&mut self, value: String) {
        if !value.is_empty() {
            let secret = Secret::new(value);
            if !self.out.secrets.contains(&secret) {
                self.out.secrets.push(secret);
            }
        }
    }
}

fn typed(text: &str, branches: &[&Value]) -> Option<Value> {
    let wants = |kind: &str| branches.iter().any(|branch| accepts(branch, kind));
    if wants("boolean")
        && let Ok(flag) = text.parse::<bool>()
    {
        return Some(Value::Bool(flag));
    }
    if wants("integer")
        && let Ok(whole) = text.parse::<i64>()
    {
        return Some(Value::from(whole));
    }
    if wants("number")
        && let Ok(number) = text.parse::<f64>()
    {
        return serde_json::Number::from_f64(number).map(Value::Number);
    }
    None
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn accepts(branch: &Value, kind: &str) -> bool {
    if branch.is_boolean() {
        return branch == &Value::Bool(true);
    }
    let fits = |word: &str| word == kind || (word == "number" && kind == "integer");
    match branch.get("type") {
        Some(Value::String(word)) => fits(word),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).any(fits),
        _ => match (branch.get("const"), branch.get("enum")) {
            (Some(word), _) => fits(self::kind(word)),
            (None, Some(Value::Array(words))) => words.iter().any(|word| fits(self::kind(word))),
            _ => true,
        },
    }
}

fn noun(kind: &str) -> &'static str {
    match kind {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a map",
        _ => "nothing",
    }
}

fn either(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
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
