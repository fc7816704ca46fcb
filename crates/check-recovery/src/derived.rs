//! Whether tokens are made of what others know: the moment of the request, the account, a counter, or a hash of these.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::shape::{Sample, alphabet, decoded};

/// Seconds between the moment that a token may hold and the moment of the request.
const AROUND: u64 = 3;
/// Digits of a hash that are compared.
const PREFIX: usize = 8;
/// Counters whose hashes are tried.
const COUNTERS: RangeInclusive<u64> = 0..=200_000;
/// Counters whose hashes are tried beside a text about the account.
const COUNTERS_BESIDE: RangeInclusive<u64> = 0..=10_000;
/// Texts about the account that are tried with counters.
const MAX_KNOWN: usize = 4;
/// What a counter moves on by between two tokens, at most.
const STEP: u64 = 100;
/// From the first day of the calendar of UUIDs (1582-10-15) to 1970, in units of 100 ns (RFC 9562 section 5.1).
const UUID_EPOCH: u64 = 0x01B2_1DD2_1381_4000;

/// The moment of the request, or a hash of it or of something known about the account.
pub(crate) fn derived(samples: &[Sample<'_>], known: &[&str], needed: f64) -> Option<String> {
    let is_moment = samples.iter().all(|sample| {
        let text = decoded(sample.token).unwrap_or_else(|| sample.token.to_owned());
        [sample.token, text.as_str()]
            .iter()
            .any(|text| is_moment(text, sample.at))
    });
    if is_moment {
        return Some("they are the moment at which they were asked for".to_owned());
    }
    if samples.iter().all(|sample| is_clock_uuid(sample)) {
        return Some("they are UUIDs made of a clock (version 1 or 6)".to_owned());
    }
    if made_of_the_moment(samples, known, needed) {
        return Some(
            "they are made of the moment at which they were asked for and of what is known or stays the same"
                .to_owned(),
        );
    }
    if let Some(why) = of_a_counter(samples, known) {
        return Some(why);
    }
    let of_known = known
        .iter()
        .find(|text| text.len() >= 3 && samples.iter().all(|sample| is_hash_of(sample.token, &[text])));
    if of_known.is_some() {
        return Some("they are a hash of what is known about the account".to_owned());
    }
    let of_moment = samples.iter().all(|sample| {
        moments(sample.at).any(|moment| {
            is_hash_of(sample.token, &[&moment])
                || known.iter().any(|text| {
                    is_hash_of(sample.token, &[text, &moment]) || is_hash_of(sample.token, &[&moment, text])
                })
        })
    });
    of_moment.then(|| "they are a hash of the moment at which they were asked for".to_owned())
}

fn is_moment(text: &str, at: u64) -> bool {
    let Ok(number) = text.parse::<u64>() else { return false };
    [1, 1_000, 1_000_000].iter().any(|unit| {
        let seconds = number / unit;
        seconds.abs_diff(at) <= AROUND * 10 && at > 1_000_000
    })
}

/// The seconds around a moment, as they are written.
fn moments(at: u64) -> impl Iterator<Item = String> {
    (at.saturating_sub(AROUND)..=at + AROUND).map(|second| second.to_string())
}

/// Whether a token is the hash of texts that follow each other, or begins with its digits.
fn is_hash_of(token: &str, texts: &[&str]) -> bool {
    let joined = texts.concat();
    let digests = [
        Md5::digest(joined.as_bytes()).to_vec(),
        Sha1::digest(joined.as_bytes()).to_vec(),
        Sha256::digest(joined.as_bytes()).to_vec(),
    ];
    let lower = token.to_ascii_lowercase();
    digests.iter().any(|digest| {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let base64 = [STANDARD.encode(digest), URL_SAFE_NO_PAD.encode(digest)];
        (lower.len() >= PREFIX && hex.starts_with(&lower)) || base64.iter().any(|text| text == token)
    })
}

/// A UUID whose clock shows the time around the request (RFC 9562 sections 5.1 and 5.6).
fn is_clock_uuid(sample: &Sample<'_>) -> bool {
    let digits: String = sample.token.chars().filter(|letter| *letter != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let field = |from: usize, to: usize| u64::from_str_radix(&digits[from..to], 16).unwrap_or_default();
    let ticks = match digits.as_bytes()[12] {
        b'1' => (field(13, 16) << 48) | (field(8, 12) << 32) | field(0, 8),
        b'6' => (field(0, 12) << 12) | field(13, 16),
        _ => return false,
    };
    let seconds = ticks.saturating_sub(UUID_EPOCH) / 10_000_000;
    // The clocks of the server and of this machine may differ.
    seconds.abs_diff(sample.at) <= 3600
}

/// Whether each token holds the moment, and what is left beside it and what is known changes too little.
fn made_of_the_moment(samples: &[Sample<'_>], known: &[&str], needed: f64) -> bool {
    let rests: Option<Vec<Vec<char>>> = samples.iter().map(|sample| beside_the_moment(sample, known)).collect();
    let Some(rests) = rests.filter(|rests| rests.len() >= 3) else {
        return false;
    };
    if rests.iter().any(|rest| rest.len() != rests[0].len()) {
        return false;
    }
    let changing = (0..rests[0].len())
        .filter(|at| rests.iter().any(|rest| rest[*at] != rests[0][*at]))
        .count();
    let texts: Vec<String> = rests.iter().map(|rest| rest.iter().collect()).collect();
    changing == 0 || (changing as f64 * alphabet(texts.iter().map(String::as_str)).log2()) < needed
}

/// A token without the moment that it holds and without what is known; none where it holds no moment.
fn beside_the_moment(sample: &Sample<'_>, known: &[&str]) -> Option<Vec<char>> {
    let mut text = decoded(sample.token)
        .unwrap_or_else(|| sample.token.to_owned())
        .to_lowercase();
    for part in known.iter().filter(|part| part.len() >= 3) {
        text = text.replace(&part.to_lowercase(), "");
    }
    let (mut rest, mut digits, mut found) = (String::new(), String::new(), false);
    for letter in text.chars().chain(std::iter::once('\0')) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if is_moment(&digits, sample.at) {
            found = true;
        } else {
            rest.push_str(&digits);
        }
        digits.clear();
        rest.push(letter);
    }
    found.then(|| rest.chars().collect())
}

/// Hashes of numbers that count up, alone or beside a text about the account.
fn of_a_counter(samples: &[Sample<'_>], known: &[&str]) -> Option<String> {
    let hashes: Vec<Vec<u8>> = samples
        .iter()
        .map(|sample| digest_in(sample.token))
        .collect::<Option<_>>()?;
    let first = hashes.first()?;
    let follows = |made: &dyn Fn(u64) -> String, tried: RangeInclusive<u64>| {
        let from = tried.into_iter().find(|count| is_digest(first, &made(*count)))?;
        let mut last = from;
        let counted = hashes.iter().skip(1).all(|hash| {
            let near = last.saturating_sub(STEP)..=last + STEP;
            let next = near.into_iter().find(|count| is_digest(hash, &made(*count)));
            last = next.unwrap_or(last);
            next.is_some()
        });
        counted.then_some(())
    };
    if follows(&|count| count.to_string(), COUNTERS).is_some() {
        return Some("they are hashes of a counter".to_owned());
    }
    let beside = known.iter().filter(|text| text.len() >= 3).take(MAX_KNOWN).any(|text| {
        follows(&|count| format!("{text}{count}"), COUNTERS_BESIDE).is_some()
            || follows(&|count| format!("{count}{text}"), COUNTERS_BESIDE).is_some()
    });
    beside.then(|| "they are hashes of a counter and of what is known about the account".to_owned())
}

/// The bytes of a whole MD5, SHA-1 or SHA-256 digest, written in hexadecimal or base64.
fn digest_in(token: &str) -> Option<Vec<u8>> {
    let bytes = if token.bytes().all(|byte| byte.is_ascii_hexdigit()) && token.is_ascii() {
        let pairs = token.as_bytes().chunks(2);
        pairs
            .map(|pair| {
                std::str::from_utf8(pair)
                    .ok()
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            })
            .collect::<Option<Vec<u8>>>()?
    } else {
        STANDARD.decode(token).or_else(|_| URL_SAFE_NO_PAD.decode(token)).ok()?
    };
    matches!(bytes.len(), 16 | 20 | 32).then_some(bytes)
}

fn is_digest(digest: &[u8], text: &str) -> bool {
    match digest.len() {
        16 => Md5::digest(text)[..] == *digest,
        20 => Sha1::digest(text)[..] == *digest,
        _ => Sha256::digest(text)[..] == *digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::tests::{NOW, why};

    fn samples(tokens: &[String]) -> Vec<Sample<'_>> {
        let told = tokens.iter().enumerate();
        told.map(|(at, token)| Sample {
            token,
            at: NOW + at as u64,
            after_use: false,
        })
        .collect()
    }

    fn found(tokens: &[String], known: &[&str]) -> Option<String> {
        derived(&samples(tokens), known, 38.0)
    }

    #[test]
    fn uuids_of_a_clock_are_told() {
        let ticks = |at: u64| UUID_EPOCH + (NOW + at) * 10_000_000 + 4711;
        let first = |at: u64| {
            let ticks = ticks(at);
            format!(
                "{:08x}-{:04x}-1{:03x}-9c4e-0242ac120002",
                ticks & 0xffff_ffff,
                (ticks >> 32) & 0xffff,
                ticks >> 48
            )
        };
        let sixth = |at: u64| {
            let ticks = ticks(at);
            format!(
                "{:08x}-{:04x}-6{:03x}-9c4e-0242ac120002",
                ticks >> 28,
                (ticks >> 12) & 0xffff,
                ticks & 0xfff
            )
        };
        for made in [&first as &dyn Fn(u64) -> String, &sixth] {
            let tokens: Vec<String> = (0..4).map(made).collect();
            assert!(found(&tokens, &[]).expect("a clock").contains("UUID"), "{tokens:?}");
        }
        let random = [
            "3f0c4b7e-6a53-1c0b-9d3e-0a4f8b1f2c6d",
            "a91d2e7c-04bf-1d18-8c5a-7be3f6021d94",
        ];
        assert_eq!(found(&random.map(str::to_owned), &[]), None);
    }

    #[test]
    fn what_is_made_of_the_moment_is_told() {
        let email = "vera@acme.test";
        let made = |text: &dyn Fn(u64) -> String| (0..4).map(text).collect::<Vec<String>>();
        for tokens in [
            made(&|at| STANDARD.encode(format!("{email}:{}", (NOW + at) * 1000 + 17))),
            made(&|at| format!("reset-{}-7", NOW + at)),
        ] {
            assert!(
                found(&tokens, &[email]).expect("the moment").contains("moment"),
                "{tokens:?}"
            );
        }
        // A moment beside something that nobody guesses, as signed tokens have it.
        let random = [
            "5f0c2b8e9d7a4f31a6b2",
            "e19d4c7b20f8a35d6c91",
            "07b3f9e2d1c84a6e5f20",
            "c46a8e1f3b7d902e4d5a",
        ];
        let signed: Vec<String> = (0..4).map(|at| format!("{}.{}", NOW + at as u64, random[at])).collect();
        assert_eq!(found(&signed, &[email]), None);
    }

    #[test]
    fn hashes_of_a_counter_are_told() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let plain: Vec<String> = (0..4).map(|at| hex(&Md5::digest((100_000 + at).to_string()))).collect();
        assert!(found(&plain, &[]).expect("a counter").contains("hashes of a counter"));
        let beside: Vec<String> = (0..4)
            .map(|at| STANDARD.encode(Sha256::digest(format!("vera{}", 7 + at))))
            .collect();
        assert!(found(&beside, &["vera"]).expect("a counter").contains("known"));
        let random = ["5f0c2b8e9d7a4f31a6b25f0c2b8e9d7a", "e19d4c7b20f8a35d6c91e19d4c7b20f8"];
        assert_eq!(found(&random.map(str::to_owned), &["vera"]), None);
    }

    #[test]
    fn hashes_of_what_is_known_are_told() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let email = "vera@acme.test";
        let first = hex(&Md5::digest(email.as_bytes()));
        assert!(why(&[&first, &first, &first], &[email]).contains("came again"));
        let sample = |at: u64| Sample {
            token: "",
            at,
            after_use: false,
        };
        let tokens: Vec<String> = (0..4).map(|at| hex(&Sha1::digest((NOW + at).to_string()))).collect();
        let samples: Vec<Sample<'_>> = tokens
            .iter()
            .enumerate()
            .map(|(at, token)| Sample {
                token,
                ..sample(NOW + at as u64)
            })
            .collect();
        assert!(
            derived(&samples, &[], 38.0)
                .expect("a hash")
                .contains("hash of the moment")
        );
        let tokens: Vec<String> = (0..4)
            .map(|at| hex(&Sha256::digest(format!("{email}{}", NOW + at))))
            .collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        assert!(why(&tokens, &[email]).contains("hash of the moment"));
        let plain: Vec<String> = (0..4)
            .map(|at| STANDARD.encode(format!("{}", (NOW + at) * 1000 + 17)))
            .collect();
        let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
        assert!(why(&plain, &[]).contains("the moment"));
    }
}
