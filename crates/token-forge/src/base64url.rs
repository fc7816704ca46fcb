//! Base64 as tokens use it: written without padding (RFC 7515 section 2), read tolerantly.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, general_purpose};

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, TOLERANT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, TOLERANT);

/// The 64 characters in the order of their values.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The standard alphabet with padding, as certificates stand in a header (RFC 7515 section 4.1.6).
pub(crate) fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// Reads with or without padding, whatever the unused bits of the last character are.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(text).ok()
}

/// The same in either alphabet.
pub(crate) fn decode_any(text: &str) -> Option<Vec<u8>> {
    decode(text).or_else(|| STANDARD.decode(text).ok())
}

/// The value of a character of the URL-safe alphabet.
pub(crate) fn value(character: u8) -> Option<u8> {
    let at = ALPHABET.iter().position(|known| *known == character)?;
    u8::try_from(at).ok()
}

/// The character that has this value; only the lowest six bits count.
pub(crate) fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 0x3f)])
}
