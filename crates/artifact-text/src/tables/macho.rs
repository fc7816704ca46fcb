//! Executables of Apple's systems (`mach-o/loader.h`, `mach-o/fat.h`): their text is found as in every binary; here is only
//! seen whether a part of it is encrypted, as the store does it.

use crate::Unread;
use crate::fields::{slice, u8_at, u32_be, u32_le};
use crate::tables::Table;

const FAT: u32 = 0xcafe_babe;
const FAT_64: u32 = 0xcafe_babf;
/// Load commands that say which bytes are encrypted, for 32 and 64 bits.
const ENCRYPTION_INFO: [u32; 2] = [0x21, 0x2c];

/// Notes encryption. All text is left to the search for printable characters.
pub(super) fn read(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<(), Unread> {
    let broken = || Unread::malformed("the headers of the Mach-O are broken");
    let size = match u32_be(bytes, 0) {
        Some(FAT) => 20,
        Some(FAT_64) => 32,
        _ => return image(bytes, table)?.ok_or_else(broken),
    };
    let count = u32_be(bytes, 4).ok_or_else(broken)?;
    for index in 0..count as usize {
        table.step()?;
        let entry = slice(bytes, 8 + index * size, size).ok_or_else(broken)?;
        let offset = if size == 32 {
            u32_be(entry, 12)
        } else {
            u32_be(entry, 8)
        };
        let inner = offset
            .and_then(|offset| bytes.get(offset as usize..))
            .ok_or_else(broken)?;
        image(inner, table)?.ok_or_else(broken)?;
    }
    Ok(())
}

/// One executable: for one processor.
fn image(bytes: &[u8], table: &mut Table<'_, '_>) -> Result<Option<()>, Unread> {
    let is_little = matches!(u8_at(bytes, 0), Some(0xce | 0xcf));
    let word = |at: usize| {
        if is_little {
            u32_le(bytes, at)
        } else {
            u32_be(bytes, at)
        }
    };
    let header = match word(0) {
        Some(0xfeed_face) => 28,
        Some(0xfeed_facf) => 32,
        // Static libraries stand in fat files too.
        _ => return Ok(Some(())),
    };
    let Some(count) = word(16) else { return Ok(None) };
    let mut at: usize = header;
    for _ in 0..count {
        table.step()?;
        let (Some(command), Some(size)) = (word(at), word(at + 4)) else {
            return Ok(None);
        };
        if ENCRYPTION_INFO.contains(&command) && word(at + 16).is_some_and(|id| id != 0) {
            table.note(Unread::Encrypted);
        }
        if size < 8 {
            return Ok(None);
        }
        at = at.saturating_add(size as usize);
    }
    Ok(Some(()))
}
