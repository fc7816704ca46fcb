//! Android's resource table, `resources.arsc` (AOSP, `ResourceTypes.h`): every string resource with its name, then the
//! strings that no resource has. It is the place where keys of services end up that `google-services.json` had.

use crate::Unread;
use crate::fields::{u8_at, u16_le, u32_le};
use crate::tables::Table;
use crate::tables::pool::{Chunk, POOL, Pool};

const PACKAGE: u16 = 0x0200;
const TYPE: u16 = 0x0201;
const STRING_VALUE: u8 = 3;
const NO_ENTRY: u32 = u32::MAX;

/// Flags of a type: how the offsets of its entries are written.
const SPARSE: u8 = 1;
const NARROW: u8 = 2;
/// Flags of an entry.
const COMPLEX: u16 = 1;
const COMPACT: u16 = 8;

/// The name of a resource: a string of its package. It is looked up only to be written, because to find the end of a string can
/// be work, which the table's limit on text bounds.
type Name<'p> = (&'p Pool, u32);

/// The strings of all resources, and which were written already.
struct Values<'b> {
    bytes: &'b [u8],
    pool: Pool,
    written: Vec<bool>,
}

/// Reads all packages.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let broken = || Unread::malformed("the chunks of the resource table are broken");
    let whole = Chunk::read(bytes, 0, bytes.len()).ok_or_else(broken)?;
    if u32_le(bytes, 4).is_some_and(|size| size as usize > bytes.len()) {
        table.note(Unread::Truncated);
    }
    let mut values = None;
    let mut at = whole.body;
    while at < whole.end {
        table.step()?;
        let chunk = Chunk::read(bytes, at, whole.end).ok_or_else(broken)?;
        match (chunk.kind, &mut values) {
            (POOL, None) => {
                let pool = Pool::read(bytes, chunk).ok_or_else(broken)?;
                let written = vec![false; pool.count() as usize];
                values = Some(Values { bytes, pool, written });
            }
            (PACKAGE, Some(values)) => values.package(chunk, table)?.ok_or_else(broken)?,
            _ => {}
        }
        at = chunk.end;
    }
    values.ok_or_else(broken)?.others(table)
}

impl Values<'_> {
    fn package(&mut self, package: Chunk, table: &mut Table<'_, '_>) -> Result<Option<()>, Unread> {
        let bytes = self.bytes;
        let Some(keys) = u32_le(bytes, package.at + 276) else {
            return Ok(None);
        };
        let keys = Chunk::read(bytes, package.at.saturating_add(keys as usize), package.end)
            .filter(|chunk| chunk.kind == POOL)
            .and_then(|chunk| Pool::read(bytes, chunk));
        let mut at = package.body;
        while at < package.end {
            table.step()?;
            let Some(chunk) = Chunk::read(bytes, at, package.end) else {
                return Ok(None);
            };
            if chunk.kind == TYPE && self.resources(chunk, keys.as_ref(), table)?.is_none() {
                return Ok(None);
            }
            at = chunk.end;
        }
        Ok(Some(()))
    }

    /// The resources of one type in one configuration.
    fn resources(
        &mut self,
        chunk: Chunk,
        keys: Option<&Pool>,
        table: &mut Table<'_, '_>,
    ) -> Result<Option<()>, Unread> {
        let bytes = self.bytes;
        let head = (
            u8_at(bytes, chunk.at + 9),
            u32_le(bytes, chunk.at + 12),
            u32_le(bytes, chunk.at + 16),
        );
        let (Some(flags), Some(count), Some(start)) = head else {
            return Ok(None);
        };
        let Some(start) = chunk.at.checked_add(start as usize) else {
            return Ok(None);
        };
        for index in 0..count as usize {
            table.step()?;
            let offset = match flags {
                _ if flags & SPARSE != 0 => {
                    u16_le(bytes, chunk.body + 4 * index + 2).map(|offset| 4 * u32::from(offset))
                }
                _ if flags & NARROW != 0 => u16_le(bytes, chunk.body + 2 * index).map(|offset| {
                    if offset == u16::MAX {
                        NO_ENTRY
                    } else {
                        4 * u32::from(offset)
                    }
                }),
                _ => u32_le(bytes, chunk.body + 4 * index),
            };
            let Some(offset) = offset else { return Ok(None) };
            if offset != NO_ENTRY
                && let Some(at) = start.checked_add(offset as usize)
            {
                self.resource(at, keys, table)?;
            }
        }
        Ok(Some(()))
    }

    fn resource(&mut self, at: usize, keys: Option<&Pool>, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        let bytes = self.bytes;
        let (Some(size), Some(flags)) = (u16_le(bytes, at), u16_le(bytes, at + 2)) else {
            return Ok(());
        };
        let key = if flags & COMPACT != 0 {
            Some(u32::from(size))
        } else {
            u32_le(bytes, at + 4)
        };
        let name = keys.zip(key);
        if flags & COMPACT != 0 {
            return match u32_le(bytes, at + 4) {
                Some(value) if flags >> 8 == u16::from(STRING_VALUE) => self.write(name, value, table),
                _ => Ok(()),
            };
        }
        let value = at + usize::from(size);
        if flags & COMPLEX == 0 {
            return self.value(name, value, table);
        }
        // The values of a plural, an array or a style, each behind its own name.
        for index in 0..u32_le(bytes, at + 12).unwrap_or(0) as usize {
            table.step()?;
            let Some(value) = index.checked_mul(12).and_then(|offset| value.checked_add(offset + 4)) else {
                break;
            };
            if value >= bytes.len() {
                break;
            }
            self.value(name, value, table)?;
        }
        Ok(())
    }

    fn value(&mut self, name: Option<Name<'_>>, at: usize, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        match u32_le(self.bytes, at + 4) {
            Some(value) if u8_at(self.bytes, at + 3) == Some(STRING_VALUE) => self.write(name, value, table),
            _ => Ok(()),
        }
    }

    fn write(&mut self, name: Option<Name<'_>>, value: u32, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        let (Some(string), Some(written)) = (
            self.pool.string(self.bytes, value),
            self.written.get_mut(value as usize),
        ) else {
            return Ok(());
        };
        *written = true;
        let lines = &mut table.lines;
        if let Some(name) = name.and_then(|(keys, key)| keys.string(self.bytes, key)) {
            name.write(self.bytes, lines);
            lines.word(string.at, " = \"");
            string.write(self.bytes, lines);
            lines.word(string.at, "\"");
        } else {
            string.write(self.bytes, lines);
        }
        table.end(string.at)
    }

    /// The strings that no resource has.
    fn others(&self, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        for index in (0..self.pool.count()).filter(|index| !self.written[*index as usize]) {
            table.step()?;
            if let Some(string) = self.pool.string(self.bytes, index).filter(|string| !string.is_empty()) {
                string.write(self.bytes, &mut table.lines);
                table.end(string.at)?;
            }
        }
        Ok(())
    }
}
