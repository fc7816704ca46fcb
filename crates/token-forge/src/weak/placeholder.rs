//! Secrets by rule: placeholders that people leave in place, rows of characters, and names with "secret" behind them.
//!
//! The rules were read off the defaults that public projects give to `JWT_SECRET` and `SECRET_KEY`: an owner, a thing, a warning.

use std::borrow::Cow;

use super::{Candidate, SecretClass, WeakSecret};

const OWNERS: [&str; 15] = [
    "",
    "my",
    "your",
    "the",
    "dev",
    "test",
    "default",
    "super",
    "fallback",
    "local",
    "development",
    "my super",
    "your super",
    "production",
    "app",
];
const THINGS: [&str; 16] = [
    "secret",
    "secret key",
    "jwt secret",
    "jwt secret key",
    "secret jwt key",
    "jwt key",
    "key",
    "token secret",
    "secret token",
    "access token secret",
    "refresh token secret",
    "jwt token secret",
    "signing key",
    "session secret",
    "auth secret",
    "api secret",
];
const WARNINGS: [&str; 6] = [
    "",
    "change me",
    "change in production",
    "change this in production",
    "please change",
    "here",
];
/// What is put behind a bare placeholder.
const DIGITS: [&str; 14] = [
    "1",
    "12",
    "123",
    "1234",
    "12345",
    "123456",
    "1234567890",
    "2020",
    "2021",
    "2022",
    "2023",
    "2024",
    "2025",
    "!",
];

fn joined(words: &str, with: &str) -> String {
    words.replace(' ', with)
}

fn camel(words: &str) -> String {
    let mut parts = words.split(' ');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (first, rest) = part.split_at(part.len().min(1));
        text.push_str(&first.to_uppercase());
        text.push_str(rest);
    }
    text
}

/// The ways in which people write several words as one. Long phrases are hardly ever written without a sign between the words.
fn spellings(words: &str) -> Vec<String> {
    let snake = joined(words, "_");
    let mut all = vec![joined(words, "-"), snake.to_uppercase(), snake];
    if words.split(' ').count() <= 4 {
        all.extend([joined(words, ""), camel(words), words.to_owned()]);
    }
    let mut seen: Vec<String> = Vec::with_capacity(all.len());
    for text in all {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

fn candidate(text: String, class: SecretClass, source: &'static str) -> Candidate {
    Candidate {
        text: Cow::Owned(text),
        found: WeakSecret { class, source },
        decoded: false,
    }
}

/// "your secret key, change in production" in its spellings, and short ones with digits behind them.
pub(super) fn placeholders() -> impl Iterator<Item = Candidate> {
    let phrases = OWNERS.iter().flat_map(|owner| {
        THINGS
            .iter()
            .map(move |thing| format!("{owner} {thing}").trim().to_owned())
    });
    let bare = phrases.clone();
    let warned = phrases.flat_map(|phrase| {
        WARNINGS
            .iter()
            .map(move |warning| format!("{phrase} {warning}").trim().to_owned())
    });
    let numbered = bare.filter(|phrase| phrase.split(' ').count() <= 2).flat_map(|phrase| {
        let spelled = [
            joined(&phrase, ""),
            joined(&phrase, "-"),
            joined(&phrase, "_"),
            camel(&phrase),
        ];
        let single = !phrase.contains(' ');
        let spelled = spelled.into_iter().take(if single { 1 } else { 4 });
        spelled.flat_map(|text| DIGITS.iter().map(move |digits| format!("{text}{digits}")))
    });
    warned
        .flat_map(|phrase| spellings(&phrase))
        .chain(numbered)
        .map(|text| candidate(text, SecretClass::Placeholder, "a placeholder that nobody replaced"))
}

/// One character, digits or the alphabet, to the lengths that libraries ask for.
pub(super) fn sequences() -> impl Iterator<Item = Candidate> {
    let patterns = [
        "0",
        "1",
        "a",
        "A",
        "x",
        "0123456789",
        "1234567890",
        "0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz",
        "secret",
    ];
    let lengths = [4, 6, 8, 10, 16, 24, 32, 48, 64];
    let texts = patterns.into_iter().flat_map(move |pattern| {
        let fitting = lengths
            .into_iter()
            .filter(move |length| *length > pattern.len() || pattern.len() == 10);
        fitting.map(move |length| pattern.chars().cycle().take(length).collect::<String>())
    });
    texts.map(|text| candidate(text, SecretClass::Sequence, "a row of characters"))
}

/// Names in the token and around the application, alone and with "secret" behind them. At most sixteen names count.
pub(super) fn derived(names: &[&str]) -> impl Iterator<Item = Candidate> + use<> {
    let endings = [
        "",
        "secret",
        "-secret",
        "_secret",
        "Secret",
        "-secret-key",
        "_secret_key",
        "SecretKey",
        "-jwt-secret",
        "_jwt_secret",
        "-jwt",
        "-key",
        "key",
        "123",
        "-dev-secret",
        "_dev_secret",
        "-secret-key-change-in-production",
    ];
    let mut parts: Vec<String> = Vec::new();
    for name in names.iter().take(16).filter(|name| name.len() <= 200) {
        let host = name.split_once("://").map_or(*name, |(_, rest)| rest);
        let host = host.split(['/', ':', '?']).next().unwrap_or_default();
        let labels = host.split('.').filter(|label| label.len() > 2);
        for part in [*name, host].into_iter().chain(labels) {
            for part in [part.to_owned(), part.to_lowercase()] {
                if !part.is_empty() && !parts.contains(&part) && parts.len() < 64 {
                    parts.push(part);
                }
            }
        }
    }
    parts.into_iter().flat_map(move |part| {
        endings.into_iter().map(move |ending| {
            candidate(
                format!("{part}{ending}"),
                SecretClass::Derived,
                "a name in the token or around the application",
            )
        })
    })
}
