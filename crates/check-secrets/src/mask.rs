//! Keeps found secrets out of the words around them: a file may be named after its token, a commit's author may be one.
//!
//! Of a text of somebody else, everything is taken out that is five bytes of a found secret, or the same encoded. Five letters
//! of a word are no such bytes: a secret `adminadmin1` must not blank out every path with `admin` in it; twelve are.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secret_scan::SecretValue;

/// The shortest part of a secret that is not shown, in bytes.
const SHORTEST: usize = 5;
/// The shortest part of lower-case letters alone.
const WORD: usize = 12;
/// Bytes of all secrets together that are looked for; far beyond what a sane repository has.
const MOST: usize = 1 << 20;

/// Takes found secrets out of texts.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    /// Parts of secrets and of their encodings, by their length.
    parts: Vec<(usize, HashSet<Box<[u8]>>)>,
}

impl Mask {
    pub(crate) fn of<'s>(secrets: impl IntoIterator<Item = &'s SecretValue>) -> Self {
        let mut mask = Self::default();
        let mut seen: HashSet<&[u8]> = HashSet::new();
        let mut room = MOST;
        for secret in secrets {
            let bytes = secret.expose();
            if !seen.insert(bytes) {
                continue;
            }
            let bytes = &bytes[..bytes.len().min(room)];
            room -= bytes.len();
            mask.add(bytes);
        }
        mask
    }

    fn add(&mut self, secret: &[u8]) {
        self.windows(secret, SHORTEST, |part| !is_word(part));
        self.windows(secret, WORD, |_| true);
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        self.windows(hex.as_bytes(), 2 * SHORTEST, |_| true);
        self.windows(hex.to_ascii_uppercase().as_bytes(), 2 * SHORTEST, |_| true);
        let percent: String = secret.iter().map(|byte| format!("%{byte:02X}")).collect();
        self.windows(percent.as_bytes(), 3 * SHORTEST, |_| true);
        let escapes: String = secret.iter().map(|byte| format!("\\u{byte:04x}")).collect();
        self.windows(escapes.as_bytes(), 6 * SHORTEST, |_| true);
        for shift in 0..3 {
            let shifted = [&vec![0; shift][..], secret].concat();
            for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
                // The first characters are made of the shift too, the last may be cut.
                let own = text.as_bytes().get((shift * 8).div_ceil(6)..).unwrap_or_default();
                self.windows(own, SHORTEST * 8 / 6, |_| true);
            }
        }
    }

    fn windows(&mut self, text: &[u8], size: usize, wanted: impl Fn(&[u8]) -> bool) {
        if size == 0 {
            return;
        }
        let at = match self.parts.iter().position(|(known, _)| *known == size) {
            Some(at) => at,
            None => {
                self.parts.push((size, HashSet::new()));
                self.parts.len() - 1
            }
        };
        let parts = &mut self.parts[at].1;
        parts.extend(text.windows(size).filter(|part| wanted(part)).map(Box::from));
    }

    /// The text without any part of a secret.
    pub(crate) fn clean(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        let mut hidden = vec![false; bytes.len()];
        for (size, parts) in &self.parts {
            for (at, part) in bytes.windows(*size).enumerate() {
                if parts.contains(part) {
                    hidden[at..at + size].fill(true);
                }
            }
        }
        if !hidden.contains(&true) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for (at, letter) in text.char_indices() {
            let covered = hidden[at..at + letter.len_utf8()].contains(&true);
            match covered {
                true if !out.ends_with('…') => out.push('…'),
                true => {}
                false => out.push(letter),
            }
        }
        out
    }
}

/// Whether a part could as well be one of an ordinary word, name or path.
fn is_word(part: &[u8]) -> bool {
    part.iter()
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b' '))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use secret_scan::Scanner;

    use super::*;

    fn mask(secret: &str) -> Mask {
        let text = format!("db_{}word = \"{secret}\"\n", "pass");
        let found = Scanner::default().scan("a.py", text.as_bytes()).findings;
        assert_eq!(found.len(), 1, "the secret has to be found");
        Mask::of(found.iter().map(|found| &found.secret))
    }

    #[test]
    fn no_part_of_a_secret_stays_in_a_text() {
        let secret = "kW7#pq!v2Zx9";
        let mask = mask(secret);
        assert_eq!(mask.clean(&format!("dir/{secret}.txt")), "dir/….txt");
        assert_eq!(mask.clean("dir/W7#pq.txt"), "dir/….txt");
        assert_eq!(mask.clean("dir/W7#p.txt"), "dir/W7#p.txt");
        for encoded in [
            STANDARD.encode(format!("ab{secret}")),
            STANDARD.encode(secret),
            secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
            secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        ] {
            let shown = mask.clean(&encoded);
            assert!(
                shown.contains('…') && shown.len() < encoded.len() / 2 + 6,
                "{encoded} became {shown}"
            );
        }
    }

    #[test]
    fn words_and_paths_stay_readable() {
        let mask = mask("kW7admin#pq!v2");
        assert_eq!(mask.clean("src/admin/config.py"), "src/admin/config.py");
    }
}
