//! Android's executable (source.android.com, "Dalvik executable format"): all strings, and which static field has which.

use crate::Unread;
use crate::fields::{slice, u8_at, u32_le};
use crate::tables::Table;

const HEADER_BYTES: usize = 0x70;
/// A value of an array of constants that is a string.
const STRING: u8 = 0x17;
const NO_INDEX: u32 = u32::MAX;

/// One executable; version 41 has several in one file, whose offsets all count from the beginning of the file.
struct Dex<'b> {
    bytes: &'b [u8],
    header: usize,
}

/// Reads all strings.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    if bytes.starts_with(b"cdex") {
        return Err(Unread::unsupported("compact dex"));
    }
    let mut header = 0;
    while header < bytes.len() {
        let dex = Dex { bytes, header };
        let broken = || Unread::malformed("the tables of the dex lead out of it");
        let size = u32_le(bytes, header + 32).filter(|_| slice(bytes, header, HEADER_BYTES).is_some());
        let size = size.ok_or_else(broken)? as usize;
        if !bytes[header..].starts_with(b"dex\n") {
            return Ok(());
        }
        if u32_le(bytes, header + 40) != Some(0x1234_5678) {
            return Err(Unread::unsupported("dex of the other byte order"));
        }
        let strings_are_sound = dex.strings(table)?;
        let constants_are_sound = dex.constants(table)?;
        if !strings_are_sound || !constants_are_sound {
            table.note(broken());
        }
        if size < HEADER_BYTES {
            return Err(broken());
        }
        if header + size > bytes.len() {
            return Err(Unread::Truncated);
        }
        header += size;
    }
    Ok(())
}

impl<'b> Dex<'b> {
    fn word(&self, at: usize) -> Option<u32> {
        u32_le(self.bytes, self.header + at)
    }

    /// The place of item `index` of the table whose size stands at `at`.
    fn item(&self, at: usize, index: u32, size: usize) -> Option<usize> {
        let (count, offset) = (self.word(at)?, self.word(at + 4)?);
        if index >= count {
            return None;
        }
        (index as usize).checked_mul(size)?.checked_add(offset as usize)
    }

    /// String `index`: where its characters are. One without an end ends with the file. What this finds has to be written by
    /// who asks: the table's limit on text is what bounds the search for ends.
    fn string(&self, index: u32) -> Option<(usize, &'b [u8])> {
        let mut at = u32_le(self.bytes, self.item(0x38, index, 4)?)? as usize;
        uleb(self.bytes, &mut at)?;
        let rest = self.bytes.get(at..)?;
        Some((at, &rest[..memchr::memchr(0, rest).unwrap_or(rest.len())]))
    }

    /// Reads all strings that can be read, and says whether these were all.
    fn strings(&self, table: &mut Table<'_, '_>) -> Result<bool, Unread> {
        let mut is_sound = true;
        for index in 0..self.word(0x38).unwrap_or(0) {
            if let Some((at, text)) = self.string(index) {
                table.lines.mutf8(at, text);
                table.end(at)?;
            } else {
                table.step()?;
                is_sound = false;
            }
        }
        Ok(is_sound)
    }

    /// `static final String NAME = "value"`: the values of a class are in the order of its static fields. Says whether all
    /// classes could be read.
    fn constants(&self, table: &mut Table<'_, '_>) -> Result<bool, Unread> {
        let mut is_sound = true;
        for index in 0..self.word(0x60).unwrap_or(0) {
            table.step()?;
            let class = self.item(0x60, index, 32);
            let offsets = class.and_then(|at| Some((u32_le(self.bytes, at + 24)?, u32_le(self.bytes, at + 28)?)));
            is_sound &= match offsets {
                Some((data, values)) if data != 0 && values != 0 => {
                    self.class(table, data as usize, values as usize)?.is_some()
                }
                offsets => offsets.is_some(),
            };
        }
        Ok(is_sound)
    }

    fn class(&self, table: &mut Table<'_, '_>, mut data: usize, mut values: usize) -> Result<Option<()>, Unread> {
        let bytes = self.bytes;
        let Some(fields) = uleb(bytes, &mut data) else {
            return Ok(None);
        };
        for _ in 0..3 {
            uleb(bytes, &mut data);
        }
        let Some(count) = uleb(bytes, &mut values) else {
            return Ok(None);
        };
        let mut field: u32 = 0;
        for _ in 0..fields.min(count) {
            table.step()?;
            let (Some(step), Some(_access)) = (uleb(bytes, &mut data), uleb(bytes, &mut data)) else {
                return Ok(None);
            };
            field = field.wrapping_add(step);
            match value(bytes, &mut values) {
                Some(Some(string)) => self.constant(table, field, string)?,
                Some(None) => {}
                None => return Ok(None),
            }
        }
        Ok(Some(()))
    }

    fn constant(&self, table: &mut Table<'_, '_>, field: u32, string: u32) -> Result<(), Unread> {
        let Some((at, value)) = self.string(string) else {
            return Ok(());
        };
        let name = self
            .item(0x50, field, 8)
            .and_then(|at| self.string(u32_le(self.bytes, at + 4)?));
        if let Some((name_at, name)) = name {
            table.lines.mutf8(name_at, name);
            table.lines.word(at, " = ");
        }
        table.lines.word(at, "\"");
        table.lines.mutf8(at, value);
        table.lines.word(at, "\"");
        table.end(at)
    }
}

/// Passes one constant. `None` where it is broken, or of a kind that static fields do not have; `Some(Some(index))` for a
/// string.
fn value(bytes: &[u8], at: &mut usize) -> Option<Option<u32>> {
    let head = u8_at(bytes, *at)?;
    let (kind, size) = (head & 0x1f, usize::from(head >> 5) + 1);
    let size = match kind {
        0x1e | 0x1f => 0,
        0x1c | 0x1d => return None,
        _ => size,
    };
    let data = slice(bytes, *at + 1, size)?;
    *at += 1 + size;
    let index =
        (kind == STRING && size <= 4).then(|| data.iter().rev().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)));
    Some(index.filter(|index| *index != NO_INDEX))
}

/// A number of seven bits a byte, the lowest first.
fn uleb(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut number = 0;
    for place in 0..5 {
        let byte = u8_at(bytes, *at)?;
        *at += 1;
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
