//! A piece of text and where it comes from.

use crate::lines::Segment;

/// What a piece of text was in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Text as it stands, byte for byte. The only kind whose bytes may be other than UTF-8.
    Text,
    /// Text that was in UTF-16.
    Utf16Text,
    /// Runs of printable characters of a binary, in ASCII or UTF-16, a line each.
    BinaryStrings,
    /// The strings of an Android executable (dex), and `field = "value"` for its constants.
    DexStrings,
    /// The strings of Android's resource table (`resources.arsc`), and `name = "value"` for its string resources.
    Resources,
    /// Android's binary XML, written as XML.
    BinaryXml,
    /// The strings of a Hermes bytecode bundle, a line each.
    HermesStrings,
    /// A binary property list, a `key = "value"` a line.
    BinaryPlist,
    /// The strings of a Java class file, and `field = "value"` for its constants.
    ClassStrings,
}

/// A piece of text of one member.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The path inside of the containers: `app.apk!classes.dex`. Control characters and `..` are taken out of the names.
    pub path: &'a str,
    /// What it was in the file.
    pub kind: Kind,
    /// The text. UTF-8, except for [`Kind::Text`].
    pub text: &'a [u8],
    /// The line of the first byte of `text` in its member, counted from 1. `None` where lines mean nothing.
    pub first_line: Option<u64>,
    /// How many of the first bytes of `text` were shown at the end of the part before as well, so that what
    /// stands across the border of two parts is seen whole. What lies within them is known already.
    pub repeated: usize,
    pub(crate) segments: &'a [Segment],
}

impl Part<'_> {
    /// The offset in the member (the bytes before they were made to text) of the byte `at` of [`text`](Self::text).
    ///
    /// Exact where the bytes of the member were valid; text that stands for a broken string points into that string.
    pub fn origin(&self, at: usize) -> u64 {
        let after = self.segments.partition_point(|segment| segment.text <= at);
        match after.checked_sub(1).and_then(|index| self.segments.get(index)) {
            Some(segment) => segment.origin_of(self.text, at),
            None => 0,
        }
    }

    /// The line in the member of the byte `at` of [`text`](Self::text), counted from 1. `None` where lines mean nothing.
    pub fn line(&self, at: usize) -> Option<u64> {
        let before = self.text.get(..at).unwrap_or(self.text);
        Some(self.first_line? + memchr::memchr_iter(b'\n', before).count() as u64)
    }
}
