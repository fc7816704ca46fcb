//! Values behind names such as `secret`, `token`, `api_key`: only random ones are secrets.

use super::{Context, Kind, Verdict, placeholder, words};
use crate::assignment::Form;
use crate::finding::Reason;
use crate::rule::Confidence;

const SHORTEST: usize = 10;
const LONGEST: usize = 600;

pub(super) fn judge(value: &[u8], context: &Context<'_>) -> Option<Verdict> {
    let value = without_scheme(value.trim_ascii());
    if is_bytes(value) {
        return None;
    }
    if !written_as_value(context) || value.len() < SHORTEST || value.len() > LONGEST {
        return None;
    }
    if !value.iter().all(u8::is_ascii_graphic) || is_reference(value) || placeholder::is_placeholder(value) {
        return None;
    }
    let verdict = if is_uuid(value) {
        Verdict::note(Reason::Uuid)
    } else {
        let doubt = match context.form {
            Form::Compared => Some(Reason::Compared),
            _ => None,
        };
        let sure = randomness(value)?;
        match doubt {
            Some(reason) => Verdict::note(reason),
            None => Verdict::fail(sure),
        }
    };
    Some(verdict)
}

/// `Bearer x`, `base64:x` and the like.
fn without_scheme(value: &[u8]) -> &[u8] {
    for scheme in ["bearer ", "basic ", "token ", "base64:", "apikey ", "key="] {
        if value
            .get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
        {
            return &value[scheme.len()..];
        }
    }
    value
}

/// Whether the text gives a value here, and not an expression.
pub(super) fn written_as_value(context: &Context<'_>) -> bool {
    if context.computed {
        return false;
    }
    // `pass("x")` passes something; `password("x")` sets one.
    let vague = context.form == Form::Call
        && !["passw", "secret", "token", "key"]
            .iter()
            .any(|word| holds(context.name, word));
    match context.place.kind {
        _ if vague => false,
        Kind::Generated => false,
        Kind::Code | Kind::Prose => context.quoted || matches!(context.form, Form::Element),
        Kind::Config | Kind::Markup | Kind::Unknown => {
            context.quoted || context.form != Form::Blank || context.introduced
        }
    }
}

fn holds(name: &[u8], word: &str) -> bool {
    name.to_ascii_lowercase()
        .windows(word.len())
        .any(|part| part == word.as_bytes())
}

/// Bytes written as escapes are vectors for a cipher, not something that people configure.
pub(super) fn is_bytes(value: &[u8]) -> bool {
    value.windows(2).filter(|pair| *pair == b"\\x").count() * 6 > value.len()
}

/// A path, a URL, an address, a type, a variable: something that is looked up elsewhere.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let path = text.starts_with('/') && text[1..].contains('/')
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with("~/")
        || text.get(1..3) == Some(":\\")
        || text.contains("://");
    let file = text.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && [
                "pem",
                "key",
                "crt",
                "cer",
                "json",
                "yml",
                "yaml",
                "txt",
                "js",
                "ts",
                "py",
                "php",
                "html",
                "xml",
                "com",
                "org",
                "net",
                "io",
                "local",
                "pub",
                "p12",
                "jks",
                "cfg",
                "conf",
                "env",
                "properties",
                "go",
                "java",
                "rb",
            ]
            .contains(&ending)
    });
    let folder = value.contains(&b'/')
        && text.rsplit_once('.').is_some_and(|(_, ending)| {
            (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase())
        });
    let call =
        text.contains('(') && text.ends_with(')') || text.ends_with("()") || text.contains("->") || text.contains("::");
    let mail = text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.contains('!')
            && text.len() < 60
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
    });
    path || file || folder || call || mail
}

pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a value of a provider's shape is more than words: what has signs, is a UUID or is random.
pub(super) fn is_made_by_machine(value: &[u8]) -> bool {
    let words = value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    !words || is_uuid(value) || words::surprise(value) >= 1.0 || value.iter().all(u8::is_ascii_hexdigit)
}

/// How sure it is that a machine made this.
pub(super) fn randomness(value: &[u8]) -> Option<Confidence> {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let (surprise, entropy, length) = (words::surprise(value), words::entropy(value), value.len());
    let (letter, digit) = (has(u8::is_ascii_alphabetic), has(u8::is_ascii_digit));
    if !letter || placeholder::is_example_token(value) {
        return None;
    }
    if value.iter().all(u8::is_ascii_hexdigit) {
        return (length >= 16 && digit && entropy > 2.6).then_some(Confidence::Medium);
    }
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let symbols = value
        .iter()
        .filter(|byte| !byte.is_ascii_alphanumeric() && !b"_-./".contains(byte))
        .count();
    // Words have no such signs within, and the table of pairs knows them as one.
    if symbols >= 3 && length >= 14 && (digit || mixed) && entropy >= 3.3 && surprise > 0.85 {
        return Some(Confidence::Medium);
    }
    // Short texts vary more: they have to surprise more.
    let needed = match length {
        0..=13 => 1.35,
        14..=19 => 1.25,
        _ => 1.15,
    };
    let varied = digit || (mixed && length >= 20) || symbols > 0;
    let random = surprise >= needed && entropy >= if length < 20 { 2.9 } else { 3.2 };
    (random && varied).then_some(Confidence::Medium)
}

#[cfg(test)]
mod tests {
    use super::{is_reference, randomness};
    use crate::judge::placeholder::is_placeholder;

    #[test]
    fn framework_keys_with_symbols_are_random() {
        let key = concat!("zh!=!gq(w^_t[sBR29954x)", "HI+$ehwss*xYNQeu([xcWMhdzzr").as_bytes();
        assert!(!is_reference(key));
        assert!(!is_placeholder(key));
        assert!(randomness(key).is_some());
    }
}
