//! Hermes bytecode, what React Native makes of JavaScript (facebook/hermes, `BytecodeFileFormat.h`): every string of its table.
//!
//! Strings share bytes and stand without anything between them, so that only the table tells where one begins. The
//! size of what stands before the table changed over the years; the kinds of strings, which must add up to their number,
//! tell which it is. Seen to hold for the versions 74, 84, 89, 96, 98 and 99.

use crate::Unread;
use crate::fields::{slice, u32_le};
use crate::tables::Table;

const HEADER_BYTES: usize = 128;
/// Sizes that the header of a function has had.
const FUNCTION_BYTES: [usize; 2] = [16, 12];
/// The length of a string whose length and place are in the second table.
const OVERFLOW: u32 = 0xff;

/// Where the tables are.
struct Tables<'b> {
    bytes: &'b [u8],
    strings: usize,
    count: usize,
    overflow: usize,
    overflow_count: usize,
    storage: usize,
    storage_bytes: usize,
}

/// Reads all strings.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let version = u32_le(bytes, 8).unwrap_or(0);
    if u32_le(bytes, 32).is_none_or(|length| length as usize > bytes.len()) {
        table.note(Unread::Truncated);
    }
    let tables = FUNCTION_BYTES
        .iter()
        .find_map(|size| Tables::read(bytes, *size))
        .ok_or_else(|| Unread::Unsupported(format!("Hermes bytecode version {version}").into()))?;
    let mut is_sound = true;
    for index in 0..tables.count {
        table.step()?;
        let Some((at, size, is_wide)) = tables.string(index) else {
            is_sound = false;
            continue;
        };
        let text = slice(bytes, at, size).unwrap_or_default();
        if is_wide {
            table.lines.utf16_le(at, text);
        } else {
            // One byte a character: all of them are ASCII.
            table.lines.utf8(at, text);
        }
        table.end(at)?;
    }
    if is_sound {
        Ok(())
    } else {
        Err(Unread::malformed("the string table leads out of the bundle"))
    }
}

impl<'b> Tables<'b> {
    fn read(bytes: &'b [u8], function_bytes: usize) -> Option<Self> {
        let field = |at: usize| u32_le(bytes, at).and_then(|number| usize::try_from(number).ok());
        let [functions, kinds, identifiers] = [field(40)?, field(44)?, field(48)?];
        let [count, overflow_count, storage_bytes] = [field(52)?, field(56)?, field(60)?];
        let mut at = HEADER_BYTES.checked_add(functions.checked_mul(function_bytes)?)?;
        let mut table = |count: usize, size: usize| {
            let start = at;
            let length = count.checked_mul(size)?;
            slice(bytes, start, length)?;
            at = start.checked_add(length)?.checked_next_multiple_of(4)?;
            Some(start)
        };
        let kinds_at = table(kinds, 4)?;
        // The highest bit of a kind says whether its strings are identifiers; the others say how many they are.
        let strings_of = |index: usize| field(kinds_at + 4 * index).map(|kind| kind & 0x7fff_ffff);
        let sum = (0..kinds).try_fold(0usize, |sum, index| sum.checked_add(strings_of(index)?))?;
        if sum != count {
            return None;
        }
        table(identifiers, 4)?;
        Some(Self {
            bytes,
            strings: table(count, 4)?,
            count,
            overflow: table(overflow_count, 8)?,
            overflow_count,
            storage: at,
            storage_bytes,
        })
    }

    /// Where string `index` stands, how many bytes it has, and whether it is in UTF-16.
    fn string(&self, index: usize) -> Option<(usize, usize, bool)> {
        let entry = u32_le(self.bytes, self.strings + 4 * index)?;
        let (mut offset, mut length) = ((entry >> 1 & 0x7f_ffff) as usize, entry >> 24);
        if length == OVERFLOW {
            if offset >= self.overflow_count {
                return None;
            }
            let at = self.overflow + 8 * offset;
            (offset, length) = (u32_le(self.bytes, at)? as usize, u32_le(self.bytes, at + 4)?);
        }
        let is_wide = entry & 1 != 0;
        let size = (length as usize).checked_mul(if is_wide { 2 } else { 1 })?;
        let end = offset.checked_add(size).filter(|end| *end <= self.storage_bytes)?;
        (self.storage + end <= self.bytes.len()).then_some((self.storage + offset, size, is_wide))
    }
}
