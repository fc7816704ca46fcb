//! Live credentials, and what of them goes onto one request.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_model::{Cause, Secret, SharedRedactor, Undecided};
use gate_spec::{CredentialSlot, Identity, Method, Template};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::time::Instant;

use super::cookies::Jar;
use super::values::{Values, Vars};
use crate::mask::learn;
use crate::wire::Lane;

/// What a request carries beside its own headers.
#[derive(Clone, Debug)]
pub(crate) struct Worn {
    pub(crate) lane: Lane,
    pub(crate) generation: u64,
    pub(crate) headers: Vec<(String, Secret<String>)>,
    pub(crate) query: Vec<(String, Secret<String>)>,
    /// The names of what carried credentials: headers, and query parameters as `?name`.
    pub(crate) names: Arc<[String]>,
}

impl Worn {
    /// No credentials, over connections that never carried any.
    pub(crate) fn nothing() -> Self {
        Self::of(Lane::Anonymous, 0, Vec::new(), Vec::new())
    }

    pub(crate) fn of(
        lane: Lane,
        generation: u64,
        headers: Vec<(String, Secret<String>)>,
        query: Vec<(String, Secret<String>)>,
    ) -> Self {
        let names = headers
            .iter()
            .map(|(name, _)| name.clone())
            .chain(query.iter().map(|(name, _)| format!("?{name}")))
            .collect();
        Self {
            lane,
            generation,
            headers,
            query,
            names,
        }
    }
}

/// Credentials that were got once and serve until they run out.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) generation: u64,
    pub(crate) slots: Vec<CredentialSlot>,
    pub(crate) vars: Vars,
    pub(crate) jar: Jar,
    pub(crate) unique: String,
    pub(crate) renew_at: Option<Instant>,
    /// The answers of the login that set cookies.
    pub(crate) answers: Vec<crate::Exchange>,
}

impl Live {
    /// The same once more, with a jar of its own.
    pub(crate) fn copy(&self) -> Self {
        Self {
            generation: self.generation,
            slots: self.slots.clone(),
            vars: self.vars.clone(),
            jar: self.jar.copy(),
            unique: self.unique.clone(),
            renew_at: self.renew_at,
            answers: self.answers.clone(),
        }
    }

    /// Whether it is time to renew.
    pub(crate) fn runs_out(&self) -> bool {
        self.renew_at.is_some_and(|at| Instant::now() >= at)
    }

    /// The token, where there is one.
    pub(crate) fn token(&self) -> Option<String> {
        self.vars.text("token")
    }

    /// What the login gave beside the token, by its usual name.
    pub(crate) fn others(&self) -> Vec<(String, Secret<String>)> {
        ["refresh_token", "id_token"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), Secret::new(self.vars.text(name)?))))
            .collect()
    }

    /// What goes onto a request to this URL, which is asked for where cookies are part of it.
    ///
    /// # Errors
    /// Where a placeholder of the plan has no value.
    pub(crate) fn wear(
        &self,
        identity: &Identity,
        method: Method,
        url: &dyn Fn() -> String,
        redactor: &SharedRedactor,
    ) -> Result<Worn, Undecided> {
        let values = Values {
            identity,
            unique: &self.unique,
            vars: &self.vars,
        };
        let fill = |template: &Template| {
            template.fill(&values).map_err(|error| {
                Undecided::new(
                    Cause::LoginFailed,
                    format!("the credentials of {}: {error}", identity.name),
                )
            })
        };
        let mut headers: Vec<(String, Secret<String>)> = Vec::new();
        let mut query = Vec::new();
        let mut cookies: Vec<(String, String)> = Vec::new();
        let mut header = |name: &str, value: String| headers.push((name.to_owned(), Secret::new(value)));
        for slot in &self.slots {
            match slot {
                CredentialSlot::Bearer(token) => header("Authorization", format!("Bearer {}", fill(token)?)),
                CredentialSlot::Basic { username, password } => {
                    let encoded = STANDARD.encode(format!("{}:{}", fill(username)?, fill(password)?));
                    learn(redactor, [encoded.as_str()]);
                    header("Authorization", format!("Basic {encoded}"));
                }
                CredentialSlot::Header { name, value } => header(name, fill(value)?),
                CredentialSlot::UnsafeHeader { name, value } if !method.is_safe() => {
                    header(
                        name,
                        value.fill(&|name: &str| self.fresh(&values, name)).map_err(|error| {
                            Undecided::new(
                                Cause::LoginFailed,
                                format!("the credentials of {}: {error}", identity.name),
                            )
                        })?,
                    );
                }
                CredentialSlot::UnsafeHeader { .. } => {}
                CredentialSlot::Query { name, value } => query.push((name.clone(), Secret::new(fill(value)?))),
                CredentialSlot::Cookie { name, value } => cookies.push((name.clone(), fill(value)?)),
                CredentialSlot::Jar => cookies.extend(self.jar.pairs(&url())),
            }
        }
        if !cookies.is_empty() {
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            header("Cookie", pairs.join("; "));
        }
        Ok(Worn::of(Lane::Session, self.generation, headers, query))
    }

    /// Takes the cookies of an answer, where cookies are part of the credentials.
    pub(crate) fn learn(&self, exchange: &crate::Exchange) {
        if self.slots.contains(&CredentialSlot::Jar) {
            self.jar.take(&exchange.headers, &exchange.url);
        }
    }

    /// A value that came from a cookie is read from the jar again, because servers rotate CSRF cookies at login; decoded,
    /// because scripts in a browser decode it too.
    fn fresh(&self, values: &Values<'_>, name: &str) -> Option<Value> {
        use gate_spec::Lookup as _;
        if let Some(cookie) = self.vars.cookie_of(name)
            && let Some(value) = self.jar.value(cookie)
        {
            return Some(Value::String(
                percent_decode_str(&value).decode_utf8_lossy().into_owned(),
            ));
        }
        values.get(name)
    }
}
