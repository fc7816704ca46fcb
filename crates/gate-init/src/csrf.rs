//! The token that a login gives beside its cookies, and that unsafe requests have to repeat in a header.
//!
//! Without it every write with a session cookie is refused, and a plan would find nobody who may do anything. Where it is and
//! where it goes follows what frameworks do: a field or a header of the answer (most frameworks), or a cookie that scripts may read and
//! that is sent back in a header (Django's `csrftoken`, the `XSRF-TOKEN` of Angular, Laravel and Spring; OWASP CSRF Prevention,
//! double submit).

use gate_exchange::Exchange;
use gate_spec::{CredentialSlot, Extract, Login, LoginKind, Template};
use serde_json::Value;

/// How deep in the answer a field is looked for.
const DEPTH: usize = 3;
/// Fields that are looked at.
const MOST: usize = 200;
/// The header where neither the document nor the place names one.
const USUAL: &str = "X-CSRF-Token";
/// What a token is called in a recipe.
const NAME: &str = "csrf";
/// Shorter values are no tokens, and longer ones are something else.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=2048;

/// A token, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Csrf {
    /// Where it is in the answer.
    pub(crate) from: Extract,
    /// The header of unsafe requests.
    pub(crate) header: String,
}

/// Looks for a token in the answers of a login that set cookies. `document` is the text of the OpenAPI document, which may name the
/// header.
pub(crate) fn find(answers: &[Exchange], document: &str) -> Option<Csrf> {
    let answer = answers.last()?;
    let named = header_in(document);
    let field = answer.json().and_then(|body| field(&body));
    if let Some(path) = field {
        return Some(Csrf {
            from: Extract::JsonPath(path),
            header: named.unwrap_or_else(|| USUAL.to_owned()),
        });
    }
    let in_header = answer
        .headers
        .iter()
        .find(|(name, value)| means_it(name) && fits(value) && is_token(name));
    if let Some((name, _)) = in_header {
        return Some(Csrf {
            from: Extract::Header(name.clone()),
            header: named.unwrap_or_else(|| name.clone()),
        });
    }
    let cookie = answers.iter().rev().find_map(cookie)?;
    let header = named.unwrap_or_else(|| header_of(&cookie).to_owned());
    Some(Csrf {
        from: Extract::Cookie(cookie),
        header,
    })
}

impl Csrf {
    /// The login with the token captured, and sent beside the cookies; none where it is no login of one request with cookies.
    pub(crate) fn added_to(&self, login: &Login) -> Option<Login> {
        let mut login = login.clone();
        let LoginKind::Steps(steps) = &mut login.kind else {
            return None;
        };
        let [step] = steps.as_mut_slice() else { return None };
        if !matches!(login.send.as_slice(), [] | [CredentialSlot::Jar]) {
            return None;
        }
        step.capture = vec![(NAME.to_owned(), self.from.clone())];
        login.send = vec![
            CredentialSlot::Jar,
            CredentialSlot::UnsafeHeader {
                name: self.header.clone(),
                value: Template::parse(&format!("{{{{{NAME}}}}}")).ok()?,
            },
        ];
        Some(login)
    }

    /// Where it is, in words.
    pub(crate) fn place(&self) -> String {
        match &self.from {
            Extract::JsonPath(path) => path.clone(),
            Extract::Cookie(name) => format!("the cookie {name}"),
            Extract::Header(name) => format!("the header {name}"),
            Extract::LastSegmentOf(_) | Extract::Regex(_) | Extract::Named(_) => "its answer".to_owned(),
        }
    }
}

fn means_it(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("csrf") || name.contains("xsrf")
}

/// A token as a header may carry it.
fn fits(value: &str) -> bool {
    LENGTHS.contains(&value.len()) && value.bytes().all(|byte| (0x21..0x7f).contains(&byte))
}

/// A name of a header, as HTTP allows it in what we write.
fn is_token(name: &str) -> bool {
    name.len() <= 60
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The first field that is called so and holds a token, as JSONPath.
fn field(body: &Value) -> Option<String> {
    let mut queue = vec![("$".to_owned(), body, 0)];
    let mut looked = 0;
    while let Some((path, value, depth)) = queue.pop() {
        for (name, inner) in value.as_object().into_iter().flatten() {
            looked += 1;
            if looked > MOST {
                return None;
            }
            let is_plain = is_token(name) && !name.contains('-') && name.starts_with(|c: char| c.is_ascii_alphabetic());
            let path = if is_plain {
                format!("{path}.{name}")
            } else if is_token(name) {
                format!("{path}['{name}']")
            } else {
                continue;
            };
            match inner {
                Value::String(token) if means_it(name) && fits(token) => return Some(path),
                Value::Object(_) if depth < DEPTH => queue.push((path, inner, depth + 1)),
                _ => {}
            }
        }
    }
    None
}

/// The name of a cookie that is called so and that scripts may read: what they cannot read, they cannot repeat.
fn cookie(answer: &Exchange) -> Option<String> {
    let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    set.take(MOST).find_map(|(_, line)| {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let hidden = parts.any(|part| part.trim().eq_ignore_ascii_case("httponly"));
        let name = name.trim();
        (means_it(name) && is_token(name) && fits(value.trim()) && !hidden).then(|| name.to_owned())
    })
}

/// Where frameworks look for the value of their cookie.
fn header_of(cookie: &str) -> &'static str {
    match cookie.to_ascii_lowercase().as_str() {
        "csrftoken" => "X-CSRFToken",
        "xsrf-token" => "X-XSRF-TOKEN",
        _ => USUAL,
    }
}

/// A header that the document speaks of: the first word that begins with `X-` and is called so.
fn header_in(document: &str) -> Option<String> {
    let words = document.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    let mut named = words.filter(|word| word.len() > 2 && word[..2].eq_ignore_ascii_case("x-") && means_it(word));
    named.next().filter(|word| is_token(word)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_wherever_it_is() {
        assert_eq!(
            field(&json!({ "csrf_token": "abcdefgh1" })).as_deref(),
            Some("$.csrf_token")
        );
        assert_eq!(
            field(&json!({ "data": { "csrfToken": "abcdefgh1" } })).as_deref(),
            Some("$.data.csrfToken")
        );
        assert_eq!(
            field(&json!({ "a-b": { "x-xsrf": "abcdefgh1" } })).as_deref(),
            Some("$['a-b']['x-xsrf']")
        );
        for none in [
            json!({ "csrf_enabled": true, "token": "abcdefgh1" }),
            json!({ "csrf": "short" }),
            json!({ "csrf": "line\nbreak is none" }),
            json!({ "it's": { "csrf": "abcdefgh1" } }),
            json!(["csrf"]),
        ] {
            assert_eq!(field(&none), None, "{none}");
        }
    }

    #[test]
    fn the_document_names_the_header() {
        assert_eq!(
            header_in("also need the header X-CSRF-Token with").as_deref(),
            Some("X-CSRF-Token")
        );
        assert_eq!(header_in("\"name\":\"x-xsrf-token\"").as_deref(), Some("x-xsrf-token"));
        assert_eq!(header_in("X-Request-Id, csrf, é-X"), None);
    }
}
