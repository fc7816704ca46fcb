//! Turns what the plan holds or a login captured into credentials.

use std::time::SystemTime;

use gate_model::Undecided;
use gate_spec::{CredentialSlot, Login, Method, Template};
use serde_json::Value;

use super::expiry::{lifetime, renew_at};
use super::flow::Flow;
use super::live::Live;
use crate::mask::{learn, names_credential};

/// Where servers put the token when the plan does not say.
const TOKEN_FIELDS: [&str; 6] = ["access_token", "accessToken", "token", "jwt", "id_token", "auth_token"];
/// How deep, and among how many members of a list, it is looked for elsewhere.
const MAX_TOKEN_DEPTH: usize = 5;
const MAX_TOKEN_ITEMS: usize = 20;
/// Objects that servers wrap it in.
const WRAPPERS: [&str; 6] = ["data", "result", "authentication", "auth", "session", "tokens"];

impl Flow<'_> {
    /// Credentials that the plan itself holds.
    pub(super) fn fixed(self, send: &[CredentialSlot], generation: u64) -> Result<Live, Undecided> {
        let mut slots = send.to_vec();
        if slots.is_empty() {
            let has = |name: &str| self.identity.field(name).is_some();
            let hole = |name: &str| {
                Template::parse(&format!("{{{{{name}}}}}")).map_err(|error| self.failed(&error.to_string(), None))
            };
            if has("token") {
                slots.push(CredentialSlot::Bearer(hole("token")?));
            } else if has("username") && has("password") {
                slots.push(CredentialSlot::Basic {
                    username: hole("username")?,
                    password: hole("password")?,
                });
            } else {
                return Err(self.failed("the plan gives neither a token nor a user name with a password", None));
            }
        }
        for (_, value) in self.identity.fields.iter().filter(|(name, _)| names_credential(name)) {
            learn(self.client.redactor(), [value.expose().as_str()]);
        }
        let mut vars = self.vars;
        if let Some(token) = self.identity.field("token") {
            vars.set("token", Value::String(token.expose().clone()), None);
        }
        let live = Live {
            generation,
            slots,
            vars,
            jar: self.jar,
            unique: self.unique,
            renew_at: None,
            answers: Vec::new(),
        };
        // Whatever the slots send is secret, under whatever name the plan keeps it.
        let worn = live.wear(
            self.identity,
            Method::Post,
            &|| self.client.spec().target.url.clone(),
            self.client.redactor(),
        )?;
        let values = worn
            .headers
            .iter()
            .chain(&worn.query)
            .map(|(_, value)| value.expose().as_str());
        learn(
            self.client.redactor(),
            values.flat_map(|value| {
                let bare = value.split_once(' ').map_or(value, |(_, bare)| bare);
                [value, bare]
            }),
        );
        Ok(live)
    }

    /// Turns what was captured into credentials.
    pub(super) fn finish(mut self, login: &Login) -> Result<Live, Undecided> {
        if (login.send.is_empty() || self.inherited.get("token").is_some())
            && self.is_open("token")
            && let Some(token) = self.answer.as_ref().and_then(find_token)
        {
            self.vars.set("token", Value::String(token), None);
        }
        for (name, usual) in [
            ("refresh_token", ["refresh_token", "refreshToken"]),
            ("id_token", ["id_token", "idToken"]),
        ] {
            if self.is_open(name)
                && let Some(found) = self.answer.as_ref().and_then(|answer| find_named(answer, &usual))
            {
                learn(self.client.redactor(), [found.as_str()]);
                self.vars.set(name, Value::String(found), None);
            }
        }
        let token = self.vars.text("token");
        if let Some(token) = &token {
            learn(self.client.redactor(), [token.as_str()]);
        }
        if let Some(refresh) = self.vars.text("refresh_token") {
            learn(self.client.redactor(), [refresh.as_str()]);
        }
        let mut slots = login.send.clone();
        if slots.is_empty() {
            // A token that is a cookie goes back as that cookie.
            if token.is_some() && self.vars.cookie_of("token").is_none() {
                let hole = Template::parse("{{token}}").map_err(|error| self.failed(&error.to_string(), None))?;
                slots.push(CredentialSlot::Bearer(hole));
            }
            if !self.jar.is_empty() {
                slots.push(CredentialSlot::Jar);
            }
        }
        if slots.is_empty() {
            let why = "the login was answered, but with neither a token nor a cookie";
            return Err(self
                .failed(why, login.source.as_ref())
                .settled_by(format!("logins:\n  {}:\n    token: $.access_token", login.name)));
        }
        let lives = lifetime(self.answer.as_ref(), token.as_deref(), SystemTime::now());
        Ok(Live {
            generation: self.client.book().next_generation(),
            slots,
            vars: self.vars,
            jar: self.jar,
            unique: self.unique,
            renew_at: lives.and_then(renew_at),
            answers: self.answers,
        })
    }
}

impl Flow<'_> {
    /// Whether the answers brought new credentials.
    pub(super) fn gains(&self) -> bool {
        let answered = self.answer.as_ref().and_then(find_token);
        answered.is_some() || !self.is_open("token") || !self.answers.is_empty()
    }

    /// Whether nothing captured the value of this name: there is none, or the one that the session had before.
    fn is_open(&self, name: &str) -> bool {
        let value = self.vars.get(name);
        value.is_none() || value == self.inherited.get(name)
    }
}

/// A text of one of these names in a login's answer.
fn find_named(answer: &Value, names: &[&str]) -> Option<String> {
    let direct = |value: &Value| {
        names
            .iter()
            .find_map(|name| value.get(*name)?.as_str())
            .filter(|text| text.len() >= 8 && !text.contains(char::is_whitespace))
            .map(str::to_owned)
    };
    direct(answer).or_else(|| WRAPPERS.iter().find_map(|name| direct(answer.get(*name)?)))
}

/// The token of an answer: where most have it, else the first text of such a name anywhere in it.
fn find_token(answer: &Value) -> Option<String> {
    find_named(answer, &TOKEN_FIELDS).or_else(|| find_below(answer, MAX_TOKEN_DEPTH))
}

fn find_below(answer: &Value, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    let below: Box<dyn Iterator<Item = &Value> + '_> = match answer {
        Value::Object(fields) => Box::new(fields.values()),
        Value::Array(items) => Box::new(items.iter().take(MAX_TOKEN_ITEMS)),
        _ => return None,
    };
    below
        .filter(|value| value.is_object() || value.is_array())
        .find_map(|value| find_named(value, &TOKEN_FIELDS).or_else(|| find_below(value, depth - 1)))
}
