//! The first look at every byte: one automaton over all keywords, whatever their case.
//!
//! It reports each place of each keyword, overlapping ones too, and nothing else; what is not near a keyword is not looked
//! at again. The table of the automaton is flat, so that a byte costs one look-up.

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;

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
    automaton: DFA,
    begin: StateID,
    lengths: Vec<u8>,
    rules: Vec<Vec<u16>>,
    far: Vec<bool>,
}

/// Rules that look farther than this keep their keywords when a text changes elsewhere.
const FAR: u16 = 1000;

impl Prefilter {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let keywords = catalog.keywords();
        let automaton = DFA::builder()
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(keywords.iter().map(|(keyword, _)| keyword.as_bytes()))
            .expect("a few thousand bytes of keywords make a small automaton");
        let begin = automaton
            .start_state(Anchored::No)
            .expect("the automaton was built for unanchored searches");
        let lengths: Vec<u8> = keywords
            .iter()
            .map(|(keyword, _)| u8::try_from(keyword.len()).unwrap_or(u8::MAX))
            .collect();
        Self {
            automaton,
            begin,
            far: keywords
                .iter()
                .map(|(_, rules)| {
                    rules
                        .iter()
                        .any(|rule| catalog.rules[usize::from(*rule)].definition.reach > FAR)
                })
                .collect(),
            lengths,
            rules: keywords.into_iter().map(|(_, rules)| rules).collect(),
        }
    }

    pub(crate) fn keyword_len(&self, hit: Hit) -> usize {
        self.lengths[usize::from(hit.keyword)].into()
    }

    /// Whether a rule behind the keyword looks far ahead.
    pub(crate) fn is_far(&self, hit: Hit) -> bool {
        self.far[usize::from(hit.keyword)]
    }

    /// The rules that this keyword leads to.
    pub(crate) fn rules(&self, hit: Hit) -> &[u16] {
        &self.rules[usize::from(hit.keyword)]
    }

    /// Appends every keyword in `text`, by where it ends; `base` is added to each place.
    pub(crate) fn hits(&self, text: &[u8], base: usize, hits: &mut Vec<Hit>) {
        let mut state = self.begin;
        for (at, &byte) in text.iter().enumerate() {
            state = self.automaton.next_state(Anchored::No, state, byte);
            if self.automaton.is_special(state) && self.automaton.is_match(state) {
                for index in 0..self.automaton.match_len(state) {
                    let pattern = self.automaton.match_pattern(state, index).as_usize();
                    hits.push(Hit {
                        start: (base + at + 1 - usize::from(self.lengths[pattern])) as u32,
                        keyword: pattern as u16,
                    });
                }
            }
        }
    }
}
