//! One login under way: its requests, redirects, captured values and cookies.

use std::borrow::Cow;
use std::sync::Arc;

use gate_model::{Cause, Location, Secret, Undecided};
use gate_spec::{Extract, Identity, Login, LoginKind, LoginStep, StatusMatch, Template};
use serde_json::Value;
use url::Url;

use super::cookies::Jar;
use super::extract::{describe, extract};
use super::live::{Live, Worn};
use super::must;
use super::slot::Slot;
use super::values::{Values, Vars};
use crate::budget::Purse;
use crate::compose::absolute_url;
use crate::mask::{learn, learn_json, names_credential};
use crate::send::How;
use crate::visible::one_line;
use crate::wire::Lane;
use crate::{Actor, Client, Exchange, Outgoing, Presented, Purpose, Request};

/// Redirects that a login step follows.
const MAX_REDIRECTS: usize = 10;
/// Answers with cookies that are kept of a login, and bytes of each.
const MAX_ANSWERS: usize = 8;
const MAX_ANSWER_BYTES: usize = 4096;

/// One login under way: its own jar, its own captured values.
pub(super) struct Flow<'a> {
    pub(super) client: &'a Client,
    pub(super) identity: &'a Identity,
    pub(super) vars: Vars,
    pub(super) unique: String,
    pub(super) jar: Jar,
    pub(super) purse: Purse,
    /// The JSON of the last answer.
    pub(super) answer: Option<Value>,
    /// Headers that a refresh needs: the old credentials.
    pub(super) worn: Vec<(String, Secret<String>)>,
    /// What the session that is renewed had captured.
    pub(super) inherited: Vars,
    /// The answers that set cookies.
    pub(super) answers: Vec<Exchange>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(client: &'a Client, identity: &'a Identity, slot: &Slot, purse: Purse) -> Self {
        let jar = Jar::default();
        if let Some(differs) = &slot.differs {
            jar.put(&differs.cookies, &client.spec().target.url);
        }
        Self {
            client,
            identity,
            vars: Vars::default(),
            unique: slot.account.unique.clone(),
            jar,
            purse,
            answer: None,
            worn: Vec::new(),
            inherited: Vars::default(),
            answers: Vec::new(),
        }
    }

    pub(super) fn values(&self) -> Values<'_> {
        Values {
            identity: self.identity,
            unique: &self.unique,
            vars: &self.vars,
        }
    }

    /// A failed login, with the plan's line.
    pub(super) fn failed(&self, why: &str, source: Option<&Location>) -> Undecided {
        let at = source.map(|source| format!(" ({source})")).unwrap_or_default();
        Undecided::new(
            Cause::LoginFailed,
            format!("{} cannot log in: {why}{at}", self.identity.name),
        )
    }

    pub(super) async fn sign_up(&mut self, slot: &Slot) -> Result<(), Undecided> {
        let Some(template) = &self.identity.signup else {
            return Ok(());
        };
        let mut done = slot.account.signup.lock().await;
        if let Some(captured) = done.as_ref() {
            self.vars.extend(captured);
            return Ok(());
        }
        let step = LoginStep {
            request: template.clone(),
            expect: Vec::new(),
            must: gate_spec::Match::default(),
            capture: Vec::new(),
        };
        self.step(&step, "the signup").await?;
        // A session that the signup opened is not the login's.
        self.jar = Jar::default();
        *done = Some(self.vars.clone());
        Ok(())
    }

    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), Undecided> {
        match &login.kind {
            LoginKind::Steps(steps) => {
                for step in steps {
                    self.step(step, "the login").await?;
                }
                Ok(())
            }
            LoginKind::ClientCredentials {
                token_url,
                scope,
                extra,
            } => self.client_credentials(login, token_url, scope.as_deref(), extra).await,
            LoginKind::Password {
                token_url,
                scope,
                extra,
            } => self.password(login, token_url, scope.as_deref(), extra).await,
            LoginKind::Static => Ok(()),
        }
    }

    /// Takes over what a session holds, to renew it.
    pub(super) fn inherit(&mut self, old: &Live) {
        self.vars = old.vars.clone();
        self.jar = old.jar.copy();
        self.inherited = old.vars.clone();
    }

    /// Renews without a new login. `false` where the plan and the answers so far know no way.
    pub(super) async fn refresh(&mut self, login: &Login, old: &Live) -> Result<bool, Undecided> {
        self.inherit(old);
        if let Some(step) = &login.refresh {
            self.wear_for_refresh(step, old)?;
            let result = self.step(step, "the refresh").await;
            self.worn.clear();
            return result.map(|()| true);
        }
        self.refresh_token(login).await
    }

    /// A refresh that names no token is one of the session as such: it presents what the session presents.
    pub(super) fn wear_for_refresh(&mut self, step: &LoginStep, old: &Live) -> Result<(), Undecided> {
        let names_token = step.request.holes().iter().any(|hole| hole == "refresh_token");
        if !names_token && self.jar.is_empty() {
            let url = self.client.spec().target.url.clone();
            let worn = old.wear(
                self.identity,
                step.request.method,
                &|| url.clone(),
                self.client.redactor(),
            )?;
            self.worn = worn.headers;
        }
        Ok(())
    }

    /// Sends one step and takes what it captures.
    pub(super) async fn step(&mut self, step: &LoginStep, what: &str) -> Result<(), Undecided> {
        let source = step.request.source.as_ref();
        let request =
            Request::fill(&step.request, &self.values()).map_err(|error| self.failed(&error.to_string(), source))?;
        let told = format!(
            "{} {}",
            request.method,
            one_line(request.path.split('?').next().unwrap_or_default(), 120)
        );
        let chain = self.follow(request, &step.expect).await?;
        let Some(last) = chain.last() else {
            return Err(self.failed("nothing came back", source));
        };
        let served = if step.expect.is_empty() {
            (200..400).contains(&last.status)
        } else {
            step.expect.iter().any(|expected| expected.matches(last.status))
        };
        if !served {
            return Err(self.refused(what, &told, last, source));
        }
        must::check(&step.must, last, &self.values())
            .map_err(|reason| self.failed(&format!("{told} answered {}, but {reason}", last.status), source))?;
        for (name, from) in &step.capture {
            self.capture(name, from, &chain)
                .map_err(|reason| self.failed(&format!("{told} answered {}, but {reason}", last.status), source))?;
        }
        self.take_answer(last.json().map(Cow::into_owned));
        Ok(())
    }

    /// Remembers an answer, and tells the redactor the secrets in it.
    pub(super) fn take_answer(&mut self, json: Option<Value>) {
        if let Some(json) = json {
            learn_json(self.client.redactor(), &json);
            self.answer = Some(json);
        }
    }

    /// Looks for a value in the last answer first, then in those that redirected to it.
    pub(super) fn capture(&mut self, name: &str, from: &Extract, chain: &[Exchange]) -> Result<(), String> {
        if let Extract::Named(template) = from {
            let template = Template::parse(template).map_err(|error| error.to_string())?;
            let value = template.fill(&self.values()).map_err(|error| error.to_string())?;
            self.vars.set(name, Value::String(value), None);
            return Ok(());
        }
        let mut found = None;
        for exchange in chain.iter().rev() {
            found = extract(from, exchange)?;
            if found.is_some() {
                break;
            }
        }
        let cookie = match from {
            Extract::Cookie(cookie) => Some(cookie.as_str()),
            _ => None,
        };
        if found.is_none()
            && let Some(cookie) = cookie
        {
            found = self.jar.value(cookie).map(Value::String);
        }
        match found {
            Some(value) => {
                if let Value::String(text) = &value
                    && text.len() >= 6
                    && names_credential(name)
                {
                    learn(self.client.redactor(), [text.as_str()]);
                }
                self.vars.set(name, value, cookie);
                Ok(())
            }
            // Not every login gives one.
            None if name == "refresh_token" => Ok(()),
            None => Err(format!("`{name}` is not in it: {} is missing", describe(from))),
        }
    }

    /// Sends a request of the login and follows redirects within scope; gives all answers, the last at the end.
    pub(super) async fn follow(
        &mut self,
        mut request: Request,
        expect: &[StatusMatch],
    ) -> Result<Vec<Exchange>, Undecided> {
        let mut chain = Vec::new();
        loop {
            let exchange = self.send(request.clone()).await?;
            let status = exchange.status;
            let next = (matches!(status, 301 | 302 | 303 | 307 | 308)
                && !expect.iter().any(|expected| expected.matches(status)))
            .then(|| redirect(&request, &exchange))
            .flatten();
            chain.push(exchange);
            match next {
                Some(next) if chain.len() <= MAX_REDIRECTS => request = next,
                Some(_) => return Err(self.failed(&format!("more than {MAX_REDIRECTS} redirects"), None)),
                None => return Ok(chain),
            }
        }
    }

    pub(super) async fn send(&mut self, request: Request) -> Result<Exchange, Undecided> {
        let actor = Actor {
            identity: Some(self.identity.name.clone()),
            presented: Presented::Nothing,
        };
        let outgoing = Outgoing::new(&actor, Purpose::Login, request);
        let url = absolute_url(self.client.spec(), &outgoing);
        let mut headers = self.worn.clone();
        let pairs: Vec<String> = self
            .jar
            .pairs(&url)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !pairs.is_empty() {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("cookie"));
            headers.push(("Cookie".to_owned(), Secret::new(pairs.join("; "))));
        }
        let worn = Worn::of(Lane::Login, 0, headers, Vec::new());
        let sender = self.client.sender();
        let how = How {
            purse: self.purse,
            ..sender.how(Purpose::Login)
        };
        let exchange = sender
            .send(Arc::new(outgoing), &worn, how)
            .await
            .map_err(|undecided| Undecided {
                detail: format!("{} cannot log in: {}", self.identity.name, undecided.detail),
                ..undecided
            })?;
        self.jar.take(&exchange.headers, &exchange.url);
        if self.answers.len() < MAX_ANSWERS && exchange.header("set-cookie").is_some() {
            let mut answer = exchange.clone();
            answer.body.truncate(MAX_ANSWER_BYTES);
            self.answers.push(answer);
        }
        Ok(exchange)
    }

    /// What the server said instead of logging in.
    pub(super) fn refused(&self, what: &str, told: &str, last: &Exchange, source: Option<&Location>) -> Undecided {
        let said = self.client.excerpt(last, 200);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        let mut undecided = self.failed(&format!("{what}, {told}, was answered {}{said}", last.status), source);
        if last.status == 429 {
            undecided.cause = Cause::Throttled;
        }
        undecided
    }
}

/// The request that a redirect asks for (RFC 9110 section 15.4), where it names one.
fn redirect(request: &Request, exchange: &Exchange) -> Option<Request> {
    let here = Url::parse(&exchange.url).ok()?;
    let mut there = here.join(exchange.header("location")?).ok()?;
    there.set_fragment(None);
    let keeps = matches!(exchange.status, 307 | 308) || (request.method.is_safe() && exchange.status != 303);
    let mut next = Request::new(
        if keeps { request.method } else { gate_spec::Method::Get },
        there.as_str(),
    );
    if keeps {
        next.body = request.body.clone();
    }
    if here.origin() == there.origin() {
        next.headers = request.headers.clone();
    }
    Some(next)
}
