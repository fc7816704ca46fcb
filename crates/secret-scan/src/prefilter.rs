//! The first look at every byte: where keywords begin, whatever their case.
//!
//! Four bytes from each place on are looked up in a table of bits that fits into the nearest cache; one place in a few hundred passes and is
//! compared with the keywords that begin so. A keyword of three bytes has a bit for whatever may follow. Places do not depend on each
//! other, which an automaton's states do: that is why this is the faster of the two here. What is not near a keyword is not
//! looked at again.

use crate::rule::Catalog;

/// A keyword in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// Where the keyword begins.
    pub(crate) start: u32,
    /// Which keyword.
    pub(crate) keyword: u16,
}

#[derive(Debug)]
pub(crate) struct Prefilter {
    /// One bit for each value of [`bit`].
    bits: Box<[u64]>,
    /// Keywords by the first three bytes, folded; sorted.
    heads: Vec<(u32, u16)>,
    /// Where in `heads` each value of [`slot`] begins.
    slots: Vec<u16>,
    keywords: Vec<Box<[u8]>>,
    rules: Vec<Vec<u16>>,
    far: Vec<bool>,
}

/// Rules that look farther than this keep their keywords when a text changes elsewhere.
const FAR: u16 = 1000;
/// Binary logarithm of the number of bits: 16 KiB.
const BITS: u32 = 17;
/// Binary logarithm of the number of slots.
const SLOTS: u32 = 12;
/// The shortest keyword.
const SHORTEST: usize = 3;

/// Letters without their case. Other bytes fall together too, which the comparison tells apart.
fn fold(word: u32) -> u32 {
    word | 0x2020_2020
}

fn bit(word: u32) -> usize {
    (word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

fn slot(head: u32) -> usize {
    (head.wrapping_mul(0x85eb_ca6b) >> (32 - SLOTS)) as usize
}

/// The first three bytes.
fn head(word: u32) -> u32 {
    word & 0x00ff_ffff
}

impl Prefilter {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let keywords = catalog.keywords();
        let mut bits = vec![0u64; 1 << (BITS - 6)].into_boxed_slice();
        let mut heads: Vec<(u32, u16)> = Vec::with_capacity(keywords.len());
        for (at, (keyword, _)) in (0u16..).zip(&keywords) {
            let bytes = keyword.as_bytes();
            let mut first = [0; 4];
            let length = bytes.len().min(4);
            first[..length].copy_from_slice(&bytes[..length]);
            let word = fold(u32::from_le_bytes(first));
            heads.push((head(word), at));
            // Bytes that differ in the folded bit only share a value.
            let fourth = if length == 4 { word >> 24..=word >> 24 } else { 0..=255 };
            for last in fourth {
                let at = bit(fold(head(word) | last << 24));
                bits[at / 64] |= 1 << (at % 64);
            }
        }
        heads.sort_unstable_by_key(|(head, at)| (slot(*head), *head, *at));
        let slots = (0..=1usize << SLOTS)
            .map(|wanted| heads.partition_point(|(head, _)| slot(*head) < wanted) as u16)
            .collect();
        Self {
            bits,
            heads,
            slots,
            far: keywords
                .iter()
                .map(|(_, rules)| {
                    rules
                        .iter()
                        .any(|rule| catalog.rules[usize::from(*rule)].definition.reach > FAR)
                })
                .collect(),
            keywords: keywords.iter().map(|(keyword, _)| keyword.as_bytes().into()).collect(),
            rules: keywords.into_iter().map(|(_, rules)| rules).collect(),
        }
    }

    pub(crate) fn keyword_len(&self, hit: Hit) -> usize {
        self.keywords[usize::from(hit.keyword)].len()
    }

    /// Whether a rule behind the keyword looks far ahead.
    pub(crate) fn is_far(&self, hit: Hit) -> bool {
        self.far[usize::from(hit.keyword)]
    }

    /// The rules that this keyword leads to.
    pub(crate) fn rules(&self, hit: Hit) -> &[u16] {
        &self.rules[usize::from(hit.keyword)]
    }

    /// Appends every keyword in `text`, by where it begins; `base` is added to each place.
    pub(crate) fn hits(&self, text: &[u8], base: usize, hits: &mut Vec<Hit>) {
        let bits: &[u64; 1 << (BITS - 6)] = (&*self.bits).try_into().expect("the table was made of this size");
        for (at, four) in text.windows(4).enumerate() {
            let word = fold(u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
            let place = bit(word);
            if bits[place / 64] >> (place % 64) & 1 != 0 {
                self.compare(text, at, head(word), base, hits);
            }
        }
        if let Some(at) = text.len().checked_sub(SHORTEST) {
            let word = fold(u32::from_le_bytes([text[at], text[at + 1], text[at + 2], 0]));
            self.compare(text, at, head(word), base, hits);
        }
    }

    #[cold]
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, wanted: u32, base: usize, hits: &mut Vec<Hit>) {
        let slot = slot(wanted);
        let (from, to) = (usize::from(self.slots[slot]), usize::from(self.slots[slot + 1]));
        for &(head, keyword) in &self.heads[from..to] {
            let word = &self.keywords[usize::from(keyword)];
            if head == wanted
                && text
                    .get(at..at + word.len())
                    .is_some_and(|text| text.eq_ignore_ascii_case(word))
            {
                hits.push(Hit {
                    start: (base + at) as u32,
                    keyword,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Hit, Prefilter};
    use crate::rule::Catalog;

    proptest! {
        #[test]
        fn every_keyword_is_found_wherever_it_is_and_nothing_else(
            pieces in prop::collection::vec((any::<u16>(), any::<bool>(), "[a-zA-Z_:/. -]{0,6}"), 0..12)
        ) {
            let prefilter = Prefilter::new(&Catalog::built_in());
            let mut text = Vec::new();
            for (keyword, upper, between) in pieces {
                let word = &prefilter.keywords[usize::from(keyword) % prefilter.keywords.len()];
                text.extend(if upper { word.to_ascii_uppercase() } else { word.to_vec() });
                text.extend(between.bytes());
            }
            let mut hits = Vec::new();
            prefilter.hits(&text, 7, &mut hits);
            hits.sort_unstable();
            let lower = text.to_ascii_lowercase();
            let mut wanted = Vec::new();
            for (keyword, word) in (0u16..).zip(&prefilter.keywords) {
                let word = word.to_ascii_lowercase();
                for at in (0..lower.len()).filter(|at| lower[*at..].starts_with(&word)) {
                    wanted.push(Hit { start: at as u32 + 7, keyword });
                }
            }
            wanted.sort_unstable();
            prop_assert_eq!(hits, wanted);
        }
    }
}
