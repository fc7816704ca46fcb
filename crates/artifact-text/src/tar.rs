//! tar: ustar (POSIX 1003.1), pax and GNU headers, read as they come.
//!
//! Every entry with bytes is read whatever its type says, zeros between entries end nothing, and what is no header is read as
//! plain bytes: other readers disagree about all three, and what one of them sees must not be missed here.

use std::io::Read;

use crate::Format;
use crate::Unread;
use crate::open::Opener;
use crate::source::Content;

const BLOCK: usize = 512;
/// The longest name or pax header that is read; longer ones are members as any other.
const MAX_HEADER_BYTES: u64 = 1 << 20;
/// What pax headers say about nearly every file.
const USUAL_RECORDS: [&[u8]; 10] = [
    b"path",
    b"linkpath",
    b"size",
    b"mtime",
    b"atime",
    b"ctime",
    b"uid",
    b"gid",
    b"uname",
    b"gname",
];

/// Whether these bytes begin with a header: the sum of its bytes is in it.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    let Some(block) = bytes.first_chunk::<BLOCK>() else {
        return false;
    };
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let field: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
    block[0] != 0 && octal(&block[148..156]) == Some(sum - field + 8 * u64::from(b' '))
}

/// What headers before an entry say about it.
#[derive(Default)]
struct Ahead {
    name: Option<String>,
    size: Option<u64>,
}

/// Reads all entries.
pub(crate) fn read(opener: &mut Opener<'_>, mut content: Content<'_>) {
    let mut ahead = Ahead::default();
    let mut block = [0; BLOCK];
    while !opener.ended() {
        match content.read_block(&mut block) {
            Ok(0) => return,
            Ok(BLOCK) => {}
            Ok(_) if block.iter().all(|byte| *byte == 0) => return,
            Ok(size) => {
                opener.plain(Format::Binary, &block[..size], 0);
                return opener.note(Unread::Truncated);
            }
            Err(error) => return opener.note(opener.meter.why(&error)),
        }
        if block.iter().all(|byte| *byte == 0) {
            continue;
        }
        if !is_header(&block) {
            opener.note(Unread::malformed("no tar header where one has to be"));
            return opener.stream(Format::Binary, block.as_slice().chain(content.into_stream()));
        }
        if let Err(unread) = entry(opener, &mut content, &block, &mut ahead) {
            return opener.note(unread);
        }
    }
}

fn entry(
    opener: &mut Opener<'_>,
    content: &mut Content<'_>,
    block: &[u8; BLOCK],
    ahead: &mut Ahead,
) -> Result<(), Unread> {
    let said = number(&block[124..136]).ok_or(Unread::malformed("the size of a tar entry is no number"))?;
    let kind = block[156];
    let is_header = matches!(kind, b'L' | b'K' | b'x' | b'g' | b'X') && said <= MAX_HEADER_BYTES;
    let size = if is_header {
        said
    } else {
        ahead.size.take().unwrap_or(said)
    };
    let read = if is_header {
        header(opener, content, kind, size, ahead)
    } else {
        let name = ahead.name.take().unwrap_or_else(|| name_of(block));
        if kind == b'S' && block[482] != 0 {
            skip_sparse_map(content)?;
        }
        content.with_next(size, |bytes| {
            if size > 0 {
                opener.member(&name, bytes);
            }
        })
    };
    read.map_err(|error| opener.meter.why(&error))?;
    let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    // The padding of the last entry is often left out.
    let _ = content.with_next(padding, |_| {});
    Ok(())
}

/// An entry that says something about the next.
fn header(
    opener: &mut Opener<'_>,
    content: &mut Content<'_>,
    kind: u8,
    size: u64,
    ahead: &mut Ahead,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut failed = Ok(0);
    let whole = content.with_next(size, |next| failed = next.into_stream().read_to_end(&mut bytes));
    match kind {
        b'L' => {
            let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
            ahead.name = Some(String::from_utf8_lossy(name).into_owned());
        }
        b'K' => {}
        _ => {
            if pax(&bytes, ahead) {
                opener.member("(pax header)", Content::Slice(&bytes));
            }
        }
    }
    failed.and(whole)
}

/// Reads the records `LENGTH KEY=VALUE\n`, and says whether there are unusual ones.
fn pax(mut bytes: &[u8], ahead: &mut Ahead) -> bool {
    let mut unusual = false;
    while !bytes.is_empty() {
        let Some((key, value, rest)) = record(bytes) else {
            return true;
        };
        match key {
            b"path" | b"GNU.sparse.name" => ahead.name = Some(String::from_utf8_lossy(value).into_owned()),
            b"size" => ahead.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
            _ => {}
        }
        unusual |= !USUAL_RECORDS.contains(&key) && !key.starts_with(b"GNU.sparse");
        bytes = rest;
    }
    unusual
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let text = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', text)?;
    Some((&text[..equals], &text[equals + 1..], rest))
}

/// The further blocks of a GNU sparse header; the data behind them is what the file has without its holes.
fn skip_sparse_map(content: &mut Content<'_>) -> Result<(), Unread> {
    let mut block = [0; BLOCK];
    loop {
        match content.read_block(&mut block) {
            Ok(BLOCK) if block[504] != 0 => {}
            Ok(BLOCK) => return Ok(()),
            _ => return Err(Unread::Truncated),
        }
    }
}

fn name_of(block: &[u8; BLOCK]) -> String {
    let text = |field: &[u8]| {
        let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    };
    let name = text(&block[..100]);
    // GNU tar keeps other things where POSIX has the prefix, and has a space behind the mark.
    if &block[257..263] == b"ustar\0" && block[345] != 0 {
        format!("{}/{name}", text(&block[345..500]))
    } else {
        name
    }
}

/// Octal, or GNU's binary form. `None` for what is neither, and for less than zero.
fn number(field: &[u8]) -> Option<u64> {
    match field.first()? {
        0x80 => field[1..]
            .iter()
            .try_fold(0u64, |sum, byte| sum.checked_mul(256).map(|sum| sum + u64::from(*byte))),
        first if first & 0x80 != 0 => None,
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    if text.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(text, 8).ok()
}
