//! Encodings that a secret may wear: base64 (also url-safe, without padding, in several layers), hex, percent, `\u` and `\x`
//! escapes, UTF-16. Finds what looks encoded, and decodes it if text comes out.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// How a layer was decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decoder {
    /// Base64, RFC 4648 sections 4 and 5.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// `%41`, RFC 3986.
    Percent,
    /// `\u0041` and `\x41`.
    Escapes,
    /// UTF-16, either byte order.
    Utf16,
}

impl Decoder {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escapes => "escapes",
            Self::Utf16 => "utf-16",
        }
    }
}

/// The shortest run worth decoding: 15 bytes of text.
const SHORTEST: usize = 20;
/// The longest run that is decoded.
const LONGEST: usize = 4 << 20;
/// The longest text without blanks in which escapes are undone.
const ESCAPED: usize = 4096;

/// Something that may be encoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Encoded {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) kind: EncodedKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EncodedKind {
    /// Characters of base64 or hex.
    Run,
    /// With `%41`.
    Percent,
    /// With `\u0041` or `\x41`.
    Escapes,
}

static RUN: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-');
        at += 1;
    }
    table
};

/// Whatever in `range` may be encoded; runs are followed beyond it.
pub(crate) fn candidates(text: &[u8], range: Range<usize>, found: &mut Vec<Encoded>) {
    runs(text, range.clone(), found);
    for (mark, kind) in [(b'%', EncodedKind::Percent), (b'\\', EncodedKind::Escapes)] {
        let mut at = range.start;
        while let Some(next) = memchr::memchr(mark, &text[at..range.end]) {
            let place = at + next;
            at = place + 1;
            if escape(&text[place..], kind).is_some() {
                let span = word(text, place);
                at = span.end.clamp(at, range.end);
                found.push(encoded(span, kind));
            }
        }
    }
}

fn encoded(span: Range<usize>, kind: EncodedKind) -> Encoded {
    Encoded {
        start: span.start as u32,
        end: span.end as u32,
        kind,
    }
}

/// Looks at each twentieth byte, and at its neighbours only where it may belong to a run.
fn runs(text: &[u8], range: Range<usize>, found: &mut Vec<Encoded>) {
    let mut at = range.start;
    while at + 1 < range.end + SHORTEST && at + SHORTEST <= text.len() {
        let probe = at + SHORTEST - 1;
        let Some(gap) = (at..=probe).rev().find(|place| !RUN[usize::from(text[*place])]) else {
            let mut start = at;
            while start > 0 && RUN[usize::from(text[start - 1])] && at - start < LONGEST {
                start -= 1;
            }
            let mut end = probe + 1;
            while end < text.len() && RUN[usize::from(text[end])] {
                end += 1;
            }
            found.push(encoded(start..end, EncodedKind::Run));
            at = end + 1;
            continue;
        };
        at = gap + 1;
    }
}

/// The text without blanks and quotes around a place.
fn word(text: &[u8], place: usize) -> Range<usize> {
    let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | 0);
    let mut start = place;
    while start > 0 && place - start < ESCAPED / 4 && !ends(text[start - 1]) {
        start -= 1;
    }
    let mut end = place;
    while end < text.len() && end - place < ESCAPED && !ends(text[end]) {
        end += 1;
    }
    start..end
}

/// The byte or character that an escape stands for, and its length.
fn escape(text: &[u8], kind: EncodedKind) -> Option<(u32, usize)> {
    let hex = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let digits = digits
            .iter()
            .all(u8::is_ascii_hexdigit)
            .then(|| std::str::from_utf8(digits).ok())??;
        u32::from_str_radix(digits, 16).ok()
    };
    match (kind, text.get(1)?) {
        (EncodedKind::Percent, _) => Some((hex(1, 3)?, 3)),
        (_, b'u') => Some((hex(2, 6)?, 6)),
        (_, b'x') => Some((hex(2, 4)?, 4)),
        _ => None,
    }
}

/// The text within, if there is one.
pub(crate) fn decode(text: &[u8], kind: EncodedKind) -> Vec<(Decoder, Range<usize>, Vec<u8>)> {
    match kind {
        EncodedKind::Percent => vec![(Decoder::Percent, 0..text.len(), unescape(text, kind))],
        EncodedKind::Escapes => vec![(Decoder::Escapes, 0..text.len(), unescape(text, kind))],
        EncodedKind::Run => decode_run(text),
    }
}

fn unescape(text: &[u8], kind: EncodedKind) -> Vec<u8> {
    let mark = if kind == EncodedKind::Percent { b'%' } else { b'\\' };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match (text[at] == mark).then(|| escape(&text[at..], kind)).flatten() {
            Some((code, length)) if kind == EncodedKind::Percent || code < 0x80 => {
                out.push(code as u8);
                at += length;
            }
            Some((code, length)) => {
                let character = char::from_u32(code).unwrap_or('\u{fffd}');
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

fn decode_run(text: &[u8]) -> Vec<(Decoder, Range<usize>, Vec<u8>)> {
    let text = &text[..text.len().min(LONGEST)];
    let mut found = Vec::new();
    if text.iter().all(u8::is_ascii_hexdigit) {
        if let Some(plain) = hex(text) {
            found.push((Decoder::Hex, 0..text.len(), plain));
        }
        return found;
    }
    if let Some(plain) = base64(text) {
        found.push((Decoder::Base64, 0..text.len(), plain));
        return found;
    }
    // A path or a dash before it: each part that is long enough by itself.
    let mut start = 0;
    for part in text.split(|byte| matches!(byte, b'/' | b'-' | b'_')) {
        let span = start..start + part.len();
        start = span.end + 1;
        if part.len() < SHORTEST || part.len() == text.len() {
            continue;
        }
        let plain = match part.iter().all(u8::is_ascii_hexdigit) {
            true => hex(part).map(|plain| (Decoder::Hex, plain)),
            false => base64(part).map(|plain| (Decoder::Base64, plain)),
        };
        if let Some((decoder, plain)) = plain {
            found.push((decoder, span, plain));
        }
    }
    found
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut plain = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        let byte = digit(pair[0])? << 4 | digit(pair[1])?;
        if !is_text_byte(byte) && byte != 0 {
            return None;
        }
        plain.push(byte);
    }
    text_of(plain)
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Text in base64, of whichever alphabet.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let engine = if text.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    // The first bytes tell for nearly everything that is no text.
    let head = engine.decode(&text[..text.len().min(16) / 4 * 4]).ok()?;
    if !head.iter().all(|byte| is_text_byte(*byte) || *byte == 0) {
        return None;
    }
    let whole = if text.len() % 4 == 1 {
        &text[..text.len() - 1]
    } else {
        text
    };
    text_of(engine.decode(whole).ok()?)
}

fn is_text_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e) || byte >= 0x80
}

/// What was decoded, if it is text: UTF-8 or UTF-16 without control characters.
fn text_of(plain: Vec<u8>) -> Option<Vec<u8>> {
    if let Some(wide) = utf16(&plain) {
        return Some(wide.into_owned());
    }
    let plain_text = std::str::from_utf8(&plain).is_ok() && plain.iter().all(|byte| is_text_byte(*byte));
    plain_text.then_some(plain)
}

/// The bytes as UTF-8, when they are UTF-16 with a mark or with zeros at every other place.
pub(crate) fn utf16(bytes: &[u8]) -> Option<Cow<'static, [u8]>> {
    let little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => {
            let head = &bytes[..bytes.len().min(64)];
            let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count() * 2;
            if head.len() >= 16 && zeros(1) * 10 >= head.len() * 9 && zeros(0) == 0 {
                true
            } else if head.len() >= 16 && zeros(0) * 10 >= head.len() * 9 && zeros(1) == 0 {
                false
            } else {
                return None;
            }
        }
    };
    let units = bytes.chunks_exact(2).map(|pair| match little {
        true => u16::from_le_bytes([pair[0], pair[1]]),
        false => u16::from_be_bytes([pair[0], pair[1]]),
    });
    let text: String = char::decode_utf16(units)
        .map(|unit| unit.unwrap_or('\u{fffd}'))
        .collect();
    Some(Cow::Owned(text.into_bytes()))
}

/// Where in UTF-16 bytes a place of their UTF-8 text is.
pub(crate) fn utf16_place(text: &[u8], place: usize) -> usize {
    let before = String::from_utf8_lossy(&text[..place.min(text.len())]);
    before.chars().map(|character| character.len_utf16() * 2).sum()
}

#[cfg(test)]
mod tests {
    use super::{Decoder, EncodedKind, candidates, decode, utf16, utf16_place};

    fn all(text: &str) -> Vec<(Decoder, String)> {
        let mut found = Vec::new();
        candidates(text.as_bytes(), 0..text.len(), &mut found);
        let decoded = found.iter().flat_map(|span| {
            let bytes = &text.as_bytes()[span.start as usize..span.end as usize];
            decode(bytes, span.kind)
        });
        decoded
            .map(|(decoder, _, plain)| (decoder, String::from_utf8_lossy(&plain).into_owned()))
            .collect()
    }

    #[test]
    fn every_encoding_is_undone() {
        let plain = "a plain text, long enough";
        for (text, decoder) in [
            ("x = \"YSBwbGFpbiB0ZXh0LCBsb25nIGVub3VnaA==\"", Decoder::Base64),
            ("x = YSBwbGFpbiB0ZXh0LCBsb25nIGVub3VnaA", Decoder::Base64),
            ("6120706c61696e20746578742c206c6f6e6720656e6f756768", Decoder::Hex),
            ("v=a%20plain%20text,%20long%20enough;", Decoder::Percent),
            (
                "\"\\u0061\\u0020plain\\u0020text,\\u0020long\\x20enough\"",
                Decoder::Escapes,
            ),
        ] {
            let found = all(text);
            assert!(
                found.iter().any(|(by, text)| *by == decoder && text.contains(plain)),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn names_and_hashes_are_not_decoded() {
        assert_eq!(all("getUserPasswordFromConfigurationFile"), []);
        assert_eq!(all("7f9cc25de23d1a255720b0ae4551f4044d600f46"), []);
    }

    #[test]
    fn runs_are_found_wherever_they_begin() {
        for shift in 0..45 {
            let text = format!(
                "{} {} end",
                "-".repeat(0) + &" ".repeat(shift),
                "YSBwbGFpbiB0ZXh0LCBsb25nIGVub3VnaA"
            );
            let mut found = Vec::new();
            candidates(text.as_bytes(), 0..text.len(), &mut found);
            assert_eq!(
                found.iter().filter(|span| span.kind == EncodedKind::Run).count(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn wide_text_is_narrowed_and_places_are_kept() {
        let wide: Vec<u8> = "\u{feff}äb€cdefghijk"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let narrow = utf16(&wide).expect("it has a mark");
        let at = narrow.iter().position(|byte| *byte == b'c').expect("c is in it");
        assert_eq!(wide[utf16_place(&narrow, at)], b'c');
        assert_eq!(utf16(b"plain text of more than sixteen bytes"), None);
    }
}
