//! Finds canary secrets in bytes: plain in any case, inside base64 (RFC 4648 sections 4 and 5) and hexadecimal, behind the
//! escapes of JSON, HTML and URLs, in UTF-16 and in gzip, and in any two of these at once.
//!
//! Every answer of a run is searched. A text without any of these is gone over twice; a decoder runs where its own characters
//! stand. No decoder makes a text longer and there are two layers, so that the work is bounded by a small multiple of the body.

use std::collections::HashMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::canary::{SECRET_LENGTH, SECRET_PREFIX, SHORT_LENGTH, SHORT_PREFIX};
use crate::escapes;

/// How a canary stood in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it was planted, perhaps in another case.
    Plain,
    /// Inside a base64 text.
    Base64,
    /// Inside a text of hexadecimal digits.
    Hex,
    /// Behind escapes, or in UTF-16.
    Escaped,
    /// In gzip.
    Compressed,
}

/// A secret and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The secret as it was minted.
    pub secret: String,
    /// Byte offset in the text, of the secret or of the run of digits that holds it; 0 where the whole text was decoded.
    pub offset: usize,
    /// How it stood there.
    pub encoding: Encoding,
}

/// Shorter base64 runs cannot hold a secret.
const MIN_RUN: usize = 18;
/// Shorter runs of hexadecimal digits cannot hold a secret.
const MIN_HEX: usize = 2 * (SHORT_PREFIX.len() + SHORT_LENGTH);
/// Printable bytes in a row, decoded from base64, that may be another encoding: chance makes one in a million such.
const MIN_TEXT: u8 = 12;
/// How many encodings may lie on top of each other.
const LAYERS: usize = 2;
/// How a gzip file begins (RFC 1952 section 2.3.1), with the one method that there is.
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// Bytes that are read of one.
const MAX_INFLATED: u64 = 8 * 1024 * 1024;

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
    if bytes.starts_with(&GZIP) {
        let mut inflated = Vec::new();
        // What is broken off is searched as far as it goes.
        let _ = flate2::read::MultiGzDecoder::new(bytes)
            .take(MAX_INFLATED)
            .read_to_end(&mut inflated);
        look(&inflated, odd, LAYERS - 1, &mut |secret, _, _| {
            hits.push(Found {
                secret,
                offset: 0,
                encoding: Encoding::Compressed,
            });
        });
    }
    look(bytes, odd, LAYERS, &mut |secret, offset, encoding| {
        hits.push(Found {
            secret,
            offset,
            encoding,
        });
    });
    hits
}

type Hit<'h> = &'h mut dyn FnMut(String, usize, Encoding);

/// Looks at a text, and below as many layers as are left.
fn look(bytes: &[u8], odd: &Odd, layers: usize, hit: Hit<'_>) {
    if bytes.len() < SHORT_PREFIX.len() + SHORT_LENGTH {
        return;
    }
    plain(bytes, odd, |secret, offset| hit(secret, offset, Encoding::Plain));
    let Some(below) = layers.checked_sub(1) else {
        return;
    };
    for (offset, run) in base64_runs(bytes) {
        digits(run, odd, below, &mut |secret, at, _| {
            hit(secret, offset + at, Encoding::Hex)
        });
        if may_hold(run, odd, below > 0) {
            base64(run, odd, below, &mut |secret, _, _| {
                hit(secret, offset, Encoding::Base64)
            });
        }
    }
    if let Some(undone) = escapes::undone(bytes) {
        look(&undone, odd, below, &mut |secret, _, _| {
            hit(secret, 0, Encoding::Escaped)
        });
    }
}

/// Looks into a base64 run. It may begin with letters that are not part of the base64 text, so that all four alignments are
/// tried.
fn base64(run: &[u8], odd: &Odd, layers: usize, hit: Hit<'_>) {
    let standard: Vec<u8> = run
        .iter()
        .map(|&byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    for skip in 0..4.min(standard.len()) {
        let part = &standard[skip..];
        let part = &part[..part.len() - usize::from(part.len() % 4 == 1)];
        if let Ok(decoded) = STANDARD.decode(part) {
            look(&decoded, odd, layers, hit);
        }
    }
}

/// Looks into the hexadecimal digits of a run, at both alignments.
fn digits(run: &[u8], odd: &Odd, layers: usize, hit: Hit<'_>) {
    let mut start = 0;
    for part in run.split(|byte| !byte.is_ascii_hexdigit()) {
        let at = start;
        start += part.len() + 1;
        if part.len() < MIN_HEX {
            continue;
        }
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        for skip in 0..2 {
            let pairs = part[skip..].chunks_exact(2);
            let decoded: Vec<u8> = pairs.map(|pair| value(pair[0]) << 4 | value(pair[1])).collect();
            look(&decoded, odd, layers, &mut |secret, _, encoding| {
                hit(secret, at, encoding)
            });
        }
    }
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

/// Whether a base64 run may hold a secret at any alignment: three decoded bytes in a row are one that begins, or, where
/// another encoding may lie below, many in a row are printable. Never wrong about a run that holds one; most runs (ids,
/// words) are passed over without being decoded.
fn may_hold(run: &[u8], odd: &Odd, below: bool) -> bool {
    if odd.is_empty() {
        begins(run, below, |start| start == LGC || start == LGS)
    } else {
        begins(run, below, |start| {
            start == LGC || start == LGS || odd.starts.may_hold(start)
        })
    }
}

fn begins(run: &[u8], below: bool, is_start: impl Fn(u32) -> bool) -> bool {
    let mut bits: u32 = 0;
    // Printable bytes in a row, for each of the four places at which the decoded text may begin.
    let mut printable = [0_u8; 4];
    run.iter().enumerate().any(|(at, &byte)| {
        bits = bits << 6 | u32::from(SEXTETS[usize::from(byte)]);
        // Bytes end with this character, or two or four bits before its end.
        if is_start(bits & THREE_FOLDED) || is_start(bits >> 2 & THREE_FOLDED) || is_start(bits >> 4 & THREE_FOLDED) {
            return true;
        }
        below
            && [(1, 4), (2, 2), (3, 0)].into_iter().any(|(position, unused)| {
                // The alignment in which this is the second, third or fourth character of four.
                let alignment = (at + 4 - position) & 3;
                let row = &mut printable[alignment];
                let decoded = (bits >> unused) as u8;
                // Zero bytes are those of UTF-16.
                *row = if decoded == 0 || decoded.is_ascii_graphic() || decoded.is_ascii_whitespace() {
                    row.saturating_add(1)
                } else {
                    0
                };
                *row >= MIN_TEXT
            })
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
            // What lies behind escapes and digits has tests of its own.
            hits.retain(|(_, encoding)| matches!(encoding, Encoding::Plain | Encoding::Base64));
            hits.sort_by(|left, right| (&left.0, left.1 as u8).cmp(&(&right.0, right.1 as u8)));
            hits.dedup();
            prop_assert_eq!(hits, slowly(&text, &known));
        }
    }
}
