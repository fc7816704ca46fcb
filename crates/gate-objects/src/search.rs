//! Finds canary secrets in bytes, in one pass: plain in any case, and inside base64 (RFC 4648 sections 4 and 5).

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

/// All secrets in a text; `odd` are those without a prefix (digits, UUIDs).
pub(crate) fn find(bytes: &[u8], odd: &[String]) -> Vec<Found> {
    let mut hits = Vec::new();
    plain(bytes, odd, |secret, offset| {
        hits.push(Found {
            secret,
            offset,
            encoding: Encoding::Plain,
        })
    });
    for (offset, run) in base64_runs(bytes) {
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

fn plain(bytes: &[u8], odd: &[String], mut hit: impl FnMut(String, usize)) {
    let mut at = 0;
    while let Some(step) = next_prefix(&bytes[at..]) {
        at += step;
        let (prefix, length) = if bytes[at + 2].eq_ignore_ascii_case(&b'c') {
            (SECRET_PREFIX, SECRET_LENGTH)
        } else {
            (SHORT_PREFIX, SHORT_LENGTH)
        };
        let end = at + prefix.len() + length;
        if let Some(candidate) = bytes.get(at..end)
            && candidate.iter().all(u8::is_ascii_alphanumeric)
        {
            hit(String::from_utf8_lossy(candidate).to_ascii_lowercase(), at);
        }
        at += 1;
    }
    for secret in odd {
        if let Some(offset) = find_ignoring_case(bytes, secret.as_bytes()) {
            hit(secret.clone(), offset);
        }
    }
}

/// The distance to the next `lgc` or `lgs` in any case.
fn next_prefix(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| {
        three[0].eq_ignore_ascii_case(&b'l')
            && three[1].eq_ignore_ascii_case(&b'g')
            && (three[2].eq_ignore_ascii_case(&b'c') || three[2].eq_ignore_ascii_case(&b's'))
    })
}

fn find_ignoring_case(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

fn base64_runs(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && is_base64(&bytes[at]) {
                at += 1;
            }
            let run = &bytes[start..at];
            at += 1;
            if run.len() >= MIN_RUN {
                return Some((start, run));
            }
        }
        None
    })
}
