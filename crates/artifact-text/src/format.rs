//! What a file is, by its first bytes; by its name only where a format has no mark of its own.

use crate::fields::{u16_le, u32_le};
use crate::zip;

/// What a file is, as far as this crate tells files apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Text in UTF-8 or an encoding that keeps ASCII.
    Text,
    /// Text in UTF-16 with a byte order mark.
    Utf16Text,
    /// Anything else: executables, databases, images. Its printable characters are read.
    Binary,
    /// zip, jar, apk, aab, ipa, wheels, office documents; also at the end of something else.
    Zip,
    /// tar.
    Tar,
    /// ar: Debian packages and static libraries.
    Ar,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// Android's executable.
    Dex,
    /// Android's resource table.
    Resources,
    /// Android's binary XML.
    BinaryXml,
    /// Hermes bytecode of React Native.
    Hermes,
    /// Apple's binary property list.
    BinaryPlist,
    /// A Java class.
    ClassFile,
    /// An executable of Apple's systems, for one or several processors.
    MachO,
    /// An archive that this crate does not open; the word names it.
    UnknownArchive(&'static str),
}

impl Format {
    /// Whether there is nothing to open: the bytes are the text.
    pub fn is_text(self) -> bool {
        self == Self::Text
    }

    /// Whether it is read as it comes, without being held in memory.
    pub(crate) fn streams(self) -> bool {
        matches!(
            self,
            Self::Tar | Self::Ar | Self::Gzip | Self::Zstd | Self::Bzip2 | Self::Xz
        )
    }

    /// Whether it can be read only when all of it is in memory.
    pub(crate) fn needs_whole(self) -> bool {
        matches!(
            self,
            Self::Zip
                | Self::Dex
                | Self::Resources
                | Self::BinaryXml
                | Self::Hermes
                | Self::BinaryPlist
                | Self::ClassFile
                | Self::MachO
        )
    }
}

/// Archives that are named in a notice and not opened: mark, where it stands, name.
const UNKNOWN_ARCHIVES: [(&[u8], usize, &str); 15] = [
    (b"7z\xbc\xaf\x27\x1c", 0, "7z"),
    (b"Rar!\x1a\x07", 0, "rar"),
    (b"MSCF\0\0\0\0", 0, "cab"),
    (b"LZIP", 0, "lzip"),
    (b"\x04\x22\x4d\x18", 0, "lz4"),
    (b"XALZ", 0, "lz4 assembly"),
    (b"\x1f\x9d", 0, "compress"),
    (b"\xed\xab\xee\xdb", 0, "rpm"),
    (b"xar!\0", 0, "xar"),
    (b"hsqs", 0, "squashfs"),
    (b"070701", 0, "cpio"),
    (b"070702", 0, "cpio"),
    (b"ITSF\x03\0\0\0", 0, "chm"),
    (b"CD001", 0x8001, "iso 9660"),
    (b"\x39\xe0\x43\xfc\x3e\xfc\xe6\xe0", 0, "hermes delta"),
];

/// Says what a file is by its first bytes; a few kibibytes are enough, except that a zip at the end of something else is
/// seen only when all bytes are given.
pub fn recognise(bytes: &[u8]) -> Format {
    marked(bytes).unwrap_or_else(|| {
        if zip::stands_at_the_end(bytes) {
            Format::Zip
        } else if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            Format::Utf16Text
        } else if memchr::memchr(0, &bytes[..bytes.len().min(8 << 10)]).is_some() {
            Format::Binary
        } else {
            Format::Text
        }
    })
}

fn marked(bytes: &[u8]) -> Option<Format> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    let word = u32_le(bytes, 0);
    let format = if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08PK\x03\x04") {
        Format::Zip
    } else if starts(b"\x1f\x8b\x08") {
        Format::Gzip
    } else if starts(b"\x28\xb5\x2f\xfd") || word.is_some_and(|word| word & 0xffff_fff0 == 0x184d_2a50) {
        Format::Zstd
    } else if starts(b"BZh") && bytes.get(3).is_some_and(|level| (b'1'..=b'9').contains(level)) {
        Format::Bzip2
    } else if starts(b"\xfd7zXZ\0") {
        Format::Xz
    } else if starts(b"!<arch>\n") || starts(b"!<thin>\n") {
        Format::Ar
    } else if starts(b"dex\n0") || starts(b"cdex0") {
        Format::Dex
    } else if starts(b"bplist0") {
        Format::BinaryPlist
    } else if starts(&[0xc6, 0x1f, 0xbc, 0x03, 0xc1, 0x03, 0x19, 0x1f]) {
        Format::Hermes
    } else if u16_le(bytes, 0) == Some(2) && u16_le(bytes, 2) == Some(12) {
        Format::Resources
    } else if u16_le(bytes, 0) == Some(3) && u16_le(bytes, 2) == Some(8) && u32_le(bytes, 4) > Some(8) {
        Format::BinaryXml
    } else if let Some(format) = apple_or_java(bytes) {
        format
    } else if crate::tar::is_header(bytes) {
        Format::Tar
    } else {
        let known = |(mark, at, _): &&(&[u8], usize, &str)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark));
        return UNKNOWN_ARCHIVES
            .iter()
            .find(known)
            .map(|(_, _, name)| Format::UnknownArchive(name));
    };
    Some(format)
}

/// Mach-O and class files share a mark: what follows is the number of processors, or the version of the class file.
fn apple_or_java(bytes: &[u8]) -> Option<Format> {
    match u32_le(bytes, 0)? {
        0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe | 0xbfba_feca => Some(Format::MachO),
        0xbeba_feca => {
            let next = u32_le(bytes, 4)?.swap_bytes();
            Some(if next < 40 { Format::MachO } else { Format::ClassFile })
        }
        _ => None,
    }
}
