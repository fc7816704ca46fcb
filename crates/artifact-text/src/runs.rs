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

fn ascii_runs(bytes: &[u8], min_chars: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at + bytes[at..].iter().position(|byte| printable(*byte))?;
            let length = bytes[start..].iter().position(|byte| !printable(*byte));
            let end = length.map_or(bytes.len(), |length| start + length);
            at = end + 1;
            if end - start >= min_chars && bytes[start..end].iter().any(|byte| !byte.is_ascii_whitespace()) {
                return Some(start..end);
            }
        }
        None
    })
}

/// Runs of a printable byte and a zero. The same run in big-endian begins a byte earlier, with a zero, and has its last
/// character where no zero follows: that is how the two are told apart.
fn wide_runs(bytes: &[u8], min_chars: usize) -> impl Iterator<Item = (Range<usize>, Order)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let zero = at + memchr::memchr(0, bytes.get(at..)?)?;
            at = zero + 1;
            let Some(start) = zero.checked_sub(1).filter(|start| printable(bytes[*start])) else {
                continue;
            };
            let pairs = bytes[start..].as_chunks::<2>().0;
            let length = pairs
                .iter()
                .take_while(|pair| pair[1] == 0 && printable(pair[0]))
                .count();
            let end = start + 2 * length;
            at = end.max(at);
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
    })
}
