//! A delivery: a request of the sender, signed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_check::Ctx;
use gate_exchange::{Actor, Outgoing, Purpose, Request};
use gate_model::{Cause, Undecided};
use gate_objects::{Bindings, CallerLookup};
use gate_spec::SignedCaller;
use serde_json::Value;
use time::OffsetDateTime;

use crate::sign::{signature, written};

/// What a signature is made with where it is not the sender's own.
pub(crate) const OTHER_SECRET: &[u8] = b"launchgate-nobodys-secret";

/// A delivery and what its signature is made of.
#[derive(Clone, Debug)]
pub(crate) struct Delivery<'a> {
    caller: &'a SignedCaller,
    /// The request without headers of the signature.
    pub(crate) request: Request,
    /// The moment, as the scheme writes it.
    pub(crate) moment: String,
    /// Its id.
    id: String,
    /// The signature; none where the header is left out.
    pub(crate) signature: Option<String>,
}

impl<'a> Delivery<'a> {
    /// A genuine one, sent so long ago.
    ///
    /// # Errors
    /// Where the request cannot be filled.
    pub(crate) fn genuine(ctx: &Ctx<'_>, caller: &'a SignedCaller, ago: Duration) -> Result<Self, Undecided> {
        let failed = |what: String| Undecided::new(Cause::ControlFailed, what);
        let operation = ctx
            .spec
            .operations
            .get(&caller.operation)
            .ok_or_else(|| failed(format!("{} is not known", caller.operation)))?;
        let bindings = Bindings {
            params: operation.params.clone(),
            ..Bindings::default()
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, None, &bindings);
        let template = caller.sample.as_ref().unwrap_or(&operation.request);
        let request = Request::fill(template, &lookup).map_err(|error| failed(error.to_string()))?;
        let at = OffsetDateTime::now_utc() - ago;
        let mut delivery = Self {
            caller,
            request,
            moment: written(caller.scheme.moment, at),
            id: format!("msg_{}", lookup.unique()),
            signature: None,
        };
        delivery.sign(&own_secret(caller).map_err(failed)?);
        if let Some(signature) = &delivery.signature {
            ctx.target.keep_secret(signature);
        }
        Ok(delivery)
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Signs it with a secret.
    pub(crate) fn sign(&mut self, secret: &[u8]) {
        let body = self.request.body_bytes().to_vec();
        self.sign_instead(secret, &body);
    }

    /// Signs another body than the one that is sent.
    pub(crate) fn sign_instead(&mut self, secret: &[u8], body: &[u8]) {
        let scheme = &self.caller.scheme;
        self.signature = Some(signature(scheme, secret, &self.moment, &self.id, body));
    }

    /// Another body under the same signature; false where it has none that could be another one.
    pub(crate) fn alter_body(&mut self) -> bool {
        let Some(body) = &mut self.request.body else {
            return false;
        };
        if body.bytes.is_empty() {
            return false;
        }
        let mut value: Option<Value> = serde_json::from_slice(&body.bytes).ok();
        let altered = match value.as_mut().and_then(|value| change(value).then_some(value)) {
            Some(value) => value.to_string().into_bytes(),
            // Not JSON, or nothing in it that could be another value: one byte more.
            None => [body.bytes.as_ref(), b" "].concat(),
        };
        body.bytes = altered.into();
        true
    }

    /// Another moment under the same signature.
    pub(crate) fn alter_moment(&mut self, caller: &SignedCaller) {
        let later = OffsetDateTime::now_utc() + Duration::from_secs(7);
        self.moment = written(caller.scheme.moment, later);
    }

    /// The request with the headers of the signature.
    pub(crate) fn outgoing(&self, purpose: Purpose) -> Outgoing {
        let scheme = &self.caller.scheme;
        let mut request = self.request.clone();
        let mut set = |name: &str, value: String| {
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            request.headers.push((name.to_owned(), value));
        };
        if let Some(signature) = &self.signature {
            let value = scheme
                .value
                .replace("{{timestamp}}", &self.moment)
                .replace("{{id}}", &self.id)
                .replace("{{signature}}", signature);
            set(&scheme.header, value);
        }
        if let Some(header) = &scheme.timestamp_header {
            set(header, self.moment.clone());
        }
        if let Some(header) = &scheme.id_header {
            set(header, self.id.clone());
        }
        Outgoing::new(&Actor::anonymous(), purpose, request).of(&self.caller.operation)
    }
}

/// The bytes that the sender signs with.
fn own_secret(caller: &SignedCaller) -> Result<Vec<u8>, String> {
    let text = caller.secret.expose();
    if !caller.secret_is_base64 {
        return Ok(text.as_bytes().to_vec());
    }
    let encoded = text.strip_prefix("whsec_").unwrap_or(text);
    STANDARD.decode(encoded).map_err(|_| {
        format!(
            "the secret of {} is not base64, as its scheme asks for",
            caller.operation
        )
    })
}

/// Gives one value of a body another one of the same kind: a number first, because texts may have a form.
fn change(value: &mut Value) -> bool {
    change_where(value, &|value| match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number < 1 << 50) => {
            *value = Value::from(number.as_u64().unwrap_or_default() + 1);
            true
        }
        _ => false,
    }) || change_where(value, &|value| match value {
        Value::Bool(flag) => {
            *value = Value::Bool(!*flag);
            true
        }
        Value::String(text) if !text.is_empty() => {
            let last = text.pop().unwrap_or_default();
            text.push(if last == 'a' { 'b' } else { 'a' });
            true
        }
        _ => false,
    })
}

fn change_where(value: &mut Value, test: &dyn Fn(&mut Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().any(|item| change_where(item, test)),
        Value::Object(fields) => fields.values_mut().any(|field| change_where(field, test)),
        other => test(other),
    }
}
