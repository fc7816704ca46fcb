//! Finds what looks like a credential in answers, so that it is redacted although the plan does not know it.

use std::sync::LazyLock;

use gate_model::SharedRedactor;
use regex::Regex;
use serde_json::Value;

use crate::request::encode_value;

const MARK: &str = "[redacted]";

static JWT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").expect("a fixed pattern"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)("(?:[a-z0-9]+[_-])*(?:access_?token|refresh_?token|id_?token|token|jwt|session_?id|csrf_?token|client_?secret|private_?key)"\s*:\s*")[^"\\]{6,}""#)
        .expect("a fixed pattern")
});
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)([?&](?:access_token|refresh_token|id_token|token|api_?key|key|apikey|secret|client_secret|sig|signature|password|code)=)[^&#\s]+")
        .expect("a fixed pattern")
});

/// Text with tokens masked by their shape: JWTs, and JSON fields that are named like tokens.
pub(crate) fn mask_body(text: &str) -> String {
    let text = JWT.replace_all(text, MARK);
    FIELD.replace_all(&text, format!("${{1}}{MARK}\"")).into_owned()
}

/// A URL with the values of credential-like parameters masked.
pub(crate) fn mask_url(url: &str) -> String {
    let url = JWT.replace_all(url, MARK);
    PARAMETER.replace_all(&url, format!("${{1}}{MARK}")).into_owned()
}

/// A `Set-Cookie` value with the cookie's value masked.
pub(crate) fn mask_set_cookie(header: &str) -> String {
    let (pair, rest) = header.split_once(';').map_or((header, ""), |(pair, rest)| (pair, rest));
    let name = pair.split('=').next().unwrap_or_default();
    let separator = if rest.is_empty() { "" } else { ";" };
    format!("{name}={MARK}{separator}{rest}")
}

/// Whether a name is one that credentials go by.
pub(crate) fn names_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let whole = matches!(
        name.as_str(),
        "sid" | "jwt" | "key" | "apikey" | "code" | "nonce" | "state" | "pin" | "otp"
    );
    let part = [
        "token",
        "secret",
        "session",
        "csrf",
        "xsrf",
        "passw",
        "auth",
        "credential",
        "api_key",
        "cookie",
    ]
    .iter()
    .any(|part| name.contains(part));
    whole || part || name.ends_with("sid") && name.len() <= 12
}

/// Tells the redactor secrets, also as they stand in a query or a form, where `-`, `.`, `_` and `~` stay as they are.
pub(crate) fn learn<'a>(redactor: &SharedRedactor, secrets: impl IntoIterator<Item = &'a str>) {
    let forms: Vec<String> = secrets
        .into_iter()
        // The same tokens go out with every request.
        .filter(|secret| !redactor.knows(secret))
        .flat_map(|secret| {
            let encoded = encode_value(secret);
            let in_form = encoded.replace("%20", "+");
            [secret.to_owned(), encoded, in_form]
        })
        .collect();
    redactor.add(forms.iter().map(String::as_str));
}

/// Tells the redactor the values of cookies that a response sets, where they look like sessions; how many were new.
pub(crate) fn learn_cookies(redactor: &SharedRedactor, headers: &[(String, String)]) -> u32 {
    let mut learnt = 0;
    for (_, header) in headers.iter().filter(|(name, _)| name == "set-cookie").take(50) {
        let pair = header.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            let value = value.trim().trim_matches('"');
            let enough = if names_credential(name) { 6 } else { 16 };
            if value.len() >= enough && value.len() <= 8192 && !redactor.finds(value.as_bytes()) {
                learn(redactor, [value]);
                learnt += 1;
            }
        }
    }
    learnt
}

/// Tells the redactor the texts in a JSON value whose keys are named like credentials.
pub(crate) fn learn_json(redactor: &SharedRedactor, value: &Value) {
    let mut found = Vec::new();
    walk(value, 0, &mut found);
    learn(redactor, found);
}

/// Tells the redactor the texts in an answer to whoever made something that are named like keys and look like ones: long, without a
/// space, of letters and digits. Other names that credentials go by are ordinary words there: the state of an order, a code.
pub(crate) fn learn_issued(redactor: &SharedRedactor, value: &Value) {
    let mut found = Vec::new();
    issued(value, 0, &mut found);
    learn(redactor, found);
}

/// Texts under names of keys that look random.
fn issued<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a str>) {
    if depth > 4 || found.len() >= 50 {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, item) in fields {
                match item {
                    Value::String(text) if issues_key(name) && looks_issued(text) => found.push(text),
                    other => issued(other, depth + 1, found),
                }
            }
        }
        Value::Array(items) => items.iter().take(50).for_each(|item| issued(item, depth + 1, found)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn issues_key(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "key"
        || ["apikey", "api_key", "api-key", "token", "secret"]
            .iter()
            .any(|part| name.ends_with(part))
}

fn looks_issued(text: &str) -> bool {
    text.len() >= 20
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+=".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn walk<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a str>) {
    if depth > 8 || found.len() >= 50 {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (key, item) in fields {
                match item {
                    Value::String(text) if names_credential(key) && (8..=8192).contains(&text.len()) => {
                        // `token_type: "Bearer"` and the like are words, not secrets.
                        if !text.contains(' ') {
                            found.push(text);
                        }
                    }
                    other => walk(other, depth + 1, found),
                }
            }
        }
        Value::Array(items) => items.iter().take(50).for_each(|item| walk(item, depth + 1, found)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_by_their_shape() {
        let body = r#"{"accessToken":"abcdef123","note":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln","tokens":3}"#;
        assert_eq!(
            mask_body(body),
            r#"{"accessToken":"[redacted]","note":"[redacted]","tokens":3}"#
        );
        assert_eq!(mask_url("/a?api_key=k1&b=2"), "/a?api_key=[redacted]&b=2");
        assert_eq!(
            mask_set_cookie("sid=abc; Path=/; HttpOnly"),
            "sid=[redacted]; Path=/; HttpOnly"
        );
    }

    #[test]
    fn session_cookies_are_learnt_and_settings_are_not() {
        let redactor = SharedRedactor::default();
        let headers: Vec<(String, String)> = ["connect.sid=s3cr3tv4lue; Path=/", "theme=dark", "csrftoken=abcdefgh"]
            .iter()
            .map(|value| ("set-cookie".to_owned(), (*value).to_owned()))
            .collect();
        learn_cookies(&redactor, &headers);
        assert_eq!(
            redactor.redact("s3cr3tv4lue dark abcdefgh"),
            "[redacted] dark [redacted]"
        );
    }
}
