//! Java class files (JVM specification, chapter 4): the strings of the constant pool, and which field has which.

use crate::Unread;
use crate::fields::{slice, u8_at, u16_be, u32_be};
use crate::tables::Table;

const UTF8: u8 = 1;
const STRING: u8 = 8;

/// Where the entries of the constant pool are: the offset of the tag, by index.
struct Pool {
    entries: Vec<usize>,
    end: usize,
}

impl Pool {
    fn read(bytes: &[u8]) -> Option<Self> {
        let count = usize::from(u16_be(bytes, 8)?);
        let mut entries = vec![0];
        let mut at = 10;
        while entries.len() < count {
            entries.push(at);
            let size = match u8_at(bytes, at)? {
                UTF8 => 3 + usize::from(u16_be(bytes, at + 1)?),
                7 | STRING | 16 | 19 | 20 => 3,
                15 => 4,
                3 | 4 | 9..=12 | 17 | 18 => 5,
                5 | 6 => {
                    // Long and double take two places.
                    entries.push(0);
                    9
                }
                _ => return None,
            };
            slice(bytes, at, size)?;
            at += size;
        }
        Some(Self { entries, end: at })
    }

    fn entry(&self, bytes: &[u8], index: u16, tag: u8) -> Option<usize> {
        let at = *self.entries.get(usize::from(index)).filter(|at| **at > 0)?;
        (u8_at(bytes, at)? == tag).then_some(at + 1)
    }

    /// Where the text `index` is, and its bytes.
    fn text<'b>(&self, bytes: &'b [u8], index: u16) -> Option<(usize, &'b [u8])> {
        let at = self.entry(bytes, index, UTF8)?;
        Some((at + 2, slice(bytes, at + 2, usize::from(u16_be(bytes, at)?))?))
    }
}

/// Reads all strings.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let pool = Pool::read(bytes).ok_or(Unread::malformed("the constant pool of the class is broken"))?;
    for index in 0..pool.entries.len() {
        if let Some((at, text)) = pool.text(bytes, index as u16) {
            table.lines.mutf8(at, text);
            table.end(at)?;
        }
    }
    members(bytes, &pool, table)?.ok_or(Unread::malformed("the fields and methods of the class are broken"))
}

/// Reads which constant a field has. Methods and attributes are passed, to see whether the file is whole.
fn members(bytes: &[u8], pool: &Pool, table: &mut Table<'_, '_>) -> Result<Option<()>, Unread> {
    let Some(interfaces) = u16_be(bytes, pool.end + 6) else {
        return Ok(None);
    };
    let mut at = pool.end + 8 + 2 * usize::from(interfaces);
    // Fields and methods look the same; methods have no constants.
    for _ in 0..2 {
        let Some(count) = u16_be(bytes, at) else {
            return Ok(None);
        };
        at += 2;
        for _ in 0..count {
            let Some(name) = u16_be(bytes, at + 2) else {
                return Ok(None);
            };
            match attributes(bytes, pool, table, at + 6, Some(name))? {
                Some(end) => at = end,
                None => return Ok(None),
            }
        }
    }
    let end = attributes(bytes, pool, table, at, None)?;
    Ok(end.filter(|end| *end <= bytes.len()).map(|_| ()))
}

/// Passes the attributes whose number stands at `at`, of the field `name`, and says where they end.
fn attributes(
    bytes: &[u8],
    pool: &Pool,
    table: &mut Table<'_, '_>,
    mut at: usize,
    name: Option<u16>,
) -> Result<Option<usize>, Unread> {
    let Some(count) = u16_be(bytes, at) else {
        return Ok(None);
    };
    at += 2;
    for _ in 0..count {
        table.step()?;
        let (Some(kind), Some(length)) = (u16_be(bytes, at), u32_be(bytes, at + 2)) else {
            return Ok(None);
        };
        if let Some(name) = name
            && pool.text(bytes, kind).is_some_and(|(_, kind)| kind == b"ConstantValue")
        {
            constant(bytes, pool, table, name, at + 6)?;
        }
        at += 6 + length as usize;
    }
    Ok(Some(at))
}

fn constant(bytes: &[u8], pool: &Pool, table: &mut Table<'_, '_>, name: u16, at: usize) -> Result<(), Unread> {
    let value = u16_be(bytes, at)
        .and_then(|index| pool.entry(bytes, index, STRING))
        .and_then(|string| pool.text(bytes, u16_be(bytes, string)?));
    if let (Some(name), Some((at, value))) = (pool.text(bytes, name), value) {
        table.lines.mutf8(name.0, name.1);
        table.lines.word(at, " = \"");
        table.lines.mutf8(at, value);
        table.lines.word(at, "\"");
        table.end(at)?;
    }
    Ok(())
}
