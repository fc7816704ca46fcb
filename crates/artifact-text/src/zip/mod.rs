//! zip (PKWARE APPNOTE 6.3.10), read from both of its ends.
//!
//! A zip says twice what is in it: in a directory at its end and in a header before each member. Readers believe one or
//! the other, so that what one of them sees must not be missed here: listed members are read, then all bytes that belong to
//! none of them are searched for headers of members that are not listed, and what is left after that is read as plain
//! bytes. The directory itself is among these, so that comments and extra fields are seen as well.

mod directory;
mod inflate;
mod member;
mod unlisted;

use std::collections::HashSet;
use std::ops::Range;

pub(crate) use directory::stands_at_the_end;

use crate::open::Opener;
use crate::{Format, Unread};
use directory::{Directory, Listed};
use member::Local;

/// Reads all members, listed or not.
pub(crate) fn read(opener: &mut Opener<'_>, bytes: &[u8]) {
    let mut taken = Vec::new();
    match Directory::find(bytes) {
        Some(directory) => listed(opener, bytes, &directory, &mut taken),
        None => opener.note(Unread::Truncated),
    }
    for gap in gaps(taken, bytes.len()) {
        if opener.ended() {
            return;
        }
        unlisted::read(opener, bytes, gap);
    }
}

/// Reads the members of the directory and notes which bytes belong to them.
fn listed(opener: &mut Opener<'_>, bytes: &[u8], directory: &Directory, taken: &mut Vec<Range<usize>>) {
    let most = usize::try_from(opener.meter.limits.max_entries).unwrap_or(usize::MAX);
    let (entries, unread) = directory.entries(bytes, most);
    if let Some(unread) = unread {
        opener.note(unread);
    }
    let mut starts: Vec<usize> = entries.iter().map(|entry| entry.offset).collect();
    starts.push(directory.start);
    starts.sort_unstable();
    let inside = insides(bytes, &entries);
    let mut seen = HashSet::new();
    for entry in &entries {
        if opener.ended() {
            return;
        }
        // Several names for the same bytes: once is enough.
        if !seen.insert(entry.offset) {
            continue;
        }
        let Some(local) = Local::at(bytes, entry.offset) else {
            opener.note_member(
                &entry.name,
                Unread::malformed("no header where the directory says it is"),
            );
            continue;
        };
        if inside.contains(&entry.offset) {
            opener.note_member(&entry.name, Unread::malformed("it overlaps another member"));
            continue;
        }
        let next = starts[starts.partition_point(|start| *start < local.data)..].first();
        let end = next.map_or(bytes.len(), |next| bytes.len().min(*next));
        taken.push(read_listed(opener, bytes, entry, &local, end));
    }
}

/// Reads a member as the directory describes it, and as its own header does where that is something else. `end` is where
/// the next begins.
fn read_listed(opener: &mut Opener<'_>, bytes: &[u8], entry: &Listed, local: &Local, end: usize) -> Range<usize> {
    let data = &bytes[local.data..end.max(local.data)];
    let name = match &local.name {
        name if *name == entry.name => entry.name.clone(),
        name => format!("{} ({name} in its header)", entry.name),
    };
    opener.plain(Format::Binary, local.extra(bytes), local.extra);
    let mut used = member::read(opener, &name, &entry.facts, data);
    if local.facts.method != entry.facts.method {
        let why = "the directory and the header of the member name different methods";
        opener.note_member(&name, Unread::malformed(why));
        used = used.max(member::read(opener, &name, &local.facts, data));
    }
    local.offset..local.data + used
}

/// The members that begin inside of another one: zip bombs are made of them.
fn insides(bytes: &[u8], entries: &[Listed]) -> HashSet<usize> {
    let mut ranges: Vec<Range<usize>> = entries
        .iter()
        .filter_map(|entry| {
            let local = Local::at(bytes, entry.offset)?;
            Some(entry.offset..local.data.saturating_add(entry.facts.packed))
        })
        .collect();
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut end = 0;
    let mut last = None;
    let mut inside = HashSet::new();
    for range in ranges {
        if range.start < end && last != Some(range.start) {
            inside.insert(range.start);
        } else {
            last = Some(range.start);
            end = end.max(range.end);
        }
    }
    inside
}

/// What is in none of the ranges.
fn gaps(mut taken: Vec<Range<usize>>, length: usize) -> Vec<Range<usize>> {
    taken.sort_unstable_by_key(|range| range.start);
    let mut gaps = Vec::new();
    let mut end = 0;
    for range in taken {
        if range.start > end {
            gaps.push(end..range.start);
        }
        end = end.max(range.end);
    }
    if end < length {
        gaps.push(end..length);
    }
    gaps
}
