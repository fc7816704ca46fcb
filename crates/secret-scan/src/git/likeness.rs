//! What two versions of a file have in common, where the repository does not say so: the same beginning, the same end, and the same
//! lines between. It need not be the best answer, only a true one: what is said to be copied is, byte for byte.

use std::collections::HashMap;

use super::delta::Copied;

/// A line that is shorter is too common to go by.
const TELLING: usize = 14;
/// How far to look for a line that both have, nearest first.
const WINDOWS: [usize; 4] = [1 << 10, 8 << 10, 64 << 10, 1 << 20];
/// With more pieces than this it is another text.
const PIECES: usize = 400;
/// A shorter stretch saves nothing.
const WORTH: usize = 64;

/// The stretches of `new` that are in `old`, in the order of both.
pub(super) fn copies(old: &[u8], new: &[u8]) -> Vec<Copied> {
    let mut found = Vec::new();
    let head = same_head(old, new);
    let tail = same_tail(&old[head..], &new[head..]);
    add(&mut found, 0, 0, head);
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let (mut from, mut to) = (head, head);
    while found.len() < PIECES
        && let Some((ahead_old, ahead_new)) = meet(&old[from..old_end], &new[to..new_end])
    {
        let (mut start_old, mut start_new) = (from + ahead_old, to + ahead_new);
        let back = same_tail(&old[from..start_old], &new[to..start_new]);
        start_old -= back;
        start_new -= back;
        let length = same_head(&old[start_old..old_end], &new[start_new..new_end]);
        add(&mut found, start_new, start_old, length);
        from = start_old + length;
        to = start_new + length;
    }
    add(&mut found, new_end, old_end, tail);
    found
}

fn add(found: &mut Vec<Copied>, to: usize, from: usize, length: usize) {
    match found.last_mut() {
        Some(last) if last.to.end == to && last.from + last.to.len() == from => last.to.end = to + length,
        _ if length >= WORTH => found.push(Copied {
            to: to..to + length,
            from,
        }),
        _ => {}
    }
}

/// The nearest line that both have.
fn meet(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    for window in WINDOWS {
        let (near_old, near_new) = (&old[..old.len().min(window)], &new[..new.len().min(window)]);
        let mut places: HashMap<&[u8], usize, foldhash::fast::RandomState> = HashMap::default();
        for (at, line) in lines(near_old) {
            places.entry(line).or_insert(at);
        }
        let met = lines(near_new).find_map(|(at, line)| Some((*places.get(line)?, at)));
        if met.is_some() || (near_old.len() == old.len() && near_new.len() == new.len()) {
            return met;
        }
    }
    None
}

/// Whole lines that are long enough, with where they begin.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut ends = memchr::memchr_iter(b'\n', text);
    let mut start = ends.next().map_or(text.len(), |end| end + 1);
    ends.filter_map(move |end| {
        let (begin, line) = (start, &text[start..end]);
        start = end + 1;
        (line.len() >= TELLING).then_some((begin, line))
    })
}

const STEP: usize = 32;

/// How many bytes both begin with.
pub(super) fn same_head(a: &[u8], b: &[u8]) -> usize {
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    let whole = steps.take_while(|(a, b)| a == b).count() * STEP;
    let rest = a[whole..].iter().zip(&b[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes both end with.
pub(super) fn same_tail(a: &[u8], b: &[u8]) -> usize {
    let steps = a.rchunks_exact(STEP).zip(b.rchunks_exact(STEP));
    let whole = steps.take_while(|(a, b)| a == b).count() * STEP;
    let (a, b) = (&a[..a.len() - whole], &b[..b.len() - whole]);
    let rest = a.iter().rev().zip(b.iter().rev());
    whole + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::copies;

    fn text(lines: &[u8]) -> Vec<u8> {
        let line = |n: &u8| format!("line {n} says something that is long enough\n");
        lines.iter().map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn changed_lines_are_between_what_is_copied() {
        let old = text(&(0..100).collect::<Vec<_>>());
        let mut lines: Vec<u8> = (0..100).collect();
        lines[70] = 200;
        lines.remove(40);
        lines.insert(10, 201);
        let new = text(&lines);
        let copied: usize = copies(&old, &new).iter().map(|copied| copied.to.len()).sum();
        assert!(copied + 200 > new.len(), "{copied} of {}", new.len());
    }

    proptest! {
        #[test]
        fn what_is_said_to_be_copied_is(
            old in prop::collection::vec(0u8..12, 0..60),
            new in prop::collection::vec(0u8..12, 0..60),
            cut in 0usize..40,
        ) {
            let (old, mut new) = (text(&old), text(&new));
            new.truncate(new.len().saturating_sub(cut));
            let (mut at, mut from) = (0, 0);
            for copied in copies(&old, &new) {
                prop_assert!(copied.to.start >= at && copied.from >= from);
                at = copied.to.end;
                from = copied.from + copied.to.len();
                prop_assert_eq!(&new[copied.to.clone()], &old[copied.from..from]);
            }
        }
    }
}
