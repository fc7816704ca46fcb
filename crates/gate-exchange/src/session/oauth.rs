//! OAuth 2.0 token requests (RFC 6749): client credentials, password, refresh.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_model::Undecided;
use gate_spec::{Login, LoginKind, Lookup as _, Method, Template};
use serde_json::Value;

use super::flow::Flow;
use crate::mask::learn;
use crate::request::encode_value;
use crate::visible::one_line;
use crate::{Request, RequestBody};

/// A form, in order.
type Form = Vec<(String, String)>;

impl Flow<'_> {
    /// RFC 6749 section 4.4. The client authenticates with HTTP Basic, which servers must support (section 2.3.1); those
    /// that do not are asked again with the credentials in the form.
    pub(super) async fn client_credentials(
        &mut self,
        login: &Login,
        token_url: &Template,
        scope: Option<&str>,
        extra: &[(String, Template)],
    ) -> Result<(), Undecided> {
        let (id, secret) = (self.need("client_id", login)?, self.need("client_secret", login)?);
        learn(self.client.redactor(), [secret.as_str()]);
        let form = self.form("client_credentials", scope, extra, login)?;
        let encoded = STANDARD.encode(format!("{}:{}", encode_value(&id), encode_value(&secret)));
        learn(self.client.redactor(), [encoded.as_str()]);
        let basic = Some(format!("Basic {encoded}"));
        let refused = match self.token(login, token_url, &form, basic).await? {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        if !matches!(refused.status, 400 | 401) {
            return Err(refused.undecided);
        }
        let mut form = form;
        form.push(("client_id".to_owned(), id));
        form.push(("client_secret".to_owned(), secret));
        self.token(login, token_url, &form, None)
            .await?
            .map_err(|refused| refused.undecided)
    }

    /// RFC 6749 section 4.3.
    pub(super) async fn password(
        &mut self,
        login: &Login,
        token_url: &Template,
        scope: Option<&str>,
        extra: &[(String, Template)],
    ) -> Result<(), Undecided> {
        let username = match self.value("username") {
            Some(username) => username,
            None => self.need("email", login)?,
        };
        let password = self.need("password", login)?;
        let mut form = self.form("password", scope, extra, login)?;
        form.push(("username".to_owned(), username));
        form.push(("password".to_owned(), password));
        self.add_client(&mut form);
        self.token(login, token_url, &form, None)
            .await?
            .map_err(|refused| refused.undecided)
    }

    /// RFC 6749 section 6, where a token endpoint and a refresh token are known.
    pub(super) async fn refresh_token(&mut self, login: &Login) -> Result<bool, Undecided> {
        let Some((token_url, form)) = self.refresh_form(login) else {
            return Ok(false);
        };
        self.token(login, token_url, &form, None)
            .await?
            .map(|()| true)
            .map_err(|refused| refused.undecided)
    }

    /// The same as a request.
    pub(super) fn refresh_request(&self, login: &Login) -> Result<Option<Request>, Undecided> {
        let Some((token_url, form)) = self.refresh_form(login) else {
            return Ok(None);
        };
        let url = self.token_url(login, token_url)?;
        Ok(Some(token_request(url, &form, None)))
    }

    fn refresh_form<'l>(&self, login: &'l Login) -> Option<(&'l Template, Form)> {
        let (LoginKind::Password { token_url, .. } | LoginKind::ClientCredentials { token_url, .. }) = &login.kind
        else {
            return None;
        };
        let mut form = vec![
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            ("refresh_token".to_owned(), self.vars.text("refresh_token")?),
        ];
        self.add_client(&mut form);
        Some((token_url, form))
    }

    fn form(
        &self,
        grant: &str,
        scope: Option<&str>,
        extra: &[(String, Template)],
        login: &Login,
    ) -> Result<Form, Undecided> {
        let mut form = vec![("grant_type".to_owned(), grant.to_owned())];
        if let Some(scope) = scope {
            form.push(("scope".to_owned(), scope.to_owned()));
        }
        for (name, template) in extra {
            let value = template
                .fill(&self.values())
                .map_err(|error| self.failed(&error.to_string(), login.source.as_ref()))?;
            form.push((name.clone(), value));
        }
        Ok(form)
    }

    /// A client that has credentials of its own beside the user's sends them in the form.
    fn add_client(&self, form: &mut Form) {
        for name in ["client_id", "client_secret"] {
            if !form.iter().any(|(field, _)| field == name)
                && let Some(value) = self.value(name)
            {
                form.push((name.to_owned(), value));
            }
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        match self.values().get(name)? {
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    fn need(&self, name: &str, login: &Login) -> Result<String, Undecided> {
        self.value(name)
            .ok_or_else(|| self.failed(&format!("the plan gives no `{name}`"), login.source.as_ref()))
    }

    fn token_url(&self, login: &Login, token_url: &Template) -> Result<String, Undecided> {
        token_url
            .fill(&self.values())
            .map_err(|error| self.failed(&error.to_string(), login.source.as_ref()))
    }

    async fn token(
        &mut self,
        login: &Login,
        token_url: &Template,
        form: &Form,
        authorization: Option<String>,
    ) -> Result<Result<(), Refused>, Undecided> {
        let source = login.source.as_ref();
        let url = self.token_url(login, token_url)?;
        let told = format!("POST {}", one_line(url.split('?').next().unwrap_or_default(), 120));
        let request = token_request(url, form, authorization);
        let chain = self.follow(request, &[]).await?;
        let Some(last) = chain.last() else {
            return Err(self.failed("nothing came back", source));
        };
        let answer = last.json().map(Cow::into_owned).unwrap_or_default();
        let Some(token) = answer
            .get("access_token")
            .and_then(Value::as_str)
            .filter(|_| last.is_success())
        else {
            let undecided = if last.is_success() {
                self.failed(
                    &format!("{told} answered {} without an `access_token`", last.status),
                    source,
                )
            } else {
                self.refused("the token request", &told, last, source)
            };
            return Ok(Err(Refused {
                status: last.status,
                undecided,
            }));
        };
        self.vars.set("token", Value::String(token.to_owned()), None);
        if let Some(refresh) = answer.get("refresh_token").and_then(Value::as_str) {
            self.vars.set("refresh_token", Value::String(refresh.to_owned()), None);
        }
        self.take_answer(Some(answer));
        Ok(Ok(()))
    }
}

fn token_request(url: String, form: &Form, authorization: Option<String>) -> Request {
    let mut request = Request::new(Method::Post, url);
    let text: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", encode_value(name), encode_value(value)))
        .collect();
    request.body = Some(RequestBody {
        media_type: "application/x-www-form-urlencoded".to_owned(),
        bytes: text.join("&").into(),
    });
    if let Some(authorization) = authorization {
        request.headers.push(("authorization".to_owned(), authorization));
    }
    request
}

/// A token endpoint's refusal.
struct Refused {
    status: u16,
    undecided: Undecided,
}
