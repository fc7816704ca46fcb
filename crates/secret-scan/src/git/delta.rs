//! A blob that is stored as a difference: what it copies from its base was searched there, so that only what is new in it, and
//! what that may change around it, is searched again.

use std::ops::Range;

use crate::decode::{self, Encoded};
use crate::layer::Survey;
use crate::prefilter::{Hit, Prefilter};

/// How far before a change a keyword may stand whose match the change decides; rules that reach farther keep their keywords.
pub(super) const REACH: usize = 1200;
/// How far behind a change.
const BACK: usize = 600;

/// A stretch that is as in the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) to: Range<usize>,
    pub(super) from: usize,
}

fn number(delta: &[u8], at: &mut usize) -> Option<usize> {
    let (mut value, mut shift) = (0usize, 0u32);
    loop {
        let byte = *delta.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        if shift > 56 {
            return None;
        }
    }
}

/// Applies a delta of the pack format (gitformat-pack, "Deltified representation"), in a buffer that may have been used before. None
/// if it does not fit its base.
pub(super) fn apply(base: &[u8], delta: &[u8], largest: usize, buffer: Vec<u8>) -> Option<(Vec<u8>, Vec<Copied>)> {
    let mut at = 0;
    let (base_size, size) = (number(delta, &mut at)?, number(delta, &mut at)?);
    if base_size != base.len() || size > largest {
        return None;
    }
    let mut out = buffer;
    out.clear();
    // What is hostile says that it makes much of little.
    out.reserve(size.min((base.len() + delta.len()) * 2));
    let mut copies: Vec<Copied> = Vec::new();
    while at < delta.len() {
        let code = delta[at];
        at += 1;
        if code & 0x80 != 0 {
            let mut take = |bits: std::ops::Range<u8>| -> Option<usize> {
                let mut value = 0;
                for (place, bit) in bits.enumerate() {
                    if code & (1 << bit) != 0 {
                        value |= usize::from(*delta.get(at)?) << (8 * place);
                        at += 1;
                    }
                }
                Some(value)
            };
            let from = take(0..4)?;
            let length = match take(4..7)? {
                0 => 0x10000,
                length => length,
            };
            let to = out.len()..out.len() + length;
            out.extend_from_slice(base.get(from..from.checked_add(length)?)?);
            match copies.last_mut() {
                // Long copies come in pieces.
                Some(last) if last.to.end == to.start && last.from + last.to.len() == from => last.to.end = to.end,
                _ => copies.push(Copied { to, from }),
            }
        } else {
            let length = usize::from(code);
            if length == 0 {
                return None;
            }
            out.extend_from_slice(delta.get(at..at + length)?);
            at += length;
        }
        if out.len() > size {
            return None;
        }
    }
    (out.len() == size).then_some((out, copies))
}

/// The survey of `text` from that of its base and a search of what differs.
pub(super) fn survey(prefilter: &Prefilter, text: &[u8], base: &Survey, copies: &[Copied]) -> Survey {
    let mut found = Survey::default();
    for range in dirty(text.len(), copies, &cut(base, copies)) {
        prefilter.hits(&text[range.clone()], range.start, &mut found.hits);
        decode::candidates(text, range, &mut found.encoded);
    }
    for copied in copies {
        let shift = |start: u32| (start as usize - copied.from + copied.to.start) as u32;
        let source = copied.from..copied.from + copied.to.len();
        let first = base.hits.partition_point(|hit| (hit.start as usize) < source.start);
        for hit in base.hits[first..]
            .iter()
            .take_while(|hit| (hit.start as usize) < source.end)
        {
            if hit.start as usize + prefilter.keyword_len(*hit) <= source.end {
                found.hits.push(Hit {
                    start: shift(hit.start),
                    ..*hit
                });
            }
        }
        let first = base
            .encoded
            .partition_point(|span| (span.start as usize) <= source.start);
        for span in base.encoded[first..]
            .iter()
            .take_while(|span| (span.start as usize) < source.end)
        {
            if (span.end as usize) < source.end {
                found.encoded.push(Encoded {
                    start: shift(span.start),
                    end: shift(span.end),
                    ..*span
                });
            }
        }
    }
    found.tidy();
    found
}

/// What was encoded in the base and is copied in part only: its long runs reach farther than the rest.
fn cut(base: &Survey, copies: &[Copied]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for copied in copies {
        let source = copied.from..copied.from + copied.to.len();
        let place = |at: usize| at.clamp(source.start, source.end) - source.start + copied.to.start;
        for border in [source.start, source.end] {
            let first = base.encoded.partition_point(|span| (span.end as usize) < border);
            // Spans of different kinds overlap, but few of them at one place.
            let near = base.encoded[first..].iter().take(16);
            for span in near.filter(|span| span.start as usize <= border && border <= span.end as usize) {
                ranges.push(place(span.start as usize)..place(span.end as usize));
            }
        }
    }
    ranges
}

/// Where to search again: what is not copied and every seam, with what is within reach, and `more`.
fn dirty(length: usize, copies: &[Copied], more: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = more.to_vec();
    let mut add = |from: usize, to: usize| ranges.push(from.saturating_sub(REACH)..length.min(to + BACK));
    let mut at = 0;
    for copied in copies {
        if at > 0 || copied.to.start > at || copied.from > 0 {
            add(at, copied.to.start);
        }
        at = copied.to.end;
    }
    add(at, length);
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let joined = last.end >= next.start;
        if joined {
            last.end = last.end.max(next.end);
        }
        joined
    });
    ranges
}

#[cfg(test)]
mod tests {
    use super::{apply, dirty, survey};
    use crate::layer::Survey;
    use crate::prefilter::Prefilter;
    use crate::rule::Catalog;

    /// Copy 0..4 and 6..10 of the base with text between.
    fn delta(base: &[u8], middle: &[u8]) -> Vec<u8> {
        let size = 8 + middle.len();
        let mut delta = vec![base.len() as u8, size as u8, 0x90, 4, middle.len() as u8];
        delta.extend_from_slice(middle);
        delta.extend_from_slice(&[0x91, 6, 4]);
        delta
    }

    #[test]
    fn deltas_are_applied_and_damaged_ones_are_not() {
        let base = b"0123456789";
        let (text, copies) = apply(base, &delta(base, b"xyz"), 1000, Vec::new()).expect("it fits");
        assert_eq!(text, b"0123xyz6789");
        assert_eq!(
            (copies[0].to.clone(), copies[1].to.clone(), copies[1].from),
            (0..4, 7..11, 6)
        );
        assert!(apply(b"012", &delta(base, b"xyz"), 1000, Vec::new()).is_none());
        assert!(apply(base, &delta(base, b"xyz")[..6], 1000, Vec::new()).is_none());
        assert!(apply(base, &delta(base, b"xyz"), 5, Vec::new()).is_none());
    }

    #[test]
    fn a_survey_by_difference_is_the_survey_of_the_whole() {
        let prefilter = Prefilter::new(&Catalog::built_in());
        let line =
            |n: usize| format!("let value_{n} = call({n}); // password token {n} YSBwbGFpbiB0ZXh0LCBsb25nIGVub3VnaA\n");
        let base: String = (0..200).map(line).collect();
        let start = base.len() / 3;
        let copies = [
            super::Copied { to: 0..start, from: 0 },
            super::Copied {
                to: start + 5..base.len() - 2,
                from: start + 7,
            },
        ];
        let text = [&base.as_bytes()[..start], b"ghp_x", &base.as_bytes()[start + 7..]].concat();
        let mut whole = Survey::of(&prefilter, &text);
        whole.tidy();
        let mut known = Survey::of(&prefilter, base.as_bytes());
        known.tidy();
        let part = survey(&prefilter, &text, &known, &copies);
        assert_eq!(part.hits, whole.hits);
        assert_eq!(part.encoded, whole.encoded);
        let searched: usize = dirty(text.len(), &copies, &[]).iter().map(|range| range.len()).sum();
        assert!(searched < text.len() / 4, "{searched} of {}", text.len());
    }
}
