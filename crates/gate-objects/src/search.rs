//! Finds canary secrets in bytes, in one pass: plain in any case, and inside base64 (RFC 4648 sections 4 and 5).

use std::collections::HashMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::canary::{SECRET_LENGTH, SECRET_PREFIX, SHORT_LENGTH, SHORT_PREFIX};

/// How a canary stood in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it was planted, perhaps in another case.
    Plain,
    /// Inside a base64 text.
    Base64,
}

/// A secret and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The secret as it was minted.
    pub secret: String,
    /// Byte offset in the text, of the secret or of the base64 run that holds it.
    pub offset: usize,
    /// How it stood there.
    pub encoding: Encoding,
}

/// Shorter base64 runs cannot hold a secret.
const MIN_RUN: usize = 18;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Secrets without a prefix of their own (digits, UUIDs), by what they begin with, so that one pass over a text looks for
/// all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Odd {
    by_start: HashMap<u32, Vec<String>>,
    /// A bit for each hash of a known start.
    starts: Starts,
}

#[derive(Debug)]
struct Starts([u64; 64]);

impl Default for Starts {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Starts {
    /// The word and the bit of a start.
    fn place(start: u32) -> (usize, u64) {
        let hash = start.wrapping_mul(0x9e37_79b1) >> 20;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    fn add(&mut self, start: u32) {
        let (word, bit) = Self::place(start);
        self.0[word] |= bit;
    }

    /// Whether a secret may begin so; never wrong about one that does.
    fn may_hold(&self, start: u32) -> bool {
        let (word, bit) = Self::place(start);
        self.0[word] & bit != 0
    }
}

impl Odd {
    /// Adds a secret.
    pub(crate) fn add(&mut self, secret: &str) {
        let start = secret.bytes().take(3).fold(0, push);
        self.starts.add(start);
        self.by_start.entry(start).or_default().push(secret.to_owned());
    }

    fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// The first place of each secret in a text.
    fn find(&self, bytes: &[u8], hit: &mut impl FnMut(String, usize)) {
        if self.is_empty() {
            return;
        }
        let mut start = 0;
        for (last, &byte) in bytes.iter().enumerate() {
            start = push(start, byte);
            if last < 2 || !self.starts.may_hold(start) {
                continue;
            }
            let at = last - 2;
            for secret in self.by_start.get(&start).into_iter().flatten() {
                let there = bytes.get(at..at + secret.len());
                if there.is_some_and(|there| there.eq_ignore_ascii_case(secret.as_bytes())) {
                    hit(secret.clone(), at);
                }
            }
        }
    }
}

/// Three bytes in a row, without their case: the bits that tell letters' cases apart are dropped.
fn push(start: u32, byte: u8) -> u32 {
    (start << 8 | u32::from(byte)) & THREE_FOLDED
}

const THREE_FOLDED: u32 = 0x00df_dfdf;
const LGC: u32 = start_of(SECRET_PREFIX);
const LGS: u32 = start_of(SHORT_PREFIX);

const fn start_of(prefix: &str) -> u32 {
    let bytes = prefix.as_bytes();
    assert!(bytes.len() == 3, "prefixes have three letters");
    ((bytes[0] as u32) << 16 | (bytes[1] as u32) << 8 | bytes[2] as u32) & THREE_FOLDED
}

/// All secrets in a text.
pub(crate) fn find(bytes: &[u8], odd: &Odd) -> Vec<Found> {
    let mut hits = Vec::new();
    if bytes.len() < SHORT_PREFIX.len() + SHORT_LENGTH {
        return hits;
    }
    plain(bytes, odd, |secret, offset| {
        hits.push(Found {
            secret,
            offset,
            encoding: Encoding::Plain,
        })
    });
    for (offset, run) in base64_runs(bytes) {
        if !may_hold(run, odd) {
            continue;
        }
        let standard: Vec<u8> = run
            .iter()
            .map(|&byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => other,
            })
            .collect();
        // A run may begin with letters that are not part of the base64 text, so that all four alignments are tried.
        for skip in 0..4.min(standard.len()) {
            let part = &standard[skip..];
            let part = &part[..part.len() - usize::from(part.len() % 4 == 1)];
            if let Ok(decoded) = STANDARD.decode(part) {
                plain(&decoded, odd, |secret, _| {
                    hits.push(Found {
                        secret,
                        offset,
                        encoding: Encoding::Base64,
                    })
                });
            }
        }
    }
    hits
}

fn plain(bytes: &[u8], odd: &Odd, mut hit: impl FnMut(String, usize)) {
    // The middle letter of both prefixes is the rarest in ordinary text.
    for middle in memchr::memchr2_iter(b'g', b'G', bytes) {
        let Some(at) = middle.checked_sub(1) else { continue };
        let Some(three) = bytes.get(at..at + 3) else { continue };
        let length = match three.iter().fold(0, |start, &byte| push(start, byte)) {
            LGC => SECRET_PREFIX.len() + SECRET_LENGTH,
            LGS => SHORT_PREFIX.len() + SHORT_LENGTH,
            _ => continue,
        };
        if let Some(candidate) = bytes.get(at..at + length)
            && candidate.iter().all(u8::is_ascii_alphanumeric)
        {
            hit(String::from_utf8_lossy(candidate).to_ascii_lowercase(), at);
        }
    }
    odd.find(bytes, &mut hit);
}

/// Whether a base64 run may hold a secret at any alignment: three decoded bytes in a row are one that begins. Never wrong
/// about a run that holds one; most runs (ids, words) are passed over without being decoded.
fn may_hold(run: &[u8], odd: &Odd) -> bool {
    if odd.is_empty() {
        begins(run, |start| start == LGC || start == LGS)
    } else {
        begins(run, |start| start == LGC || start == LGS || odd.starts.may_hold(start))
    }
}

fn begins(run: &[u8], is_start: impl Fn(u32) -> bool) -> bool {
    let mut bits: u32 = 0;
    run.iter().any(|&byte| {
        bits = bits << 6 | u32::from(SEXTETS[usize::from(byte)]);
        // Bytes end with this character, or two or four bits before its end.
        is_start(bits & THREE_FOLDED) || is_start(bits >> 2 & THREE_FOLDED) || is_start(bits >> 4 & THREE_FOLDED)
    })
}

/// What is in neither base64 alphabet.
const NO_SEXTET: u8 = 64;

/// The value of each character of either base64 alphabet.
const SEXTETS: [u8; 256] = {
    let mut table = [NO_SEXTET; 256];
    let mut value: u8 = 0;
    while value < 62 {
        let character = match value {
            0..26 => b'A' + value,
            26..52 => b'a' + (value - 26),
            _ => b'0' + (value - 52),
        };
        table[character as usize] = value;
        value += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table[b'/' as usize] = 63;
    table[b'_' as usize] = 63;
    table
};

/// The runs of base64 characters that are long enough, with their places.
fn base64_runs(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let is_base64 = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|&byte| SEXTETS[usize::from(byte)] != NO_SEXTET)
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        while start + MIN_RUN <= bytes.len() {
            // From its far end: of a run that is too short, what lies before the end is never looked at.
            match (start..start + MIN_RUN).rev().find(|&at| !is_base64(at)) {
                Some(gap) => start = gap + 1,
                None => {
                    let end = (start + MIN_RUN..bytes.len())
                        .find(|&at| !is_base64(at))
                        .unwrap_or(bytes.len());
                    let run = (start, &bytes[start..end]);
                    start = end + 1;
                    return Some(run);
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same without any shortcut: each run is decoded at each alignment, each secret looked for everywhere.
    fn slowly(bytes: &[u8], odd: &[&str]) -> Vec<(String, Encoding)> {
        let mut hits = Vec::new();
        let mut look = |text: &[u8], encoding: Encoding| {
            for at in 0..text.len() {
                for (prefix, length) in [(SECRET_PREFIX, SECRET_LENGTH), (SHORT_PREFIX, SHORT_LENGTH)] {
                    if let Some(candidate) = text.get(at..at + prefix.len() + length)
                        && candidate[..3].eq_ignore_ascii_case(prefix.as_bytes())
                        && candidate.iter().all(u8::is_ascii_alphanumeric)
                    {
                        hits.push((String::from_utf8_lossy(candidate).to_ascii_lowercase(), encoding));
                    }
                }
                for secret in odd {
                    if text[at..].len() >= secret.len()
                        && text[at..at + secret.len()].eq_ignore_ascii_case(secret.as_bytes())
                    {
                        hits.push(((*secret).to_owned(), encoding));
                    }
                }
            }
        };
        look(bytes, Encoding::Plain);
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        for run in bytes.split(|byte| !is_base64(byte)).filter(|run| run.len() >= MIN_RUN) {
            let text = String::from_utf8_lossy(run).replace('-', "+").replace('_', "/");
            for skip in 0..4 {
                let part = &text.as_bytes()[skip..];
                let part = &part[..part.len() - usize::from(part.len() % 4 == 1)];
                if let Ok(decoded) = STANDARD.decode(part) {
                    look(&decoded, Encoding::Base64);
                }
            }
        }
        hits.sort_by(|left, right| (&left.0, left.1 as u8).cmp(&(&right.0, right.1 as u8)));
        hits.dedup();
        hits
    }

    const UUID: &str = "5f1c9c1e-9d7e-4d0c-8a53-0d6a3f1f2b77";
    const DIGITS: &str = "12345678901234567";

    /// Pieces that texts are made of: secrets, parts of them, encodings of both, and noise.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let secret = prop_oneof![
            "(lg[cs]|LG[cs]|lGc)[a-z2-9]{8,18}",
            Just(UUID.to_owned()),
            Just(UUID.to_uppercase()),
            Just(DIGITS.to_owned()),
            "[ -~]{0,24}",
        ];
        let encoded =
            (secret.clone(), "[ -~]{0,4}", "[ -~]{0,4}", any::<bool>()).prop_map(|(secret, before, after, url)| {
                let text = format!("{before}{secret}{after}");
                if url {
                    base64::engine::general_purpose::URL_SAFE_NO_PAD
                        .encode(text)
                        .into_bytes()
                } else {
                    base64::engine::general_purpose::STANDARD.encode(text).into_bytes()
                }
            });
        prop_oneof![
            secret.prop_map(String::into_bytes),
            encoded,
            "[A-Za-z0-9]{0,3}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..4),
        ]
    }

    proptest! {
        #[test]
        fn shortcuts_lose_nothing(
            pieces in proptest::collection::vec(piece(), 0..6),
            known in proptest::sample::subsequence(vec![UUID, DIGITS], 0..=2),
        ) {
            let text = pieces.concat();
            let mut odd = Odd::default();
            known.iter().for_each(|secret| odd.add(secret));
            let mut hits: Vec<(String, Encoding)> =
                find(&text, &odd).into_iter().map(|found| (found.secret, found.encoding)).collect();
            hits.sort_by(|left, right| (&left.0, left.1 as u8).cmp(&(&right.0, right.1 as u8)));
            hits.dedup();
            prop_assert_eq!(hits, slowly(&text, &known));
        }
    }
}
