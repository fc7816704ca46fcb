//! The values of placeholders in logins, signups and credentials of one identity.

use gate_spec::{Identity, Lookup, Template};
use rand::RngCore as _;
use serde_json::Value;

/// What a login captured, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars(Vec<Var>);

#[derive(Clone, Debug)]
struct Var {
    name: String,
    value: Value,
    /// The cookie that the value came from: its present value is what counts later.
    cookie: Option<String>,
}

impl Vars {
    pub(crate) fn set(&mut self, name: &str, value: Value, cookie: Option<&str>) {
        self.0.retain(|var| var.name != name);
        self.0.push(Var {
            name: name.to_owned(),
            value,
            cookie: cookie.map(str::to_owned),
        });
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|var| var.name == name).map(|var| &var.value)
    }

    /// The value as text, where it is a text or a number.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The cookie that a value came from.
    pub(crate) fn cookie_of(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|var| var.name == name)?.cookie.as_deref()
    }

    /// Takes the values of another set over, replacing those of the same name.
    pub(crate) fn extend(&mut self, other: &Self) {
        for var in &other.0 {
            self.set(&var.name, var.value.clone(), var.cookie.as_deref());
        }
    }
}

/// An unguessable text that names this run's user: 16 characters of `a-z2-7`, beginning with a letter.
pub(crate) fn unique() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut random = [0; 16];
    rand::rng().fill_bytes(&mut random);
    random
        .iter()
        .enumerate()
        .map(|(at, byte)| char::from(ALPHABET[usize::from(byte % if at == 0 { 16 } else { 32 })]))
        .collect()
}

/// Looks placeholders up: captured values, then the identity's fields, then what every identity has.
pub(crate) struct Values<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) unique: &'a str,
    pub(crate) vars: &'a Vars,
}

impl Lookup for Values<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.vars.get(name) {
            return Some(value.clone());
        }
        if let Some(field) = self.identity.field(name) {
            return Some(Value::String(self.field(field.expose())));
        }
        let text = match name {
            "unique" => self.unique.to_owned(),
            "identity" => self.identity.name.as_str().to_owned(),
            "tenant" => self.identity.tenant_value().to_owned(),
            "role" => self.identity.roles.first()?.clone(),
            _ => return self.invented(name).map(Value::String),
        };
        Some(Value::String(text))
    }
}

impl Values<'_> {
    /// A field may itself name the run's unique text.
    fn field(&self, text: &str) -> String {
        if !text.contains("{{") {
            return text.to_owned();
        }
        let unique = |name: &str| (name == "unique").then(|| Value::String(self.unique.to_owned()));
        Template::parse(text)
            .and_then(|template| template.fill(&unique))
            .unwrap_or_else(|_| text.to_owned())
    }

    /// A user that signs up per run needs no values in the plan.
    fn invented(&self, name: &str) -> Option<String> {
        self.identity.signup.as_ref()?;
        match name {
            "email" => Some(format!("launchgate-{}@example.test", self.unique)),
            "username" | "login" | "user" => Some(format!("lg{}", self.unique)),
            "name" => Some(format!("Launchgate {}", self.unique)),
            "password" => Some(format!("Lg-7-{}", self.unique)),
            _ => None,
        }
    }
}
