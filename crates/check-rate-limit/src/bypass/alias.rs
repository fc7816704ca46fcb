//! One GraphQL operation with its field many times under other names (GraphQL specification, section 2.7 "Field Alias"). The
//! operation is one that the plan wrote; where it is more than one field, nothing is made of it.

use serde_json::Value;

/// Bytes of an operation that is looked at.
const MAX_QUERY: usize = 20_000;

/// An operation with aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Aliased {
    pub(super) query: String,
    /// Under which name the field stands in an answer to the operation as it was.
    key: String,
}

/// The operation with its only field so often.
pub(super) fn many(query: &str, count: u64) -> Option<Aliased> {
    if query.len() > MAX_QUERY {
        return None;
    }
    let open = scan(query, 0, |c, depth| c == '{' && depth == 0)?;
    let close = closing(query, open)?;
    let field = query.get(open + 1..close)?.trim();
    let (key, rest) = only_field(field)?;
    let fields: Vec<String> = (0..count).map(|number| format!("{}: {rest}", name(number))).collect();
    Some(Aliased {
        query: format!("{}{{ {} }}{}", &query[..open], fields.join(" "), &query[close + 1..]),
        key,
    })
}

impl Aliased {
    /// What one alias was answered, as if it had been asked alone; `alone` is an answer to that, for the places in the text that
    /// errors name.
    pub(super) fn part(&self, answer: &Value, number: u64, alone: Option<&Value>) -> Option<Value> {
        let alias = name(number);
        let value = answer.get("data").and_then(|data| data.get(&alias));
        let of_alias = |error: &&Value| error.pointer("/path/0").and_then(Value::as_str) == Some(&alias);
        let all = answer.get("errors").and_then(Value::as_array).map(Vec::as_slice);
        let mut errors: Vec<Value> = all.unwrap_or_default().iter().filter(of_alias).cloned().collect();
        if value.is_none() && errors.is_empty() {
            return None;
        }
        for error in &mut errors {
            error["path"][0] = Value::from(self.key.as_str());
            if let Some(place) = alone.and_then(|alone| alone.pointer("/errors/0/locations"))
                && error.get("locations").is_some()
            {
                error["locations"] = place.clone();
            }
        }
        let mut part = serde_json::Map::new();
        if !errors.is_empty() {
            part.insert("errors".to_owned(), Value::from(errors));
        }
        // Where the field may not be null, an error of one takes all of `data` with it.
        if let Some(value) = value {
            part.insert("data".to_owned(), serde_json::json!({ self.key.as_str(): value }));
        } else if let Some(data) = answer.get("data") {
            part.insert("data".to_owned(), data.clone());
        }
        Some(Value::Object(part))
    }
}

fn name(number: u64) -> String {
    format!("lg{number}")
}

/// The name under which the only field is answered, and the field without its alias; none where there are more, or directives.
fn only_field(text: &str) -> Option<(String, String)> {
    let (first, rest) = word(text)?;
    let (key, field, rest) = match rest.strip_prefix(':') {
        Some(after) => {
            let after = after.trim_start();
            let (_, rest) = word(after)?;
            (first, after, rest)
        }
        None => (first, text, rest),
    };
    let mut rest = rest;
    for bracket in ['(', '{'] {
        if rest.starts_with(bracket) {
            let end = closing(rest, 0)?;
            rest = rest.get(end + 1..)?.trim_start();
        }
    }
    rest.is_empty().then(|| (key.to_owned(), field.to_owned()))
}

/// A name at the beginning, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    (end > 0).then(|| (&text[..end], text[end..].trim_start()))
}

/// Where the bracket that opens at `open` closes.
fn closing(text: &str, open: usize) -> Option<usize> {
    scan(text, open, |c, depth| matches!(c, ')' | '}' | ']') && depth == 1)
}

/// The first place from `from` on where `is` holds of a character and of how many brackets are open before it. Texts and remarks are
/// passed over.
fn scan(text: &str, from: usize, is: impl Fn(char, usize) -> bool) -> Option<usize> {
    let (mut depth, mut at) = (0usize, from);
    while let Some(c) = text.get(at..)?.chars().next() {
        if is(c, depth) {
            return Some(at);
        }
        match c {
            '"' => at += text_length(&text[at..])?,
            '#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            _ => {
                match c {
                    '(' | '{' | '[' => depth += 1,
                    ')' | '}' | ']' => depth = depth.checked_sub(1)?,
                    _ => {}
                }
                at += c.len_utf8();
            }
        }
    }
    None
}

/// How long the text is that begins here, with its quotation marks.
fn text_length(text: &str) -> Option<usize> {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        return block.find("\"\"\"").map(|end| end + 6);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            '\n' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_only_field_is_repeated_under_other_names() {
        let query = "mutation In($e: String!, $o: O = {a: \"}\"}) { login(email: $e, note: \"{)\") { token } } # }";
        let two = many(query, 2).expect("one field");
        assert_eq!(
            two.query,
            "mutation In($e: String!, $o: O = {a: \"}\"}) { lg0: login(email: $e, note: \"{)\") { token } lg1: login(email: $e, note: \
             \"{)\") { token } } # }"
        );
        let named = many("{ me: login(a: 1) }", 1).expect("one field");
        assert_eq!(
            (named.query.as_str(), named.key.as_str()),
            ("{ lg0: login(a: 1) }", "me")
        );
    }

    #[test]
    fn more_than_one_field_is_left_alone() {
        for query in [
            "{ a b }",
            "{ a @skip(if: true) }",
            "{ ...F }",
            "{ a(",
            "",
            "{}",
            "mutation",
            "}{",
        ] {
            assert_eq!(many(query, 2), None, "{query}");
        }
    }

    #[test]
    fn an_alias_is_answered_as_if_alone() {
        let aliased = many("mutation { login(a: 1) { token } }", 2).expect("one field");
        let alone = json!({"data": {"login": null}, "errors": [
            {"message": "bad", "path": ["login"], "locations": [{"line": 1, "column": 12}]}]});
        let answer = json!({"data": {"lg0": null, "lg1": {"token": "t"}}, "errors": [
            {"message": "bad", "path": ["lg0"], "locations": [{"line": 1, "column": 40}]}]});
        assert_eq!(aliased.part(&answer, 0, Some(&alone)), Some(alone.clone()));
        assert_eq!(
            aliased.part(&answer, 1, Some(&alone)),
            Some(json!({"data": {"login": {"token": "t"}}}))
        );
        assert_eq!(
            aliased.part(&json!({"errors": [{"message": "too many"}]}), 0, Some(&alone)),
            None
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(query in "[a-z{}()\\[\\]\":#\\\\ \né$]{0,60}") {
            let _ = many(&query, 3);
        }
    }
}
