//! Whether tokens look as if they could be guessed: how long they are, what stays the same among them, what they are made of.
//!
//! A few samples cannot show that tokens are random. They show the ways in which tokens are usually not. Every bound here is one that
//! random tokens miss less than once in a million runs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use crate::derived::derived;

/// Bits that a token needs which alone says for which account it is.
const ALONE: f64 = 64.0;
/// Bits that a code needs beside an account (ASVS 5.0 6.5.4: six digits).
const BESIDE_ACCOUNT: f64 = 19.9;
/// Of the bits needed, the part that has to change from one token to the next.
const CHANGING: f64 = 0.6;
/// What a counter moves on by between two requests, at most.
const STEP: u128 = 1_000;

/// A token that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    /// The token.
    pub(crate) token: &'a str,
    /// When it was asked for, in seconds since 1970.
    pub(crate) at: u64,
    /// Whether it was asked for after another one had been used.
    pub(crate) after_use: bool,
}

/// What tokens look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing shows that they could be guessed; the text is the proof.
    Sound(String),
    /// They could be guessed; the text says how.
    Guessable(String),
}

/// Looks at tokens in the order in which they came. `known` are texts about the account that an attacker may know.
pub(crate) fn shape(samples: &[Sample<'_>], beside_account: bool, known: &[&str]) -> Shape {
    let needed = if beside_account { BESIDE_ACCOUNT } else { ALONE };
    let faults = [
        repeated(samples),
        derived(samples, known, needed * CHANGING),
        counted(samples),
        short(samples, needed),
        mostly_same(samples, needed),
    ];
    if let Some(why) = faults.into_iter().flatten().next() {
        return Shape::Guessable(why);
    }
    let longest = samples
        .iter()
        .map(|sample| sample.token.len())
        .max()
        .unwrap_or_default();
    Shape::Sound(format!(
        "{} tokens of up to {longest} characters show no pattern",
        samples.len()
    ))
}

/// One that came again after another had been used. Before that, servers may send the same one twice.
fn repeated(samples: &[Sample<'_>]) -> Option<String> {
    let again = samples.iter().filter(|sample| sample.after_use).find(|sample| {
        let before = samples.iter().filter(|other| !other.after_use);
        before.clone().any(|other| other.token == sample.token)
    });
    again.map(|_| "the same token came again after it had been used".to_owned())
}

/// Too few characters for the alphabet that they are from.
fn short(samples: &[Sample<'_>], needed: f64) -> Option<String> {
    let shortest = samples.iter().map(|sample| sample.token.chars().count()).min()?;
    let bits = shortest as f64 * alphabet(samples.iter().map(|sample| sample.token)).log2();
    (bits < needed).then(|| {
        format!(
            "{shortest} characters hold {} bits at most, and {} are needed",
            bits.floor(),
            needed.ceil()
        )
    })
}

/// Too few of the characters change, in the token as it is or decoded.
fn mostly_same(samples: &[Sample<'_>], needed: f64) -> Option<String> {
    let plain: Vec<String> = samples.iter().map(|sample| sample.token.to_owned()).collect();
    let decoded: Option<Vec<String>> = samples.iter().map(|sample| decoded(sample.token)).collect();
    [Some(plain), decoded].into_iter().flatten().find_map(|texts| {
        let mut distinct: Vec<&String> = texts.iter().collect();
        distinct.sort();
        distinct.dedup();
        let length = distinct.first()?.chars().count();
        // The same token twice says nothing; texts of unlike length are not compared by place.
        if distinct.len() < 3 || distinct.iter().any(|text| text.chars().count() != length) {
            return None;
        }
        let letters: Vec<Vec<char>> = distinct.iter().map(|text| text.chars().collect()).collect();
        let changing = (0..length)
            .filter(|at| letters.iter().any(|text| text[*at] != letters[0][*at]))
            .count();
        let bits = changing as f64 * alphabet(distinct.iter().map(|text| text.as_str())).log2();
        (bits < needed * CHANGING)
            .then(|| format!("only {changing} of {length} characters change from one token to the next"))
    })
}

/// A counter: each is a little more, or a little less, than the one before.
fn counted(samples: &[Sample<'_>]) -> Option<String> {
    for (radix, name) in [(10, "decimal"), (16, "hexadecimal")] {
        let numbers: Option<Vec<u128>> = samples
            .iter()
            .map(|sample| u128::from_str_radix(sample.token, radix).ok())
            .collect();
        let Some(mut numbers) = numbers else { continue };
        numbers.dedup();
        let pairs = || numbers.windows(2).map(|pair| (pair[0], pair[1]));
        let near = |from: u128, to: u128| to > from && to - from <= STEP;
        let up = pairs().all(|(from, to)| near(from, to));
        let down = pairs().all(|(from, to)| near(to, from));
        if numbers.len() >= 3 && (up || down) {
            return Some(format!("they are {name} numbers, one after the other"));
        }
    }
    None
}

/// The readable text that a token is the base64 of.
pub(crate) fn decoded(token: &str) -> Option<String> {
    [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| text.len() >= 6 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
}

/// How many characters the alphabet has that tokens are from.
pub(crate) fn alphabet<'t>(tokens: impl Iterator<Item = &'t str>) -> f64 {
    let mut all: Vec<u8> = tokens.flat_map(str::bytes).collect();
    all.sort_unstable();
    all.dedup();
    let has = |test: fn(&u8) -> bool| all.iter().any(test);
    let digits = has(u8::is_ascii_digit);
    let only = |test: fn(&u8) -> bool| all.iter().all(test);
    if only(u8::is_ascii_digit) {
        return 10.0;
    }
    let one_case = !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
    if one_case && only(|byte| byte.is_ascii_hexdigit() || *byte == b'-') {
        return 16.0;
    }
    let letters = if one_case { 26.0 } else { 52.0 };
    let rest = all.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    letters + if digits { 10.0 } else { 0.0 } + rest as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const NOW: u64 = 1_790_000_000;

    fn judge(tokens: &[&str], beside_account: bool, known: &[&str]) -> Shape {
        let samples: Vec<Sample<'_>> = tokens
            .iter()
            .enumerate()
            .map(|(at, token)| Sample {
                token,
                at: NOW + at as u64,
                after_use: at + 1 == tokens.len(),
            })
            .collect();
        shape(&samples, beside_account, known)
    }

    pub(crate) fn why(tokens: &[&str], known: &[&str]) -> String {
        match judge(tokens, false, known) {
            Shape::Guessable(why) => why,
            Shape::Sound(what) => panic!("{tokens:?} passed: {what}"),
        }
    }

    #[test]
    fn random_tokens_pass() {
        for tokens in [
            [
                "5f0c2b8e9d7a4f31a6b2",
                "e19d4c7b20f8a35d6c91",
                "07b3f9e2d1c84a6e5f20",
                "c46a8e1f3b7d902e4d5a",
            ],
            [
                "Zk3_9aQ-xT7LmW0cR2vB",
                "pQ8nY1sD-4hJ6gF_kE5u",
                "b7RtX2oC9wVzM3iN-8Ly",
                "0aHqU6eSjP4dKf1G_3Tl",
            ],
            [
                "3f0c4b7e-6a53-4c0b-9d3e-0a4f8b1f2c6d",
                "a91d2e7c-04bf-4d18-8c5a-7be3f6021d94",
                "c8e5b031-9f27-47a6-b1d4-2f6a9c0e8b53",
                "1b7d94fa-e360-4f92-a85c-d03e6b2f7a18",
            ],
        ] {
            assert!(
                matches!(judge(&tokens, false, &["a@b.test"]), Shape::Sound(_)),
                "{tokens:?}"
            );
        }
        assert!(matches!(
            judge(&["482913", "017364", "993021", "358412"], true, &[]),
            Shape::Sound(_)
        ));
        // Sent again before it was used.
        let again = [
            "5f0c2b8e9d7a4f31a6b2",
            "5f0c2b8e9d7a4f31a6b2",
            "5f0c2b8e9d7a4f31a6b2",
            "c46a8e1f3b7d902e4d5a",
        ];
        assert!(matches!(judge(&again, false, &[]), Shape::Sound(_)));
    }

    #[test]
    fn what_can_be_guessed_is_told() {
        assert!(why(&["482913", "017364", "993021", "358412"], &[]).contains("64 are needed"));
        assert!(matches!(
            judge(&["4829", "0173", "9930", "3584"], true, &[]),
            Shape::Guessable(_)
        ));
        let counter = [
            "000000000000000000001041",
            "000000000000000000001042",
            "000000000000000000001045",
        ];
        assert!(why(&counter, &[]).contains("one after the other"));
        let same = "5f0c2b8e9d7a4f31a6b2";
        assert!(why(&[same, "e19d4c7b20f8a35d6c91", same], &[]).contains("came again"));
        let clock = [
            "65a1f0c35f1b2a0011e4c7a1",
            "65a1f0c45f1b2a0011e4c7a2",
            "65a1f0c55f1b2a0011e4c7a3",
            "65a1f0c65f1b2a0011e4c7a9",
        ];
        assert!(why(&clock, &[]).contains("characters change"));
    }
}
