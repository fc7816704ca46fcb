//! The body of a request as fields that can be changed: which name the account, which hold the secret.

use gate_exchange::{Request, RequestBody};
use serde_json::Value;

use crate::words::{names_account, names_secret};

/// Levels of a body that are looked at.
const MAX_DEPTH: usize = 4;

/// A body, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fields {
    /// JSON (RFC 8259).
    Json(Value),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
}

/// Which fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that name the account.
    Account,
    /// Those that hold a secret.
    Secret,
}

impl Which {
    fn is(self, name: &str) -> bool {
        match self {
            Self::Account => names_account(name),
            Self::Secret => names_secret(name),
        }
    }
}

impl Fields {
    /// The fields of a request, where its body has some.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let body = request.body.as_ref()?;
        let media_type = body.media_type.to_ascii_lowercase();
        if media_type.starts_with("application/x-www-form-urlencoded") {
            let pairs = url::form_urlencoded::parse(&body.bytes);
            return Some(Self::Form(pairs.into_owned().collect()));
        }
        let json: Value = serde_json::from_slice(&body.bytes).ok()?;
        json.is_object().then_some(Self::Json(json))
    }

    /// The first value of such a field.
    pub(crate) fn first(&self, which: Which) -> Option<String> {
        match self {
            Self::Form(pairs) => pairs
                .iter()
                .find(|(name, _)| which.is(name))
                .map(|(_, value)| value.clone()),
            Self::Json(json) => {
                let mut found = None;
                visit(json, 0, &mut |name, value| {
                    if found.is_none() && which.is(name) {
                        found = text_of(value);
                    }
                });
                found
            }
        }
    }

    /// Changes every such field.
    pub(crate) fn change(&mut self, which: Which, new: &dyn Fn(&str) -> String) {
        match self {
            Self::Form(pairs) => {
                for (_, value) in pairs.iter_mut().filter(|(name, _)| which.is(name)) {
                    *value = new(value);
                }
            }
            Self::Json(json) => alter(json, 0, &mut |name, value| {
                if which.is(name)
                    && let Some(old) = text_of(value)
                {
                    let text = new(&old);
                    *value = match value {
                        Value::Number(_) => text.parse::<i64>().map_or(Value::String(text), Value::from),
                        _ => Value::String(text),
                    };
                }
            }),
        }
    }

    /// The fields in another request.
    pub(crate) fn put_into(&self, request: &mut Request) {
        let Some(body) = &mut request.body else { return };
        body.bytes = match self {
            Self::Json(json) => json.to_string().into(),
            Self::Form(pairs) => form_text(pairs).into(),
        };
    }

    /// The same fields as a form, where they are plain ones.
    pub(crate) fn as_form(&self) -> Option<RequestBody> {
        let Self::Json(Value::Object(fields)) = self else {
            return None;
        };
        let pairs: Option<Vec<(String, String)>> = fields
            .iter()
            .map(|(name, value)| Some((name.clone(), text_of(value)?)))
            .collect();
        Some(RequestBody {
            media_type: "application/x-www-form-urlencoded".to_owned(),
            bytes: form_text(&pairs?).into(),
        })
    }
}

fn form_text(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn visit(value: &Value, depth: usize, see: &mut dyn FnMut(&str, &Value)) {
    if depth > MAX_DEPTH {
        return;
    }
    if let Value::Object(fields) = value {
        for (name, value) in fields {
            see(name, value);
            visit(value, depth + 1, see);
        }
    }
}

fn alter(value: &mut Value, depth: usize, change: &mut dyn FnMut(&str, &mut Value)) {
    if depth > MAX_DEPTH {
        return;
    }
    if let Value::Object(fields) = value {
        for (name, value) in fields.iter_mut() {
            change(name, value);
            alter(value, depth + 1, change);
        }
    }
}

#[cfg(test)]
mod tests {
    use gate_spec::Method;
    use serde_json::json;

    use super::*;

    fn request(media_type: &str, body: &str) -> Request {
        let mut request = Request::new(Method::Post, "/login");
        request.body = Some(RequestBody {
            media_type: media_type.to_owned(),
            bytes: body.to_owned().into(),
        });
        request
    }

    #[test]
    fn accounts_and_secrets_are_found_and_changed() {
        let mut request = request(
            "application/json",
            r#"{"user":{"email":"a@b.test","password":"x"},"remember":true}"#,
        );
        let mut fields = Fields::of(&request).expect("JSON");
        assert_eq!(fields.first(Which::Account).as_deref(), Some("a@b.test"));
        fields.change(Which::Secret, &|_| "y".to_owned());
        fields.put_into(&mut request);
        let changed: Value = serde_json::from_slice(request.body_bytes()).expect("JSON");
        assert_eq!(
            changed,
            json!({"user": {"email": "a@b.test", "password": "y"}, "remember": true})
        );
    }

    #[test]
    fn forms_keep_their_order() {
        let mut request = request(
            "application/x-www-form-urlencoded",
            "csrf=1&username=a%40b&password=x+y",
        );
        let mut fields = Fields::of(&request).expect("a form");
        fields.change(Which::Account, &|old| old.to_uppercase());
        fields.put_into(&mut request);
        assert_eq!(request.body_bytes(), b"csrf=1&username=A%40B&password=x+y");
    }

    #[test]
    fn plain_json_can_be_a_form() {
        let request = request("application/json", r#"{"email":"a@b","code":7}"#);
        let form = Fields::of(&request)
            .and_then(|fields| fields.as_form())
            .expect("a form");
        assert_eq!(&form.bytes[..], b"email=a%40b&code=7");
    }
}
