//! Apple's binary property lists (CoreFoundation, `CFBinaryPList.c`): a `key = "value"` a line, then what no key has.

use crate::Unread;
use crate::fields::{slice, u8_at};
use crate::tables::Table;

const TRAILER_BYTES: usize = 32;
/// Kinds of objects: the upper half of the first byte.
const DATA: u8 = 4;
const ASCII: u8 = 5;
const UTF16: u8 = 6;
const UTF8: u8 = 7;
const ARRAY: u8 = 10;
const ORDERED_SET: u8 = 11;
const SET: u8 = 12;
const DICTIONARY: u8 = 13;

/// A list in the reading.
struct List<'b> {
    bytes: &'b [u8],
    offsets: usize,
    offset_bytes: usize,
    reference_bytes: usize,
    count: usize,
    written: Vec<bool>,
}

/// An object: its kind, and where its content is: bytes, or references.
struct Object {
    kind: u8,
    at: usize,
    count: usize,
}

/// Reads all keys and values.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let mut list = List::read(bytes).ok_or(Unread::malformed("the trailer of the binary property list is broken"))?;
    for index in 0..list.count {
        table.step()?;
        if let Some(object) = list.object(index).filter(|object| object.kind == DICTIONARY) {
            list.dictionary(&object, table)?;
        }
    }
    for index in 0..list.count {
        table.step()?;
        if !list.written[index] && list.value(index, table) {
            table.end(list.place(index))?;
        }
        let data = list.object(index).filter(|object| object.kind == DATA);
        if let Some(range) = data.map(|object| object.at..object.at.saturating_add(object.count)) {
            table.inner(bytes, range);
        }
    }
    Ok(())
}

impl<'b> List<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let trailer = bytes.len().checked_sub(TRAILER_BYTES)?;
        let size = |at: usize| {
            u8_at(bytes, trailer + at)
                .map(usize::from)
                .filter(|size| (1..=8).contains(size))
        };
        let number = |at: usize| number(bytes, trailer + at, 8).and_then(|number| usize::try_from(number).ok());
        let (offset_bytes, reference_bytes) = (size(6)?, size(7)?);
        let (count, offsets) = (number(8)?, number(24)?);
        slice(bytes, offsets, count.checked_mul(offset_bytes)?)?;
        Some(Self {
            bytes,
            offsets,
            offset_bytes,
            reference_bytes,
            count,
            written: vec![false; count],
        })
    }

    fn place(&self, index: usize) -> usize {
        let entry = index
            .checked_mul(self.offset_bytes)
            .and_then(|at| at.checked_add(self.offsets));
        entry
            .and_then(|at| number(self.bytes, at, self.offset_bytes))
            .and_then(|place| usize::try_from(place).ok())
            .unwrap_or(usize::MAX)
    }

    fn object(&self, index: usize) -> Option<Object> {
        if index >= self.count {
            return None;
        }
        let mut at = self.place(index);
        let mark = u8_at(self.bytes, at)?;
        at += 1;
        let mut count = usize::from(mark & 0x0f);
        if count == 0x0f {
            // The count is a number of its own: 1, 2, 4 or 8 bytes.
            let head = u8_at(self.bytes, at).filter(|head| head >> 4 == 1)?;
            let size = 1usize << (head & 0x0f).min(4);
            count = usize::try_from(number(self.bytes, at + 1, size)?).ok()?;
            at += 1 + size;
        }
        Some(Object {
            kind: mark >> 4,
            at,
            count,
        })
    }

    /// The object that reference `index` of those at `at` names.
    fn reference(&self, at: usize, index: usize) -> Option<usize> {
        let at = index.checked_mul(self.reference_bytes)?.checked_add(at)?;
        usize::try_from(number(self.bytes, at, self.reference_bytes)?).ok()
    }

    fn dictionary(&mut self, object: &Object, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        for pair in 0..object.count {
            table.step()?;
            let key = self.reference(object.at, pair);
            let value = object
                .count
                .checked_add(pair)
                .and_then(|pair| self.reference(object.at, pair));
            let (Some(key), Some(value)) = (key, value) else {
                return Ok(());
            };
            match self.object(value) {
                Some(list) if matches!(list.kind, ARRAY | SET | ORDERED_SET) => {
                    for index in 0..list.count {
                        table.step()?;
                        let Some(value) = self.reference(list.at, index) else {
                            break;
                        };
                        self.pair(key, value, table)?;
                    }
                }
                _ => self.pair(key, value, table)?,
            }
        }
        Ok(())
    }

    fn pair(&mut self, key: usize, value: usize, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        let place = self.place(value);
        let is_string = |object: Option<Object>| object.is_some_and(|object| (ASCII..=UTF8).contains(&object.kind));
        if !is_string(self.object(value)) || !is_string(self.object(key)) {
            return Ok(());
        }
        self.value(key, table);
        table.lines.word(place, " = \"");
        self.value(value, table);
        table.lines.word(place, "\"");
        table.end(place)
    }

    /// Adds a string, and says whether it is one.
    fn value(&mut self, index: usize, table: &mut Table<'_, '_>) -> bool {
        let Some(Object { kind, at, count }) = self.object(index) else {
            return false;
        };
        let size = if kind == UTF16 { count.saturating_mul(2) } else { count };
        let Some(text) = slice(self.bytes, at, size) else {
            return false;
        };
        match kind {
            ASCII | UTF8 => table.lines.utf8(at, text),
            UTF16 => table.lines.utf16_be(at, text),
            _ => return false,
        }
        self.written[index] = true;
        true
    }
}

/// A number of `size` bytes, big-endian. `None` where it does not fit into 64 bits.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    slice(bytes, at, size)?
        .iter()
        .try_fold(0u64, |sum, byte| (sum >> 56 == 0).then(|| sum << 8 | u64::from(*byte)))
}
