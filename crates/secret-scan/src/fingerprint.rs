//! The name of a secret that outlives its place: rule and keyed hash of the value, so that it survives a squash, a rebase, a move
//! and a changed line, and says nothing about the value to somebody without the key.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::finding::Finding;

/// 128 bits of HMAC-SHA-256 over rule and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = [0; 16];
        if text.len() != 32 || !text.is_ascii() {
            return Err(());
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| ())?;
        }
        Ok(Self(bytes))
    }
}

/// Makes fingerprints with the key of a repository.
///
/// The key stands in the suppression file. It is no secret in itself: it keeps anybody from looking up the hashes of common
/// passwords in a table that was made once for all repositories.
#[derive(Clone)]
pub struct FingerprintKey(Vec<u8>);

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FingerprintKey")
    }
}

impl FingerprintKey {
    /// A key of these bytes; 16 random ones do.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The fingerprint of a finding.
    pub fn of(&self, finding: &Finding) -> Fingerprint {
        self.of_value(&finding.rule, finding.secret.expose())
    }

    /// The fingerprint of a value that a rule found.
    pub fn of_value(&self, rule: &str, value: &[u8]) -> Fingerprint {
        let mut hash = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length (RFC 2104)");
        hash.update(rule.as_bytes());
        hash.update(&[0]);
        hash.update(value);
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize().into_bytes()[..16]);
        Fingerprint(short)
    }

    pub(crate) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let bytes: Option<Vec<u8>> =
            (text.len().is_multiple_of(2) && text.is_ascii() && text.len() >= 16).then(|| {
                let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
                (0..text.len()).step_by(2).map(pair).collect()
            })?;
        bytes.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, FingerprintKey};

    #[test]
    fn fingerprints_tell_rules_values_and_keys_apart() {
        let key = FingerprintKey::new(b"0123456789abcdef");
        let one = key.of_value("a/b", b"value");
        assert_eq!(one, key.of_value("a/b", b"value"));
        assert_ne!(one, key.of_value("a/c", b"value"));
        assert_ne!(one, key.of_value("a/b", b"valuf"));
        assert_ne!(one, key.of_value("a/", b"b\0value"));
        assert_ne!(one, FingerprintKey::new(b"another key here").of_value("a/b", b"value"));
        assert_eq!(one.to_string().parse::<Fingerprint>(), Ok(one));
        assert!("zz".repeat(16).parse::<Fingerprint>().is_err());
    }
}
