//! A member of a zip: what is said about it, and its bytes.

use std::io::{self, Read};

use bzip2::bufread::BzDecoder;
use deflate64::Deflate64Decoder;
use lzma_rust2::{LzmaReader, XzReader, lzma_get_memory_usage_by_props};

use super::inflate::Inflate;
use crate::Unread;
use crate::compressed::{kibibytes, zstd};
use crate::fields::{slice, u16_le, u32_le, u64_le};
use crate::meter::{Counted, Meter, Metered};
use crate::open::Opener;
use crate::source::{Content, Stream};

pub(super) const MARK: &[u8] = b"PK\x03\x04";
const HEADER_BYTES: usize = 30;
/// Names are labels; what is longer is cut before it is made to text.
const NAME_BYTES: usize = 1024;

const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// What a header or the directory says about a member.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    flags: u16,
    pub(super) method: u16,
    crc: u32,
    pub(super) packed: usize,
    size: u64,
    wide: [u64; 3],
}

impl Facts {
    /// Reads the fields that header and directory have in common and that stand from `at` on: flags, method, time, check
    /// sum, sizes. `extra` has the sizes and the offset where they do not fit into 32 bits.
    pub(super) fn read(head: &[u8], at: usize, extra: &[u8]) -> Option<Self> {
        let (packed, size) = (u32_le(head, at + 12)?, u32_le(head, at + 16)?);
        let offset = u32_le(head, 42).filter(|_| at == 8);
        let mut facts = Self {
            flags: u16_le(head, at)?,
            method: u16_le(head, at + 2)?,
            crc: u32_le(head, at + 8)?,
            packed: 0,
            size: 0,
            wide: [u64::from(u32::MAX); 3],
        };
        facts.read_wide(extra, [Some(size), Some(packed), offset]);
        facts.size = facts.wide(size, 0);
        facts.packed = usize::try_from(facts.wide(packed, 1)).ok()?;
        Some(facts)
    }

    /// The zip64 field has, in this order, the numbers whose narrow form is all ones.
    fn read_wide(&mut self, extra: &[u8], narrow: [Option<u32>; 3]) {
        let mut at = 0;
        while let (Some(id), Some(length)) = (u16_le(extra, at), u16_le(extra, at + 2)) {
            if id == 1 {
                let field = slice(extra, at + 4, usize::from(length)).unwrap_or_default();
                let wanted = (0..3).filter(|index| narrow[*index] == Some(u32::MAX));
                for (place, index) in wanted.enumerate() {
                    if let Some(number) = u64_le(field, 8 * place) {
                        self.wide[index] = number;
                    }
                }
                return;
            }
            at += 4 + usize::from(length);
        }
    }

    /// The number `index` (size, packed size, offset) whose narrow form is given.
    pub(super) fn wide(&self, narrow: u32, index: usize) -> u64 {
        if narrow == u32::MAX {
            self.wide[index]
        } else {
            u64::from(narrow)
        }
    }

    fn is_encrypted(&self) -> bool {
        self.flags & (1 | 1 << 6 | 1 << 13) != 0 || self.method == 99
    }

    /// Whether the sizes are not here but behind the data.
    pub(super) fn sizes_follow(&self) -> bool {
        self.flags & 1 << 3 != 0 && self.packed == 0
    }

    pub(super) fn is_known_method(&self) -> bool {
        matches!(self.method, 0..=12 | 14 | 16 | 18..=20 | 93..=99)
    }
}

/// The header before a member.
pub(super) struct Local {
    pub(super) offset: usize,
    pub(super) name: String,
    pub(super) facts: Facts,
    /// Where the extra fields begin.
    pub(super) extra: usize,
    /// Where the data begins.
    pub(super) data: usize,
}

impl Local {
    pub(super) fn at(bytes: &[u8], offset: usize) -> Option<Self> {
        let head = slice(bytes, offset, HEADER_BYTES)?;
        if !head.starts_with(MARK) {
            return None;
        }
        let (name, extra) = (usize::from(u16_le(head, 26)?), usize::from(u16_le(head, 28)?));
        let name_at = offset + HEADER_BYTES;
        Some(Self {
            offset,
            name: name_of(slice(bytes, name_at, name)?),
            facts: Facts::read(head, 6, slice(bytes, name_at + name, extra)?)?,
            extra: name_at + name,
            data: name_at + name + extra,
        })
    }

    pub(super) fn extra<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.extra..self.data).unwrap_or_default()
    }
}

pub(super) fn name_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_BYTES)]).into_owned()
}

/// Reads a member and says how many bytes of `data`, which goes on to the next header that is known, belong to it. What
/// turns out to be broken belongs to nobody.
pub(super) fn read(opener: &mut Opener<'_>, name: &str, facts: &Facts, data: &[u8]) -> usize {
    let packed = &data[..facts.packed.min(data.len())];
    if facts.is_encrypted() && !is_plain_after_all(opener.meter, facts, packed) {
        opener.note_member(name, Unread::Encrypted);
        return packed.len();
    }
    // A deflated member says itself where it ends, and may be longer than the sizes say.
    if facts.method != DEFLATED && packed.len() < facts.packed {
        opener.note_member(name, Unread::Truncated);
    }
    if packed.is_empty() && facts.size == 0 && !facts.sizes_follow() {
        return 0;
    }
    match facts.method {
        STORED => opener.member(name, Content::Slice(packed)),
        DEFLATED => return inflated(opener, name, facts, data),
        _ => {
            let meter = opener.meter;
            let (window, _at_work) = meter.window();
            match decoder(meter, facts, packed, window) {
                Ok(decoder) => opener.member(name, Content::Stream(Stream::new(decoder))),
                Err(unread) => {
                    opener.note_member(name, unread);
                    // Android takes what it does not know for stored, and packers of malware make use of that.
                    opener.member(name, Content::Slice(packed));
                }
            }
        }
    }
    packed.len()
}

fn inflated(opener: &mut Opener<'_>, name: &str, facts: &Facts, data: &[u8]) -> usize {
    let meter = opener.meter;
    let (source, taken) = Counted::new(data);
    let mut inflate = Inflate::new(source);
    let metered = Metered::new(meter, &mut inflate, taken.clone());
    opener.member(name, Content::Stream(Stream::new(metered)));
    if !inflate.is_broken() {
        return taken.get() as usize;
    }
    if facts.packed as u64 != facts.size {
        return 0;
    }
    let packed = &data[..facts.packed.min(data.len())];
    opener.member(&format!("{name} (as stored)"), Content::Slice(packed));
    packed.len()
}

/// A decoder of the rarer methods.
fn decoder<'d>(meter: &'d Meter, facts: &Facts, packed: &'d [u8], window: usize) -> Result<Box<dyn Read + 'd>, Unread> {
    let (source, taken) = Counted::new(packed);
    let inner: Box<dyn Read + 'd> = match facts.method {
        DEFLATED => Box::new(Inflate::new(source)),
        9 => Box::new(Deflate64Decoder::with_buffer(source)),
        12 => Box::new(BzDecoder::new(source)),
        14 => {
            let (head, rest) = packed.split_at_checked(9).ok_or(Unread::Truncated)?;
            let (props, dictionary) = (head[4], u32_le(head, 5).unwrap_or(u32::MAX));
            let memory = lzma_get_memory_usage_by_props(dictionary, props)
                .map_err(|_| Unread::malformed("the properties of LZMA are out of range"))?;
            if memory > kibibytes(window) {
                return Err(Unread::MemoryCap);
            }
            let size = if facts.flags & 2 != 0 { u64::MAX } else { facts.size };
            let (source, taken) = Counted::new(rest);
            let lzma =
                LzmaReader::new_with_props(source, size, props, dictionary, None).map_err(|error| meter.why(&error))?;
            return Ok(Box::new(Metered::new(meter, lzma, taken)));
        }
        93 => Box::new(zstd(meter, source, window)),
        95 => Box::new(XzReader::new_mem_limit(source, true, kibibytes(window))),
        method => return Err(Unread::Unsupported(format!("zip method {method}").into())),
    };
    Ok(Box::new(Metered::new(meter, inner, taken)))
}

/// Whether a member that says it is encrypted is not: packers of malware set the flag, which Android does not look at.
fn is_plain_after_all(meter: &Meter, facts: &Facts, packed: &[u8]) -> bool {
    let mut hasher = Crc(crc32fast::Hasher::new());
    let size = match facts.method {
        STORED => io::copy(&mut &*packed, &mut hasher),
        DEFLATED => match decoder(meter, facts, packed, 0) {
            Ok(mut decoder) => io::copy(&mut decoder, &mut hasher),
            Err(_) => return false,
        },
        _ => return false,
    };
    size.is_ok_and(|size| size == facts.size) && !packed.is_empty() && hasher.0.finalize() == facts.crc
}

struct Crc(crc32fast::Hasher);

impl io::Write for Crc {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
