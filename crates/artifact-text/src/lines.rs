//! Text made of strings, with the way back: for every byte of the text, where it stood in the member.

use std::ops::Range;

/// How characters of the text advance through the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Byte for byte.
    Byte,
    /// Two bytes for each unit of UTF-16.
    Utf16,
    /// Java's modified UTF-8: two bytes for NUL, six for what is beyond the basic plane.
    Mutf8,
    /// Words of ours: all of them stand for the same place.
    Fixed,
}

/// From `text` on (until the next segment) the text stands for the member from `origin` on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) text: usize,
    pub(crate) origin: u64,
    pub(crate) unit: Unit,
}

impl Segment {
    /// The offset in the member of the byte `at` of `text`, which is in this segment.
    pub(crate) fn origin_of(&self, text: &[u8], at: usize) -> u64 {
        let within = text.get(self.text..at).unwrap_or_default();
        let step = |size: fn(char) -> usize| -> u64 {
            let text = String::from_utf8_lossy(within);
            text.chars().map(|char| size(char) as u64).sum()
        };
        self.origin
            + match self.unit {
                Unit::Byte => within.len() as u64,
                Unit::Utf16 => step(|char| 2 * char.len_utf16()),
                Unit::Mutf8 => step(|char| match char {
                    '\0' => 2,
                    char if char.len_utf8() == 4 => 6,
                    char => char.len_utf8(),
                }),
                Unit::Fixed => 0,
            }
    }
}

/// Text in the making.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: Vec<u8>,
    segments: Vec<Segment>,
    covered: Vec<Range<usize>>,
}

impl Lines {
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Forgets the text, but not which bytes of the member were shown.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.segments.clear();
    }

    /// The bytes of the member of which text was made: sorted, without overlaps.
    pub(crate) fn take_covered(&mut self) -> Vec<Range<usize>> {
        let mut ranges = std::mem::take(&mut self.covered);
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, kept| {
            let joins = next.start <= kept.end;
            if joins {
                kept.end = kept.end.max(next.end);
            }
            joins
        });
        ranges
    }

    fn segment(&mut self, origin: usize, unit: Unit) {
        self.segments.push(Segment {
            text: self.text.len(),
            origin: origin as u64,
            unit,
        });
    }

    /// Takes bytes of the member for shown.
    pub(crate) fn cover(&mut self, from: usize, length: usize) {
        let end = from.saturating_add(length);
        match self.covered.last_mut() {
            // Tables are in order most of the time, with a few bytes of lengths between their strings.
            Some(last) if last.end <= from && from - last.end <= 4 => last.end = end,
            _ => self.covered.push(from..end),
        }
    }

    /// Words of ours about what stands at `origin`.
    pub(crate) fn word(&mut self, origin: usize, word: &str) {
        self.segment(origin, Unit::Fixed);
        self.text.extend_from_slice(word.as_bytes());
    }

    /// Bytes that should be UTF-8.
    pub(crate) fn utf8(&mut self, origin: usize, bytes: &[u8]) {
        self.cover(origin, bytes.len());
        let mut at = origin;
        for chunk in bytes.utf8_chunks() {
            self.segment(at, Unit::Byte);
            self.text.extend_from_slice(chunk.valid().as_bytes());
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                self.word(at, "\u{fffd}");
                at += chunk.invalid().len();
            }
        }
    }

    /// UTF-16, little-endian. A byte left over at the end is ignored.
    pub(crate) fn utf16_le(&mut self, origin: usize, bytes: &[u8]) {
        self.utf16(origin, bytes, u16::from_le_bytes);
    }

    /// UTF-16, big-endian. A byte left over at the end is ignored.
    pub(crate) fn utf16_be(&mut self, origin: usize, bytes: &[u8]) {
        self.utf16(origin, bytes, u16::from_be_bytes);
    }

    fn utf16(&mut self, origin: usize, bytes: &[u8], unit: fn([u8; 2]) -> u16) {
        self.cover(origin, bytes.len());
        self.segment(origin, Unit::Utf16);
        let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
        self.chars(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    /// Java's modified UTF-8 (JVM specification 4.4.7): NUL in two bytes, surrogates in three each.
    pub(crate) fn mutf8(&mut self, origin: usize, bytes: &[u8]) {
        if bytes.is_ascii() {
            return self.utf8(origin, bytes);
        }
        self.cover(origin, bytes.len());
        self.segment(origin, Unit::Mutf8);
        self.chars(char::decode_utf16(Mutf8Units { bytes }).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    fn chars(&mut self, chars: impl Iterator<Item = char>) {
        let mut buffer = [0; 4];
        for char in chars {
            self.text.extend_from_slice(char.encode_utf8(&mut buffer).as_bytes());
        }
    }

    /// Ends a line.
    pub(crate) fn end(&mut self, origin: usize) {
        self.word(origin, "\n");
    }
}

/// The units of UTF-16 that modified UTF-8 stands for; a broken sequence is one replacement character a byte.
struct Mutf8Units<'a> {
    bytes: &'a [u8],
}

impl Iterator for Mutf8Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let low = |byte: u8| (byte & 0xc0 == 0x80).then_some(u16::from(byte & 0x3f));
        let (unit, length) = match *self.bytes {
            [] => return None,
            [a, ..] if a < 0x80 => (Some(u16::from(a)), 1),
            [a, b, ..] if a & 0xe0 == 0xc0 => (low(b).map(|b| u16::from(a & 0x1f) << 6 | b), 2),
            [a, b, c, ..] if a & 0xf0 == 0xe0 => {
                let rest = low(b).zip(low(c)).map(|(b, c)| b << 6 | c);
                (rest.map(|rest| u16::from(a & 0x0f) << 12 | rest), 3)
            }
            _ => (None, 1),
        };
        let length = if unit.is_some() { length } else { 1 };
        self.bytes = self.bytes.get(length..).unwrap_or_default();
        Some(unit.unwrap_or(0xfffd))
    }
}
