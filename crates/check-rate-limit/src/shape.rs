//! What answers of one handler have in common, so that another answer can be told to come from the same handler or not.

use std::collections::BTreeMap;

use gate_exchange::Exchange;
use serde_json::Value;

use crate::words::names_secret;

/// Leaves of a JSON body and words of a text that are compared.
const MAX_PARTS: usize = 200;
/// Bytes of a value that a line for the plan repeats.
const MAX_TOLD: usize = 60;
/// Letters of one word of it.
const MAX_WORD: usize = 16;
/// Levels of a JSON body.
const MAX_DEPTH: usize = 8;

/// The status of an answer and what its body consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    status: u16,
    location: Option<String>,
    body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    /// Paths with the values there.
    Json(BTreeMap<String, String>),
    /// Words.
    Text(Vec<String>),
}

impl Shape {
    /// The shape of an answer.
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let body = match exchange.json() {
            Some(json) if json.is_object() || json.is_array() => {
                let mut leaves = BTreeMap::new();
                collect(&json, String::new(), 0, &mut leaves);
                Body::Json(leaves)
            }
            _ => {
                let text = exchange.text();
                Body::Text(text.split_whitespace().take(MAX_PARTS).map(str::to_owned).collect())
            }
        };
        let location = exchange.header("location");
        Self {
            status: exchange.status,
            location: location.map(|to| to.split(['?', '#']).next().unwrap_or_default().to_owned()),
            body,
        }
    }

    /// Whether an answer is what this handler answers, given several of its answers: what differs between those may differ.
    pub(crate) fn is_of_handler(&self, known: &[Self]) -> bool {
        let Some(first) = known.first() else { return false };
        if self.status != first.status || self.location != first.location {
            return false;
        }
        match (&self.body, &first.body) {
            (Body::Json(leaves), Body::Json(model)) => {
                leaves.len() == model.len()
                    && leaves.iter().zip(model).all(|((path, value), (wanted, model))| {
                        path == wanted && (value == model || varies(known, path))
                    })
            }
            (Body::Text(words), Body::Text(model))
                if words.len() == model.len()
                    && words
                        .iter()
                        .zip(model)
                        .enumerate()
                        .all(|(at, (word, model))| word == model || word_varies(known, at)) =>
            {
                true
            }
            (Body::Text(words), Body::Text(model)) => {
                let missing = model.iter().filter(|word| !words.contains(word)).count();
                let added = words.iter().filter(|word| !model.contains(word)).count();
                (missing + added) * 10 <= model.len()
            }
            _ => false,
        }
    }
}

impl Shape {
    /// Whether an answer has the form of another: the same status, and the same fields, whatever is in them; of a text, as many
    /// words, most of them the same.
    pub(crate) fn has_form_of(&self, other: &Self) -> bool {
        if self.status != other.status || self.location != other.location {
            return false;
        }
        match (&self.body, &other.body) {
            (Body::Json(leaves), Body::Json(model)) => leaves.keys().eq(model.keys()),
            (Body::Text(words), Body::Text(model)) => {
                let same = words.iter().zip(model).filter(|(word, model)| word == model).count();
                words.len() == model.len() && same * 2 > model.len()
            }
            _ => false,
        }
    }

    /// The first member at the top of a JSON answer that tells it from another one: its name, and its value as JSON, or `"*"` where
    /// the other has no such member. A value that could be a secret is never repeated.
    pub(crate) fn told_from(&self, other: &Self) -> Option<(&str, &str)> {
        let (Body::Json(leaves), Body::Json(model)) = (&self.body, &other.body) else {
            return None;
        };
        leaves.iter().find_map(|(path, value)| {
            let name = path.strip_prefix('/')?;
            let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain || names_secret(name) {
                return None;
            }
            match model.get(path) {
                None => Some((name, "\"*\"")),
                Some(known) => (known != value && is_words(value)).then_some((name, value.as_str())),
            }
        })
    }

    /// Its status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

/// Whether a leaf differs between answers that are known.
fn varies(known: &[Shape], path: &str) -> bool {
    let mut values = known.iter().filter_map(|shape| match &shape.body {
        Body::Json(leaves) => leaves.get(path),
        Body::Text(_) => None,
    });
    values.next().is_some_and(|first| values.any(|other| other != first))
}

/// Whether a value, as JSON, is plain words: nothing that was drawn by chance.
fn is_words(value: &str) -> bool {
    value.len() <= MAX_TOLD
        && value.split([' ', '_', '-']).all(|word| word.len() <= MAX_WORD)
        && value
            .chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '_' | '-' | '.' | ',' | '"'))
}

/// Whether the word at a place differs between texts of as many words that are known.
fn word_varies(known: &[Shape], at: usize) -> bool {
    let mut texts = known.iter().filter_map(|shape| match &shape.body {
        Body::Text(words) => Some(words),
        Body::Json(_) => None,
    });
    let Some(first) = texts.next() else { return false };
    texts.any(|other| other.len() == first.len() && other.get(at) != first.get(at))
}

fn collect(value: &Value, path: String, depth: usize, leaves: &mut BTreeMap<String, String>) {
    if depth > MAX_DEPTH || leaves.len() >= MAX_PARTS {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, format!("{path}/{name}"), depth + 1, leaves);
            }
        }
        Value::Array(items) => {
            // Lists of the same things may have other lengths.
            if let Some(first) = items.first() {
                collect(first, format!("{path}/-"), depth + 1, leaves);
            }
        }
        leaf => {
            leaves.insert(path, leaf.to_string());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use gate_exchange::{Actor, Outgoing, Purpose, Request};
    use gate_spec::Method;

    use super::*;

    /// An answer with this status and body.
    pub(crate) fn answer(status: u16, body: &str) -> Exchange {
        let request = Request::new(Method::Post, "/login");
        Exchange {
            number: 1,
            sent: Arc::new(Outgoing::new(&Actor::anonymous(), Purpose::Limit, request)),
            url: "http://127.0.0.1/login".into(),
            generation: 0,
            credential_headers: Arc::from(Vec::new()),
            status,
            headers: Vec::new().into(),
            body: body.to_owned().into(),
            truncated: false,
            parsed: gate_exchange::Parsed::default(),
            duration: Duration::from_millis(1),
        }
    }

    fn shape(status: u16, body: &str) -> Shape {
        Shape::of(&answer(status, body))
    }

    #[test]
    fn what_varies_between_answers_of_a_handler_may_vary() {
        let known = [
            shape(401, r#"{"error":"bad","left":4,"id":"a"}"#),
            shape(401, r#"{"error":"bad","left":3,"id":"b"}"#),
        ];
        assert!(shape(401, r#"{"error":"bad","left":1,"id":"c"}"#).is_of_handler(&known));
        assert!(!shape(401, r#"{"error":"no token","left":1,"id":"c"}"#).is_of_handler(&known));
        assert!(!shape(404, r#"{"error":"bad","left":1,"id":"c"}"#).is_of_handler(&known));
        assert!(!shape(401, r#"{"error":"bad"}"#).is_of_handler(&known));
        assert!(!shape(401, "").is_of_handler(&known));
    }

    #[test]
    fn the_form_of_an_answer_is_its_fields() {
        let echo = |word: &str| shape(401, &format!(r#"{{"error":"bad","sent":"{word}"}}"#));
        assert!(echo("a").has_form_of(&echo("b")));
        assert!(!echo("a").has_form_of(&shape(401, r#"{"error":"bad"}"#)));
        assert!(!shape(401, "a").has_form_of(&shape(401, "b")));
        assert!(!shape(401, "wrong password").has_form_of(&shape(401, "wrong user")));
        assert!(!shape(401, "wrong user or password").has_form_of(&shape(401, "this account is locked")));
    }

    #[test]
    fn words_of_a_short_text_may_vary_where_they_did() {
        let known = [shape(401, "bad login 17"), shape(401, "bad login 18")];
        assert!(known[1].has_form_of(&known[0]));
        assert!(shape(401, "bad login 99").is_of_handler(&known));
        assert!(!shape(401, "no login 99").is_of_handler(&known));
        assert!(!shape(401, "bad login 99").is_of_handler(&known[..1]));
    }

    #[test]
    fn what_tells_two_answers_apart_is_named() {
        let (bad, locked) = (
            shape(401, r#"{"at":"1","error":"bad"}"#),
            shape(401, r#"{"at":"1","error":"locked"}"#),
        );
        assert_eq!(locked.told_from(&bad), Some(("error", "\"locked\"")));
        assert_eq!(bad.told_from(&bad), None);
        let more = shape(401, r#"{"at":"1","captcha":"x7Qp","error":"bad"}"#);
        assert_eq!(more.told_from(&bad), Some(("captcha", "\"*\"")));
        for secret in [
            r#"{"at":"1","error":"x7Qp9"}"#,
            r#"{"access_token":"abc","at":"1","error":"bad"}"#,
        ] {
            assert_eq!(shape(401, secret).told_from(&bad), None, "{secret}");
        }
        assert_eq!(shape(401, "a").told_from(&bad), None);
    }

    #[test]
    fn pages_of_text_are_compared_by_their_words() {
        let page =
            |word: &str| format!("<html> <p> Wrong user or password {word} </p> a b c d e f g h i j k l m n </html>");
        let known = [shape(200, &page("1"))];
        assert!(shape(200, &page("2")).is_of_handler(&known));
        assert!(!shape(200, "<html> welcome </html>").is_of_handler(&known));
        assert!(shape(202, "").is_of_handler(&[shape(202, "")]));
    }
}
