//! How random a text is: Shannon entropy, and how much it surprises somebody who knows words and identifiers.

use std::sync::LazyLock;

/// The characters of the table, in order; every other byte counts as a point.
const ALPHABET: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
/// How unlikely each character is after each other one in a million identifiers, words and file names of public code and
/// documentation: quarter bits, as characters from `0` on, one row for each first character.
static BIGRAMS: &[u8] = include_bytes!("../../data/bigrams.txt");

static INDEX: LazyLock<[u8; 256]> = LazyLock::new(|| {
    let mut index = [64u8; 256];
    for (at, &byte) in (0u8..).zip(ALPHABET) {
        index[usize::from(byte)] = at;
    }
    index
});

/// Shannon entropy in bits per byte.
pub(crate) fn entropy(text: &[u8]) -> f32 {
    if text.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &byte in text {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

/// Bits of surprise per character over the bits that a random text of the same alphabet has: about 0.7 for words and
/// identifiers, 1.4 and more for random text, 1.0 and 1.2 as the borders.
pub(crate) fn surprise(text: &[u8]) -> f32 {
    if text.len() < 2 {
        return 0.0;
    }
    let row = ALPHABET.len() + 1;
    let bits: u32 = text
        .windows(2)
        .map(|pair| {
            let (first, second) = (INDEX[usize::from(pair[0])], INDEX[usize::from(pair[1])]);
            let cost = BIGRAMS.get(usize::from(first) * row + usize::from(second));
            u32::from(cost.copied().unwrap_or(b'0').saturating_sub(b'0'))
        })
        .sum();
    bits as f32 / 4.0 / (text.len() - 1) as f32 / alphabet_bits(text)
}

fn alphabet_bits(text: &[u8]) -> f32 {
    let has = |test: fn(&u8) -> bool| text.iter().any(test);
    if text.iter().all(u8::is_ascii_hexdigit) {
        return 4.0;
    }
    let (lower, upper) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase));
    match (lower && upper, has(|byte| !byte.is_ascii_alphabetic())) {
        (false, false) => 4.7,
        (false, true) => 5.17,
        (true, _) => 6.0,
    }
}

/// How many different bytes there are.
pub(crate) fn distinct(text: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in text {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}

/// The share of steps in which a character follows its predecessor in the alphabet, or repeats it: `12345`, `aaaa`.
pub(crate) fn stepping(text: &[u8]) -> f32 {
    if text.len() < 2 {
        return 0.0;
    }
    let steps = text
        .windows(2)
        .filter(|pair| pair[1] == pair[0] || pair[1] == pair[0].wrapping_add(1) || pair[0] == pair[1].wrapping_add(1))
        .count();
    steps as f32 / (text.len() - 1) as f32
}

#[cfg(test)]
mod tests {
    use super::{entropy, stepping, surprise};

    #[test]
    fn words_do_not_surprise_and_random_text_does() {
        for words in [
            "some_identifier_name",
            "getUserPasswordFromConfig",
            "com.example.project.UserService",
            "correcthorsebatterystaple",
            "IRequiredTokenProvider",
        ] {
            assert!(surprise(words.as_bytes()) < 1.0, "{words}");
        }
        for random in [
            "7f9cc25de23d1a255720b0ae4551f404",
            "nAH2VzKrMrRjySLlt8HCdFU3tM2T",
            "kX9pQ2mLw0Zr",
        ] {
            assert!(surprise(random.as_bytes()) > 1.25, "{random}");
        }
    }

    #[test]
    fn entropy_and_steps_are_what_they_say() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abcd"), 2.0);
        assert_eq!(stepping(b"abcdef"), 1.0);
        assert!(stepping(b"qzplam") < 0.1);
    }
}
