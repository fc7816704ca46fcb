//! A message as text, and the token in it. Messages come from elsewhere: every step is bounded.

use std::sync::LazyLock;

use mail_parser::MessageParser;
use percent_encoding::percent_decode_str;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Bytes that a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;
/// Bytes of a token.
const MAX_TOKEN_BYTES: usize = 4096;
/// Tokens that one text may hold.
const MAX_TOKENS: usize = 1_000;
/// Texts in one JSON value.
const MAX_TEXTS: usize = 20_000;

static MIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?im)^(?:content-type|content-transfer-encoding|mime-version):").expect("fixed"));
static ESCAPED: LazyLock<Regex> = LazyLock::new(|| Regex::new("%[0-9A-Fa-f]{2}").expect("fixed"));

/// Where tokens usually stand, the surest place first: in the query of a link, behind their name, at the end of a link, long
/// behind any name in it, alone as six digits.
static USUAL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?i)[?&#/](?:[a-z_-]*token|[a-z_-]*code|key|otp)=([^&\s"'<>#\\]{4,4096})"#,
        r#"(?i)\b[a-z_]*(?:token|code|otp|pin|passcode)\b["']?\s*(?:is\b)?\s*[:=]?\s*["']?([A-Za-z0-9._~+/=-]*[0-9][A-Za-z0-9._~+/=-]{3,4096})"#,
        r#"(?i)https?://[^\s"'<>]*/([A-Za-z0-9_~-]{16,4096})"#,
        r#"(?i)https?://[^\s"'<>]*[?&#][a-z_.-]+=([A-Za-z0-9._~%-]{20,4096})"#,
        r"\b(\d{6})\b",
    ]
    .iter()
    .map(|pattern| Regex::new(pattern).expect("fixed"))
    .collect()
});

/// The readable text of a message: the decoded bodies of a mail as it was sent, else the text itself.
pub(crate) fn readable(text: &str) -> String {
    if !MIME.is_match(text) {
        return text.to_owned();
    }
    let Some(message) = MessageParser::default().parse(text.as_bytes()) else {
        return text.to_owned();
    };
    let bodies = (0..message.text_body_count()).filter_map(|at| message.body_text(at));
    let pages = (0..message.html_body_count()).filter_map(|at| message.body_html(at));
    let read: Vec<String> = bodies.chain(pages).map(|body| body.replace("&amp;", "&")).collect();
    if read.is_empty() {
        text.to_owned()
    } else {
        read.join("\n")
    }
}

/// The texts and numbers of a JSON value, a line each; the text itself where it is no JSON.
pub(crate) fn spoken(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => texts(&value),
        Err(_) => text.to_owned(),
    }
}

/// The texts and numbers of a JSON value, a line each.
pub(crate) fn texts(value: &Value) -> String {
    let mut lines = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        if lines.len() >= MAX_TEXTS {
            break;
        }
        match value {
            Value::String(text) => lines.push(text.clone()),
            Value::Number(number) => lines.push(number.to_string()),
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(fields) => open.extend(fields.values().rev()),
            Value::Null | Value::Bool(_) => {}
        }
    }
    lines.join("\n")
}

/// Every token in a text, in order.
///
/// # Errors
/// Where the pattern of the plan cannot be compiled.
pub(crate) fn tokens(text: &str, pattern: Option<&str>) -> Result<Vec<String>, String> {
    let found = |regex: &Regex| -> Vec<String> {
        regex
            .captures_iter(text)
            .filter_map(|captures| captures.get(1).or_else(|| captures.get(0)))
            .map(|token| plain(token.as_str()))
            .filter(|token| !token.is_empty() && token.len() <= MAX_TOKEN_BYTES)
            .take(MAX_TOKENS)
            .collect()
    };
    match pattern {
        Some(pattern) => RegexBuilder::new(pattern)
            .size_limit(MAX_PATTERN_BYTES)
            .build()
            .map(|regex| found(&regex))
            .map_err(|error| error.to_string()),
        None => Ok(USUAL
            .iter()
            .map(found)
            .find(|tokens| !tokens.is_empty())
            .unwrap_or_default()),
    }
}

/// A token as it is used: links escape it, and sentences end behind it.
fn plain(token: &str) -> String {
    let token = token.trim_end_matches(['.', ',', ';', ')']);
    if ESCAPED.is_match(token) {
        percent_decode_str(token).decode_utf8_lossy().into_owned()
    } else {
        token.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_where_they_usually_stand() {
        for (text, token) in [
            (
                "Go to https://app.test/reset?token=aB3%2Bx%3D%3D&email=a@b.test now",
                "aB3+x==",
            ),
            ("https://app.test/#/reset?reset_token=abcd-1234.", "abcd-1234"),
            ("Your code is 482913.", "482913"),
            ("code: 0042", "0042"),
            (
                "Follow https://app.test/reset/0123456789abcdef0123 today",
                "0123456789abcdef0123",
            ),
            (
                "https://app.test/join?invite=Zk3_9aQ-xT7LmW0cR2vB&lang=en",
                "Zk3_9aQ-xT7LmW0cR2vB",
            ),
            ("Use 123456 to log in", "123456"),
            (r#"reset token "k3y-of-1""#, "k3y-of-1"),
        ] {
            assert_eq!(tokens(text, None).expect("no pattern"), [token], "{text}");
        }
        assert!(tokens("nothing here", None).expect("no pattern").is_empty());
    }

    #[test]
    fn the_plans_own_pattern_decides() {
        assert_eq!(tokens("a=1 b=22", Some(r"b=(\d+)")).expect("a pattern"), ["22"]);
        assert_eq!(tokens("x-9", Some(r"x-\d")).expect("a pattern"), ["x-9"]);
        assert!(tokens("x", Some("(")).is_err());
    }

    #[test]
    fn a_raw_mail_is_decoded() {
        let mail = "Subject: Reset\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
                    <a href=3D\"https://app.test/reset?token=3Dabcdef0123456789=\r\nabcdef&amp;x=3D1\">here</a>\r\n";
        let read = readable(mail);
        let found = tokens(&read, None).expect("no pattern");
        assert!(
            !found.is_empty() && found.iter().all(|token| token == "abcdef0123456789abcdef"),
            "{read}"
        );
        let mail = "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nWW91ciBjb2RlIGlzIDQ4MjkxMy4=\r\n";
        // Both of its bodies are the same one.
        let found = tokens(&readable(mail), None).expect("no pattern");
        assert!(
            !found.is_empty() && found.iter().all(|token| token == "482913"),
            "{found:?}"
        );
    }

    #[test]
    fn json_is_read_by_its_texts() {
        assert_eq!(spoken(r#"{"a": ["x\u0026y", 7], "b": {"c": "z"}}"#), "x&y\n7\nz");
        assert_eq!(spoken("plain"), "plain");
        let deep = "[".repeat(100_000);
        assert_eq!(spoken(&deep), deep);
    }
}
