//! Bytes of a zip that belong to no member of its directory: members that only their own headers tell of, and the rest.

use std::ops::Range;

use memchr::memmem;

use super::member::{DEFLATED, Local, MARK, read as read_member};
use crate::Format;
use crate::open::Opener;
use crate::source::Content;

/// Reads what is in `gap`.
pub(super) fn read(opener: &mut Opener<'_>, bytes: &[u8], gap: Range<usize>) {
    let inside = &bytes[..gap.end];
    let (mut at, mut plain) = (gap.start, gap.start);
    while let Some(found) = memmem::find(&inside[at..], MARK) {
        let start = at + found;
        let Some(local) = Local::at(inside, start).filter(|local| local.facts.is_known_method()) else {
            at = start + MARK.len();
            continue;
        };
        between(opener, bytes, plain..start);
        opener.plain(Format::Binary, local.extra(bytes), local.extra);
        let data = &inside[local.data..];
        let mut facts = local.facts.clone();
        if facts.sizes_follow() && facts.method != DEFLATED {
            facts.packed = end_of_stored(data);
        }
        let used = read_member(opener, &local.name, &facts, data);
        if opener.ended() {
            return;
        }
        at = local.data + used;
        plain = at;
    }
    between(opener, bytes, plain..gap.end);
}

/// What stands before the first member is a file of its own, anything else plain bytes.
fn between(opener: &mut Opener<'_>, bytes: &[u8], range: Range<usize>) {
    let start = range.start;
    let rest = &bytes[range];
    if rest.iter().all(|byte| *byte == 0) {
        return;
    }
    if start == 0 {
        opener.member("(before the archive)", Content::Slice(rest));
    } else {
        opener.plain(Format::Binary, rest, start);
    }
}

/// Where a stored member ends whose size is behind its data: at the record with its size, or at the next header.
fn end_of_stored(data: &[u8]) -> usize {
    memmem::find_iter(data, b"PK")
        .find(|at| {
            let mark = data.get(*at + 2..*at + 4);
            mark == Some(b"\x07\x08") || mark == Some(b"\x03\x04") || mark == Some(b"\x01\x02")
        })
        .unwrap_or(data.len())
}
