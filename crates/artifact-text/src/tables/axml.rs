//! Android's binary XML (AOSP, `ResourceTypes.h`): manifests and layouts, written as XML, one element a line.

use crate::Unread;
use crate::fields::{u8_at, u16_le, u32_le};
use crate::tables::Table;
use crate::tables::pool::{Chunk, POOL, Pool};

const RESOURCE_IDS: u16 = 0x0180;
const ELEMENT: u16 = 0x0102;
const TEXT: u16 = 0x0104;
const NONE: u32 = u32::MAX;
/// Types of values.
const REFERENCE: u8 = 0x01;
const STRING: u8 = 0x03;
const DECIMAL: u8 = 0x10;
const HEXADECIMAL: u8 = 0x11;
const BOOLEAN: u8 = 0x12;

/// Names of attributes that tools which make packages smaller leave out; `android.R.attr` has their numbers.
const NAMES: [(u32, &str); 5] = [
    (0x0101_0001, "label"),
    (0x0101_0003, "name"),
    (0x0101_0024, "value"),
    (0x0101_0025, "resource"),
    (0x0101_0018, "authorities"),
];

/// A document in the reading.
struct Document<'b> {
    bytes: &'b [u8],
    pool: Pool,
    written: Vec<bool>,
    ids: Option<Chunk>,
}

/// Reads all elements.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let broken = || Unread::malformed("the chunks of the binary XML are broken");
    let whole = Chunk::read(bytes, 0, bytes.len()).ok_or_else(broken)?;
    if u32_le(bytes, 4).is_some_and(|size| size as usize > bytes.len()) {
        table.note(Unread::Truncated);
    }
    let mut document: Option<Document<'_>> = None;
    let mut at = whole.body;
    while at < whole.end {
        table.step()?;
        let chunk = Chunk::read(bytes, at, whole.end).ok_or_else(broken)?;
        match (chunk.kind, &mut document) {
            (POOL, None) => {
                let pool = Pool::read(bytes, chunk).ok_or_else(broken)?;
                document = Some(Document {
                    bytes,
                    written: vec![false; pool.count() as usize],
                    pool,
                    ids: None,
                });
            }
            (RESOURCE_IDS, Some(document)) => document.ids = Some(chunk),
            (ELEMENT, Some(document)) => document.element(chunk, table)?,
            (TEXT, Some(document)) => document.text(chunk, table)?,
            _ => {}
        }
        at = chunk.end;
    }
    document.ok_or_else(broken)?.others(table)
}

impl Document<'_> {
    fn element(&mut self, chunk: Chunk, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        let bytes = self.bytes;
        let field = |at: usize| u16_le(bytes, chunk.body + at).map(usize::from);
        let (Some(name), Some(start), Some(size), Some(count)) =
            (u32_le(bytes, chunk.body + 4), field(8), field(10), field(12))
        else {
            return Ok(());
        };
        table.lines.word(chunk.at, "<");
        self.string(name, table);
        for index in 0..count {
            table.keep_small()?;
            let at = chunk.body + start + index * size;
            if at >= chunk.end {
                break;
            }
            self.attribute(at, table);
        }
        table.lines.word(chunk.at, ">");
        table.end(chunk.at)
    }

    fn attribute(&mut self, at: usize, table: &mut Table<'_, '_>) {
        let bytes = self.bytes;
        let (Some(name), Some(raw), Some(data)) =
            (u32_le(bytes, at + 4), u32_le(bytes, at + 8), u32_le(bytes, at + 16))
        else {
            return;
        };
        table.lines.word(at, " ");
        if !self.string(name, table)
            && let Some(known) = self.known_name(name)
        {
            table.lines.word(at, known);
        }
        table.lines.word(at, "=\"");
        match u8_at(bytes, at + 15).unwrap_or(0) {
            _ if raw != NONE => {
                self.string(raw, table);
            }
            STRING => {
                self.string(data, table);
            }
            REFERENCE => table.lines.word(at, &format!("@0x{data:08x}")),
            DECIMAL => table.lines.word(at, &(data as i32).to_string()),
            BOOLEAN => table.lines.word(at, if data == 0 { "false" } else { "true" }),
            HEXADECIMAL => table.lines.word(at, &format!("0x{data:x}")),
            _ => {}
        }
        table.lines.word(at, "\"");
    }

    fn text(&mut self, chunk: Chunk, table: &mut Table<'_, '_>) -> Result<(), Unread> {
        if let Some(index) = u32_le(self.bytes, chunk.body) {
            self.string(index, table);
        }
        table.end(chunk.at)
    }

    /// Adds a string of the pool, and says whether there was something to add.
    fn string(&mut self, index: u32, table: &mut Table<'_, '_>) -> bool {
        let string = self.pool.string(self.bytes, index).filter(|string| !string.is_empty());
        if let Some(string) = string {
            self.written[index as usize] = true;
            string.write(self.bytes, &mut table.lines);
        }
        string.is_some()
    }

    fn known_name(&self, index: u32) -> Option<&'static str> {
        let ids = self.ids?;
        let at = (index as usize).checked_mul(4)?.checked_add(ids.body)?;
        let id = u32_le(self.bytes, at).filter(|_| at < ids.end)?;
        NAMES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
    }

    /// The strings that no element has.
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
