//! Values behind names such as `password`, and passwords in URLs: people choose them, so that randomness alone does not tell.

use super::lists::WordList;
use super::random::{is_bytes, is_reference, is_uuid, randomness, written_as_value};
use super::{Context, Kind, Verdict, placeholder, words};
use crate::assignment::Form;
use crate::finding::Reason;
use crate::rule::Confidence;

const SHORTEST: usize = 5;
const LONGEST: usize = 200;
/// Parts of passwords that are tried first.
static COMMON: WordList = WordList::new(
    "password passwd passw0rd p@ssw 123456 qwerty admin secret letmein welcome test 1234 root user demo abc123",
);

pub(super) fn judge(value: &[u8], context: &Context<'_>) -> Option<Verdict> {
    let value = value.trim_ascii();
    if !written_as_value(context) || value.len() < SHORTEST || value.len() > LONGEST {
        return None;
    }
    if is_bytes(value)
        || placeholder::is_placeholder(value)
        || is_reference(value)
        || is_label(value)
        || repeats_name(value, context.name)
    {
        return None;
    }
    // `PASS: test 3` is the line of a log, and `0x0800` a flag.
    let bare_word = !context.quoted && context.form == Form::Set;
    let vague = bare_word
        && context.place.kind == Kind::Unknown
        && [b"pass".as_slice(), b"pwd", b"pw"].contains(&&*context.name.to_ascii_lowercase());
    if vague || (!context.quoted && is_number(value)) {
        return None;
    }
    if is_uuid(value) {
        return Some(Verdict::note(Reason::Uuid));
    }
    let quoted_or_settings =
        context.quoted || matches!(context.place.kind, Kind::Config | Kind::Markup | Kind::Unknown);
    let strength = strength(value) + i32::from(context.place.kind == Kind::Config && quoted_or_settings);
    let verdict = match (strength, context.form) {
        (..=1, _) => return None,
        (_, Form::Compared) => Verdict::note(Reason::Compared),
        (2, _) => Verdict::note(Reason::Weak),
        _ => Verdict::fail(Confidence::Medium),
    };
    Some(verdict)
}

/// A password before the host of a URL. The whole match tells the host.
pub(super) fn judge_url(value: &[u8], context: &Context<'_>) -> Option<Verdict> {
    let whole = String::from_utf8_lossy(context.whole).to_ascii_lowercase();
    let host = whole.rsplit_once('@').map_or("", |(_, host)| host);
    let user = whole
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once(':'))
        .map_or("", |(user, _)| user);
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    if placeholder::is_placeholder(value)
        || placeholder::is_template(context.whole)
        || text.starts_with('$')
        || text.starts_with('%')
        || text.contains('{')
    {
        return None;
    }
    if placeholder::is_placeholder(user.as_bytes()) && text.contains(user) && strength(value) < 3 {
        return None;
    }
    // `ACCESSKEY:SECRETKEY@` names what belongs there.
    let shouted = value
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'));
    if shouted && words::surprise(value) < 1.2 {
        return None;
    }
    let example = [
        "example.",
        "localhost",
        "127.0.0.1",
        "0.0.0.0",
        "[::1]",
        "host.docker",
        ".test",
        ".invalid",
        ".local",
        "10.0.",
        "192.168.",
    ]
    .iter()
    .any(|part| host.contains(part));
    let dotless = !host.contains('.');
    if example || dotless || host.starts_with("host") || host.starts_with("server") {
        return (strength(value) >= 2).then(|| Verdict::note(Reason::LocalHost));
    }
    let telling = ["pass", "pwd", "secret", "token", "xxx", "foo", "bar", "user", "abc"]
        .iter()
        .any(|word| text == *word || text == format!("my{word}"));
    (!telling).then(|| Verdict::fail(Confidence::Medium))
}

fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").or(value.strip_prefix(b"0X"));
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        || value.iter().all(|byte| byte.is_ascii_digit() || b"_.,".contains(byte))
}

/// A sentence, a label or a name, and not a password.
fn is_label(value: &[u8]) -> bool {
    let blanks = value.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    let blank_words = blanks > 0 && words::surprise(value) < 1.3;
    let foreign = value.iter().filter(|byte| !byte.is_ascii()).count() * 2 > value.len();
    let joined = value
        .iter()
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'));
    let snake = joined && value.iter().any(|byte| !byte.is_ascii_lowercase()) && words::surprise(value) < 1.15;
    let shouted = value
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-' | b' '));
    blank_words || blanks > 3 || foreign || snake || (shouted && words::surprise(value) < 1.2)
}

/// `password: db_password`, `newPassword = "newPassword"`: a name, not a value.
fn repeats_name(value: &[u8], name: &[u8]) -> bool {
    let plain = |text: &[u8]| -> Vec<u8> {
        text.iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase)
            .collect()
    };
    let (value_text, name_text) = (plain(value), plain(name));
    let word = value
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'));
    value_text == name_text
        || (word
            && [b"password".as_slice(), b"passwd", b"pwd"]
                .iter()
                .any(|end| value_text.ends_with(end)))
}

/// Points for what words and labels do not have. 3 and more is a password.
fn strength(value: &[u8]) -> i32 {
    let has = |test: fn(&u8) -> bool| i32::from(value.iter().any(test));
    let (lower, upper, digit) = (
        has(u8::is_ascii_lowercase),
        has(u8::is_ascii_uppercase),
        has(u8::is_ascii_digit),
    );
    let symbol = i32::from(
        value
            .iter()
            .any(|byte| !byte.is_ascii_alphanumeric() && !b"_-. ".contains(byte)),
    );
    let letters = i32::from(lower + upper > 0);
    let surprise = words::surprise(value);
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let common = COMMON.iter().any(|word| text.contains(word));
    let mut points = (letters + digit + symbol - 1) * 2 + i32::from(lower + upper == 2);
    points += i32::from(value.len() >= 8) + i32::from(surprise > 1.15) + i32::from(surprise > 1.35);
    points += i32::from(randomness(value).is_some()) * 2;
    points -= i32::from(common) * 2;
    points -= i32::from(letters == 0) * 2;
    points -= i32::from(digit == 0 && symbol == 0 && surprise < 1.2) * 3;
    points
}

#[cfg(test)]
mod tests {
    use super::{is_label, strength};

    #[test]
    fn passwords_have_points_and_words_have_none() {
        for password in [
            "hunter22",
            "Tr0ub4dor&3",
            "RedisPass1!",
            "kX9pQ2mL",
            "swordfish!23",
            "q8Zr!vT2",
        ] {
            assert!(
                strength(password.as_bytes()) >= 3,
                "{password}: {}",
                strength(password.as_bytes())
            );
        }
        for word in ["swordfish", "required", "String", "userPassword", "changed", "testtest"] {
            assert!(strength(word.as_bytes()) <= 1, "{word}: {}", strength(word.as_bytes()));
        }
    }

    #[test]
    fn labels_are_no_passwords() {
        for label in [
            "Enter your password",
            "db_password",
            "new-password",
            "PASSWORD_FIELD",
            "form.password.label",
        ] {
            assert!(is_label(label.as_bytes()), "{label}");
        }
        assert!(!is_label(b"hunter22"));
    }
}
