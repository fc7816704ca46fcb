//! The string pools of Android's resource table and binary XML (AOSP, `ResourceTypes.h`), in UTF-8 or UTF-16.

use crate::fields::{slice, u8_at, u16_le, u32_le};
use crate::lines::Lines;

/// The type of the chunk.
pub(super) const POOL: u16 = 0x0001;
const IS_UTF8: u32 = 1 << 8;

/// A chunk: all of Android's formats are made of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) kind: u16,
    pub(super) at: usize,
    /// Where what is behind its header begins.
    pub(super) body: usize,
    pub(super) end: usize,
}

impl Chunk {
    /// The chunk at `at`. One that says it is longer than what it is in ends with it.
    pub(super) fn read(bytes: &[u8], at: usize, end: usize) -> Option<Self> {
        let end = end.min(bytes.len());
        let (kind, head, size) = (u16_le(bytes, at)?, u16_le(bytes, at + 2)?, u32_le(bytes, at + 4)?);
        if head < 8 || size < u32::from(head) {
            return None;
        }
        Some(Self {
            kind,
            at,
            body: at.checked_add(usize::from(head)).filter(|body| *body <= end)?,
            end: at.saturating_add(size as usize).min(end),
        })
    }
}

/// A pool of strings.
pub(super) struct Pool {
    chunk: Chunk,
    count: u32,
    strings: usize,
    is_utf8: bool,
}

impl Pool {
    pub(super) fn read(bytes: &[u8], chunk: Chunk) -> Option<Self> {
        let field = |at: usize| u32_le(bytes, chunk.at + at);
        let room = (chunk.end - chunk.body) / 4;
        Some(Self {
            count: field(8)?.min(room as u32),
            strings: chunk.at.checked_add(field(20)? as usize)?,
            is_utf8: field(16)? & IS_UTF8 != 0,
            chunk,
        })
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Where string `index` is.
    pub(super) fn string(&self, bytes: &[u8], index: u32) -> Option<PoolString> {
        if index >= self.count {
            return None;
        }
        let offset = u32_le(bytes, self.chunk.body + 4 * index as usize)?;
        let at = self.strings.checked_add(offset as usize)?;
        if self.is_utf8 {
            let (at, _units) = length_of_utf8(bytes, at)?;
            let (at, length) = length_of_utf8(bytes, at)?;
            let length = to_zero(bytes, at, length, |bytes, at| u8_at(bytes, at) == Some(0), 1)?;
            Some(PoolString {
                at,
                length,
                is_utf8: true,
            })
        } else {
            let (at, units) = length_of_utf16(bytes, at)?;
            let length = to_zero(bytes, at, 2 * units, |bytes, at| u16_le(bytes, at) == Some(0), 2)?;
            Some(PoolString {
                at,
                length,
                is_utf8: false,
            })
        }
    }
}

/// A string of a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct PoolString {
    pub(super) at: usize,
    length: usize,
    is_utf8: bool,
}

impl PoolString {
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds it to the line.
    pub(super) fn write(&self, bytes: &[u8], lines: &mut Lines) {
        let text = slice(bytes, self.at, self.length).unwrap_or_default();
        if self.is_utf8 {
            lines.utf8(self.at, text);
        } else {
            lines.utf16_le(self.at, text);
        }
    }
}

/// One byte, or two with the high bit set in the first.
fn length_of_utf8(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(u8_at(bytes, at)?);
    if first & 0x80 == 0 {
        return Some((at + 1, first));
    }
    Some((at + 2, (first & 0x7f) << 8 | usize::from(u8_at(bytes, at + 1)?)))
}

/// Two bytes, or four with the high bit set in the first pair.
fn length_of_utf16(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(u16_le(bytes, at)?);
    if first & 0x8000 == 0 {
        return Some((at + 2, first));
    }
    Some((at + 4, (first & 0x7fff) << 16 | usize::from(u16_le(bytes, at + 2)?)))
}

/// The length as said, or up to the next zero where none stands there: the length has too few bits for long strings, and
/// aapt cuts it.
fn to_zero(bytes: &[u8], at: usize, said: usize, is_zero: fn(&[u8], usize) -> bool, unit: usize) -> Option<usize> {
    let mut length = said;
    if at.checked_add(length)? > bytes.len() {
        length = 0;
    }
    while at + length + unit <= bytes.len() && !is_zero(bytes, at + length) {
        length += unit;
    }
    Some(length)
}
