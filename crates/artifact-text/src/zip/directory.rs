//! The directory at the end of a zip, in its two widths.

use memchr::memmem;

use super::member::{Facts, name_of};
use crate::Unread;
use crate::fields::{slice, u16_le, u32_le, u64_le};

const END_MARK: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const END64_MARK: &[u8] = b"PK\x06\x06";
const LOCATOR_MARK: &[u8] = b"PK\x06\x07";
const LOCATOR_BYTES: usize = 20;
const ENTRY_MARK: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;
/// The end record with the longest comment that it can have.
const TAIL_BYTES: usize = END_BYTES + 0xffff;

/// Whether the bytes end as a zip does, whatever they begin with.
pub(crate) fn stands_at_the_end(bytes: &[u8]) -> bool {
    Directory::find(bytes).is_some()
}

/// Where the directory is.
pub(super) struct Directory {
    pub(super) start: usize,
    end: usize,
    /// How many bytes stand before the zip: what its offsets do not count.
    before: usize,
    declared: u64,
}

/// A member as the directory lists it.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) facts: Facts,
    pub(super) offset: usize,
}

impl Directory {
    /// The directory that the last end record with a directory points to.
    pub(super) fn find(bytes: &[u8]) -> Option<Self> {
        let tail = bytes.len().saturating_sub(TAIL_BYTES);
        memmem::rfind_iter(&bytes[tail..], END_MARK).find_map(|at| Self::of_end(bytes, tail + at))
    }

    fn of_end(bytes: &[u8], end: usize) -> Option<Self> {
        let record = slice(bytes, end, END_BYTES)?;
        let narrow = (
            end,
            u64::from(u16_le(record, 10)?),
            u64::from(u32_le(record, 12)?),
            u64::from(u32_le(record, 16)?),
        );
        let wide = Self::wide(bytes, end);
        wide.into_iter()
            .chain([narrow])
            .find_map(|(end, declared, size, offset)| Self::of_numbers(bytes, end, declared, size, offset))
    }

    /// The numbers of the zip64 record, which stands before the locator, which stands before the end record.
    fn wide(bytes: &[u8], end: usize) -> Option<(usize, u64, u64, u64)> {
        let locator = end.checked_sub(LOCATOR_BYTES)?;
        if slice(bytes, locator, 4)? != LOCATOR_MARK {
            return None;
        }
        let named = usize::try_from(u64_le(bytes, locator + 8)?).ok();
        let usual = locator.checked_sub(56);
        let at = named
            .into_iter()
            .chain(usual)
            .find(|at| slice(bytes, *at, 4) == Some(END64_MARK) && *at < locator)?;
        Some((
            at,
            u64_le(bytes, at + 32)?,
            u64_le(bytes, at + 40)?,
            u64_le(bytes, at + 48)?,
        ))
    }

    fn of_numbers(bytes: &[u8], end: usize, declared: u64, size: u64, offset: u64) -> Option<Self> {
        let (size, offset) = (usize::try_from(size).ok()?, usize::try_from(offset).ok()?);
        let is_entry = |at: usize| slice(bytes, at, 4) == Some(ENTRY_MARK) && at < end;
        let is_empty = declared == 0 && size == 0 && offset <= end;
        let behind = end.checked_sub(size).filter(|start| is_entry(*start) || is_empty);
        let start = behind.or_else(|| Some(offset).filter(|start| is_entry(*start)))?;
        Some(Self {
            start,
            end,
            before: start.saturating_sub(offset),
            declared,
        })
    }

    /// At most `most` of the members, and why these are not all.
    pub(super) fn entries(&self, bytes: &[u8], most: usize) -> (Vec<Listed>, Option<Unread>) {
        let mut entries = Vec::new();
        let mut at = self.start;
        while at < self.end && entries.len() < most {
            let Some((entry, next)) = self.entry(bytes, at) else {
                break;
            };
            entries.push(entry);
            at = next;
        }
        let unread = if at < self.end && entries.len() == most {
            Some(Unread::EntriesCap)
        } else if (entries.len() as u64) < self.declared {
            Some(Unread::malformed("the directory lists fewer members than it says"))
        } else {
            None
        };
        (entries, unread)
    }

    fn entry(&self, bytes: &[u8], at: usize) -> Option<(Listed, usize)> {
        let head = slice(bytes, at, ENTRY_BYTES)?;
        if !head.starts_with(ENTRY_MARK) {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|field| usize::from(u16_le(head, field).unwrap_or(0)));
        let name_at = at + ENTRY_BYTES;
        let facts = Facts::read(head, 8, slice(bytes, name_at + name, extra)?)?;
        let offset = facts.wide(u32_le(head, 42)?, 2);
        let offset = usize::try_from(offset).ok()?.checked_add(self.before)?;
        let listed = Listed {
            name: name_of(slice(bytes, name_at, name)?),
            facts,
            offset,
        };
        Some((listed, name_at + name + extra + comment))
    }
}
