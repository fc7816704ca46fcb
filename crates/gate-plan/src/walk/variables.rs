//! Variables in texts, and which values are secret.

use gate_model::Secret;
use serde_json::Value;

use super::Walker;
use crate::environment::{Otherwise, Piece, Variable, pieces};

/// The schema keyword that says how secret a field is.
const SECRECY: &str = "x-secrecy";

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
pub(super) enum Secrecy {
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
    pub(super) fn read(schema: &Value, inherited: Self) -> Self {
        match schema.get(SECRECY).and_then(Value::as_str) {
            Some("public") => Self::Public,
            Some("environment") => Self::Environment,
            Some("fields") => Self::Fields,
            Some("secret") => Self::Secret,
            _ => inherited,
        }
    }

    pub(super) fn credential(self) -> bool {
        matches!(self, Self::Environment | Self::Fields | Self::Secret)
    }
}

impl Walker<'_> {
    /// Fills the variables of a text; `None` where one has no value.
    pub(super) fn substitute(&mut self, text: &str, pointer: &str, secrecy: Secrecy) -> Option<String> {
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

    pub(super) fn secret(&mut self, value: String) {
        if !value.is_empty() {
            let secret = Secret::new(value);
            if !self.out.secrets.contains(&secret) {
                self.out.secrets.push(secret);
            }
        }
    }
}

fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}
