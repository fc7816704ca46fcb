//! What a token says of itself: checksums, headers, key formats. No network.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// What a check of structure found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Structure {
    /// The token carries its own proof, and it holds.
    Proven,
    /// Well formed, without a proof.
    Plausible,
    /// The token carries a proof, and it does not hold: nobody issued this.
    Broken,
    /// Not what it looks like.
    Other,
    /// Well formed and meant for everybody.
    Public,
    /// Well formed, but its time is over.
    Expired,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn digits(mut number: u64, alphabet: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 0 || out.len() < width {
        out.push(alphabet[(number % alphabet.len() as u64) as usize]);
        number /= alphabet.len() as u64;
    }
    out.reverse();
    out
}

/// The last six characters are the CRC-32 of the random part in base 62 (GitHub's "Behind GitHub's new authentication
/// token formats", 2021; npm does the same).
pub(crate) fn crc32_base62(token: &[u8]) -> Structure {
    let body = token
        .iter()
        .position(|byte| *byte == b'_')
        .map_or(token, |at| &token[at + 1..]);
    // Fine-grained tokens have a second underscore; their checksum covers a part that is not documented.
    if body.len() < 12 || body.contains(&b'_') {
        return Structure::Plausible;
    }
    let (random, tail) = body.split_at(body.len() - 6);
    if digits(crc32fast::hash(random).into(), BASE62, 6) == tail {
        Structure::Proven
    } else {
        Structure::Broken
    }
}

/// GitLab's routable tokens end in `.LLCCCCCCC`: the length of the payload in base 36 (2) and the CRC-32 of everything before it in
/// base 36 (7), as its "Cells: routable tokens" design document says. Tokens without points carry no proof.
pub(crate) fn gitlab_routable(token: &[u8]) -> Structure {
    let points = token.iter().filter(|byte| **byte == b'.').count();
    if points < 2 || token.len() < 20 {
        return Structure::Plausible;
    }
    let (checked, tail) = token.split_at(token.len() - 7);
    if digits(crc32fast::hash(checked).into(), BASE36, 7) == tail {
        Structure::Proven
    } else {
        Structure::Plausible
    }
}

/// Header and claims have to be JSON; a key that a hosted database gives to every browser is public, and what has expired
/// opens nothing.
pub(crate) fn jwt(token: &[u8], now: u64) -> Structure {
    let part = |index: usize| -> Option<Value> {
        let text = token.split(|byte| *byte == b'.').nth(index)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let Some(header) = part(0) else {
        return Structure::Other;
    };
    let algorithm = header["alg"].as_str().unwrap_or_default();
    if algorithm.is_empty() || algorithm.eq_ignore_ascii_case("none") {
        return Structure::Other;
    }
    let Some(claims) = part(1) else {
        // Encrypted tokens (JWE) have a key where others have claims.
        return if header["enc"].is_string() {
            Structure::Plausible
        } else {
            Structure::Other
        };
    };
    // The token of jwt.io and of every tutorial.
    if claims["sub"] == "1234567890" || claims["name"] == "John Doe" {
        return Structure::Other;
    }
    if claims["role"] == "anon" {
        return Structure::Public;
    }
    match claims["exp"].as_f64() {
        Some(end) if end < now as f64 => Structure::Expired,
        _ => Structure::Plausible,
    }
}

/// The armour holds base64 that begins like a key: a DER sequence, an OpenSSH key, an OpenPGP packet.
pub(crate) fn pem(block: &[u8]) -> Structure {
    let text = String::from_utf8_lossy(block);
    let text = text.replace("\\r", "").replace("\\n", "\n").replace("\\/", "/");
    let Some(start) = text.find("-----BEGIN") else {
        return Structure::Other;
    };
    let Some(open) = text[start + 10..].find("-----").map(|at| start + 10 + at + 5) else {
        return Structure::Other;
    };
    let end = text[open..].find("-----END").map_or(text.len(), |at| open + at);
    let encrypted = text[open..end].contains("ENCRYPTED") || text[start..open].contains("ENCRYPTED");
    let body: String = text[open..end]
        .lines()
        .map(|line| line.trim_matches(|c: char| c.is_whitespace() || "\"'+,*#/;\\".contains(c) && c != '+' && c != '/'))
        .filter(|line| !line.contains(':') && !line.starts_with("="))
        .collect::<String>()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c))
        .collect();
    if body.len() < 40 {
        return Structure::Other;
    }
    let cut = body.trim_end_matches('=');
    let whole = &cut[..cut.len() - cut.len() % 4];
    let Ok(bytes) = STANDARD_NO_PAD.decode(whole) else {
        return Structure::Other;
    };
    let alive = super::words::distinct(&bytes) > bytes.len().min(128) / 8;
    let key = bytes.starts_with(b"openssh-key-v1\0")
        || (bytes[0] == 0x30 && der_fits(&bytes))
        || bytes[0] & 0x80 != 0
        || encrypted;
    match (key && alive, text[open..].contains("-----END")) {
        (true, true) => Structure::Proven,
        (true, false) => Structure::Plausible,
        _ => Structure::Other,
    }
}

/// The outer length of a DER sequence is about the number of bytes that there are.
fn der_fits(bytes: &[u8]) -> bool {
    let (length, header) = match bytes.get(1) {
        Some(&short) if short < 0x80 => (usize::from(short), 2),
        Some(0x81) => (bytes.get(2).copied().unwrap_or(0).into(), 3),
        Some(0x82) => {
            let at = |index: usize| usize::from(bytes.get(index).copied().unwrap_or(0));
            (at(2) << 8 | at(3), 4)
        }
        _ => return false,
    };
    (length + header).abs_diff(bytes.len()) <= 4
}

/// The part after the four letters is base 32.
pub(crate) fn aws_key_id(id: &[u8]) -> Structure {
    let body = id.get(4..).unwrap_or_default();
    if body
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(byte))
    {
        Structure::Plausible
    } else {
        Structure::Other
    }
}

/// Base64 of `user:password`, as RFC 7617 has it. Gives the password.
pub(crate) fn basic_auth(value: &[u8]) -> Option<Vec<u8>> {
    let plain = STANDARD
        .decode(value)
        .or_else(|_| STANDARD_NO_PAD.decode(value.trim_ascii_end()))
        .ok()?;
    let colon = plain.iter().position(|byte| *byte == b':')?;
    let text = plain.iter().all(|byte| (0x20..0x7f).contains(byte));
    // The example of RFC 7617 and its many copies.
    let known = plain[..colon].eq_ignore_ascii_case(b"aladdin");
    (text && !known && colon > 0 && colon + 1 < plain.len()).then(|| plain[colon + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Structure, crc32_base62, jwt, pem};

    #[test]
    fn checksums_tell_issued_tokens_from_invented_ones() {
        // Made for this test: 30 random characters and their checksum.
        let random = b"0123456789abcdefghijABCDEFGHIJ";
        let tail = super::digits(crc32fast::hash(random).into(), super::BASE62, 6);
        let token = [b"ghp_", random.as_slice(), &tail].concat();
        assert_eq!(crc32_base62(&token), Structure::Proven);
        let mut wrong = token.clone();
        wrong[10] ^= 1;
        assert_eq!(crc32_base62(&wrong), Structure::Broken);
    }

    #[test]
    fn tokens_and_keys_that_do_not_parse_are_none() {
        assert_eq!(jwt(b"eyJhbGciOiJIUzI1NiJ9.e30.x", 0), Structure::Plausible);
        assert_eq!(jwt(b"eyJhbGciOiJub25lIn0.e30.x", 0), Structure::Other);
        assert_eq!(jwt(b"eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.x", 2), Structure::Expired);
        let armour = |body: &str| format!("-----BEGIN {0}-----\n{body}\n-----END {0}-----", "PRIVATE KEY");
        assert_eq!(pem(armour("...").as_bytes()), Structure::Other);
        assert_eq!(pem(armour(&"MAAA".repeat(30)).as_bytes()), Structure::Other);
    }
}
