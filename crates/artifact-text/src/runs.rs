//! Runs of printable characters in binaries: ASCII, and ASCII in UTF-16 of either byte order.
//!
//! Line ends count as printable, so that text files and keys inside of a binary stay whole.

use std::ops::Range;

use crate::lines::Lines;
use crate::windows::{OVERLAP_BYTES, Window};

/// Which bytes are part of a run.
const PRINTABLE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        table[byte] = true;
        byte += 1;
    }
    table[b'\t' as usize] = true;
    table[b'\n' as usize] = true;
    table[b'\r' as usize] = true;
    table
};

fn printable(byte: u8) -> bool {
    PRINTABLE[byte as usize]
}

/// Adds the runs of a window. Those that end where it ends are left to the next window, which shows them whole.
pub(crate) fn add(window: Window<'_>, min_chars: usize, lines: &mut Lines) {
    let base = window.offset as usize;
    let is_shown = |run: &Range<usize>| {
        let next_begins = window.bytes.len().saturating_sub(OVERLAP_BYTES);
        let continues = !window.last && run.end + 1 >= window.bytes.len() && run.start > next_begins;
        run.end > window.repeated && !continues
    };
    let mut ascii = ascii_runs(window.bytes, min_chars)
        .filter(|run| is_shown(run))
        .peekable();
    let mut wide = wide_runs(window.bytes, min_chars)
        .filter(|(run, _)| is_shown(run))
        .peekable();
    loop {
        let before_wide = |run: &Range<usize>| wide.peek().is_none_or(|(other, _)| run.start < other.start);
        if let Some(run) = ascii.next_if(before_wide) {
            let at = base + run.start;
            lines.utf8(at, &window.bytes[run]);
            lines.end(at);
        } else if let Some((run, order)) = wide.next() {
            let (at, bytes) = (base + run.start, &window.bytes[run]);
            match order {
                Order::Little => lines.utf16_le(at, bytes),
                Order::Big => lines.utf16_be(at, bytes),
            }
            lines.end(at);
        } else {
            return;
        }
    }
}

/// The order of the two bytes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// Runs of printable bytes. Looked for from the end of the shortest that counts: a byte in it that is not printable rules out
/// all that begin before it, so that most bytes of a binary are never looked at.
fn ascii_runs(bytes: &[u8], min_chars: usize) -> impl Iterator<Item = Range<usize>> {
    let shortest = min_chars.max(1);
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(window) = bytes.get(at..at + shortest) {
            if let Some(gap) = window.iter().rposition(|byte| !printable(*byte)) {
                at += gap + 1;
                continue;
            }
            let (start, rest) = (at, &bytes[at + shortest..]);
            let more = rest.iter().position(|byte| !printable(*byte)).unwrap_or(rest.len());
            let end = start + shortest + more;
            at = end + 1;
            if bytes[start..end].iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Some(start..end);
            }
        }
        None
    })
}

/// Runs of a printable byte and a zero. The same run in big-endian begins a byte earlier, with a zero, and has its last
/// character where no zero follows: that is how the two are told apart. Looked for as [`ascii_runs`] are: two bytes beside
/// each other that are both zero, or both not, are in no run.
fn wide_runs(bytes: &[u8], min_chars: usize) -> impl Iterator<Item = (Range<usize>, Order)> {
    let shortest = 2 * min_chars.max(1);
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(window) = bytes.get(at..at + shortest) {
            if let Some(gap) = window.windows(2).rposition(|pair| (pair[0] == 0) == (pair[1] == 0)) {
                at += gap + 1;
                continue;
            }
            let start = if window[0] == 0 { at + 1 } else { at };
            let pairs = bytes[start..].as_chunks::<2>().0;
            let length = pairs
                .iter()
                .take_while(|pair| pair[1] == 0 && printable(pair[0]))
                .count();
            let end = start + 2 * length;
            at = end.max(at + 1);
            let is_big = start > 0 && bytes[start - 1] == 0 && bytes.get(end).is_some_and(|byte| printable(*byte));
            if length + usize::from(is_big) < min_chars {
                continue;
            }
            return Some(if is_big {
                (start - 1..end + 1, Order::Big)
            } else {
                (start..end, Order::Little)
            });
        }
        None
    })
}

#[cfg(test)]
mod tests {
    //! The quick search finds what a slow one that looks at every byte finds.

    use proptest::prelude::*;

    use super::*;

    fn slow_ascii(bytes: &[u8], min_chars: usize) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let length = bytes[at..].iter().take_while(|byte| printable(**byte)).count();
            let run = at..at + length;
            if length >= min_chars && bytes[run.clone()].iter().any(|byte| !byte.is_ascii_whitespace()) {
                runs.push(run);
            }
            at += length + 1;
        }
        runs
    }

    fn slow_wide(bytes: &[u8], min_chars: usize) -> Vec<(Range<usize>, Order)> {
        let is_char = |at: usize| at + 1 < bytes.len() && printable(bytes[at]) && bytes[at + 1] == 0;
        let mut runs = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let length = (0..).take_while(|index| is_char(at + 2 * index)).count();
            let end = at + 2 * length;
            let is_big = length > 0 && at > 0 && bytes[at - 1] == 0 && end < bytes.len() && printable(bytes[end]);
            if length > 0 && length + usize::from(is_big) >= min_chars {
                runs.push(if is_big {
                    (at - 1..end + 1, Order::Big)
                } else {
                    (at..end, Order::Little)
                });
            }
            at = end.max(at + 1);
        }
        runs
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn quick_and_slow_search_agree(
            bytes in prop::collection::vec(prop_oneof![4 => Just(0), 4 => Just(b'a'), 1 => Just(b'\n'), 1 => any::<u8>()], 0..120),
            min_chars in 2usize..7,
        ) {
            prop_assert_eq!(ascii_runs(&bytes, min_chars).collect::<Vec<_>>(), slow_ascii(&bytes, min_chars));
            prop_assert_eq!(wide_runs(&bytes, min_chars).collect::<Vec<_>>(), slow_wide(&bytes, min_chars));
        }

        #[test]
        fn quick_and_slow_search_agree_on_runs(
            bytes in prop::collection::vec(prop_oneof![
                3 => Just(b"w\0i\0d\0e\0".to_vec()), 3 => Just(b"\0b\0i\0g".to_vec()), 2 => Just(b"ascii".to_vec()),
                1 => Just(vec![0]), 1 => Just(vec![1]), 1 => Just(b" ".to_vec()),
            ], 0..20),
            min_chars in 2usize..9,
        ) {
            let bytes = bytes.concat();
            prop_assert_eq!(ascii_runs(&bytes, min_chars).collect::<Vec<_>>(), slow_ascii(&bytes, min_chars));
            prop_assert_eq!(wide_runs(&bytes, min_chars).collect::<Vec<_>>(), slow_wide(&bytes, min_chars));
        }
    }
}
