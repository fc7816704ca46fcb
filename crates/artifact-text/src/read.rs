//! From what a member is to who reads it.

use std::io::Read;

use crate::format::recognise;
use crate::lines::Lines;
use crate::open::Opener;
use crate::source::{Content, Stream};
use crate::windows::{Cut, Window, over_slice, over_stream};
use crate::{Format, Kind, Unread, ar, compressed, runs, tables, tar, zip};

/// How many bytes of text are looked at whole, so that an archive at their end is seen.
const TEXT_HELD_BYTES: usize = 4 << 20;

impl Opener<'_> {
    /// Reads what is at the current path.
    pub(crate) fn content(&mut self, content: Content<'_>) {
        match content {
            Content::Slice(bytes) => self.slice(bytes),
            Content::Stream(stream) => {
                let format = recognise(stream.ahead());
                if format.streams() {
                    self.container(format, Content::Stream(stream));
                } else {
                    self.hold(format, stream);
                }
            }
        }
    }

    fn slice(&mut self, bytes: &[u8]) {
        match recognise(bytes) {
            format if format.streams() => self.container(format, Content::Slice(bytes)),
            Format::Zip => {
                if !self.deeper(|opener| zip::read(opener, bytes)) {
                    self.plain(Format::Binary, bytes, 0);
                }
            }
            format => {
                if let Format::UnknownArchive(name) = format {
                    self.note(Unread::unsupported(name));
                }
                if !tables::read(self, format, bytes) {
                    self.plain(format, bytes, 0);
                }
            }
        }
    }

    /// Opens a container that is read as it comes.
    fn container(&mut self, format: Format, content: Content<'_>) {
        let mut content = Some(content);
        self.deeper(|opener| {
            let Some(content) = content.take() else { return };
            match format {
                Format::Tar => tar::read(opener, content),
                Format::Ar => ar::read(opener, content),
                _ => compressed::read(opener, format, content),
            }
        });
        // Not opened for its depth: what it stores uncompressed can still be seen.
        match content {
            Some(Content::Slice(bytes)) => self.plain(Format::Binary, bytes, 0),
            Some(Content::Stream(stream)) => self.stream(Format::Binary, stream),
            None => {}
        }
    }

    /// Takes a stream into memory as far as the limits allow, because most formats need that; what is larger is read in
    /// windows.
    fn hold(&mut self, format: Format, mut stream: Stream<'_>) {
        let most = self.meter.may_hold();
        let most = if format.is_text() {
            most.min(TEXT_HELD_BYTES)
        } else {
            most
        };
        let mut bytes = Vec::new();
        match (&mut stream).take(most as u64).read_to_end(&mut bytes) {
            Ok(size) if size < most => {
                let meter = self.meter;
                let held = meter.hold(size);
                self.slice(&bytes);
                drop(held);
            }
            Ok(_) => {
                if format.needs_whole() {
                    self.note(Unread::MemoryCap);
                }
                let meter = self.meter;
                let held = meter.hold(bytes.len());
                self.stream(format, bytes.as_slice().chain(stream));
                drop(held);
            }
            Err(error) => {
                self.note(self.meter.why(&error));
                let meter = self.meter;
                let held = meter.hold(bytes.len());
                self.slice(&bytes);
                drop(held);
            }
        }
    }

    /// Text as it is, or the printable characters of anything else. `at` is where the bytes stand in the member.
    pub(crate) fn plain(&mut self, format: Format, bytes: &[u8], at: usize) {
        let mut plain = Plain::new(format);
        over_slice(bytes, at, plain.cut(), |window| plain.show(self, window));
    }

    /// The same of what is not in memory.
    pub(crate) fn stream(&mut self, format: Format, mut stream: impl Read) {
        let mut plain = Plain::new(format);
        if let Err(error) = over_stream(&mut stream, plain.cut(), |window| plain.show(self, window)) {
            self.note(self.meter.why(&error));
        }
        if plain.zip_at_the_end && !matches!(format, Format::Zip) {
            self.note(Unread::MemoryCap);
        }
    }
}

/// Content without a structure, window by window.
struct Plain {
    format: Format,
    lines: Lines,
    /// The line that the next window begins with, before what it repeats.
    line: u64,
    zip_at_the_end: bool,
    /// The byte order of text in UTF-16, as its first window says.
    big_endian: bool,
}

impl Plain {
    fn new(format: Format) -> Self {
        Self {
            format,
            lines: Lines::default(),
            line: 1,
            zip_at_the_end: false,
            big_endian: false,
        }
    }

    fn cut(&self) -> Cut {
        match self.format {
            Format::Text => Cut::BetweenWords,
            _ => Cut::Anywhere,
        }
    }

    /// Gives what a window shows, and says whether to go on.
    fn show(&mut self, opener: &mut Opener<'_>, window: Window<'_>) -> bool {
        self.zip_at_the_end = window.last && window.offset > 0 && zip::stands_at_the_end(window.bytes);
        match self.format {
            Format::Text => self.show_text(opener, window),
            Format::Utf16Text => self.show_utf16(opener, window),
            _ => self.show_runs(opener, window),
        }
        !opener.ended()
    }

    fn show_text(&mut self, opener: &mut Opener<'_>, window: Window<'_>) {
        let newlines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u64;
        let first = self.line - newlines(&window.bytes[..window.repeated]);
        opener.give_text(window.bytes, window.offset, first, window.repeated);
        self.line += newlines(&window.bytes[window.repeated..]);
        if memchr::memchr(0, window.bytes).is_some() {
            self.show_runs(opener, window);
        }
    }

    fn show_utf16(&mut self, opener: &mut Opener<'_>, window: Window<'_>) {
        if window.offset == 0 {
            self.big_endian = window.bytes.starts_with(b"\xfe\xff");
        }
        let (shown, fresh) = window.bytes.split_at(window.repeated & !1);
        let newlines = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() as u64;
        let at = window.offset as usize;
        self.decode_utf16(at, shown);
        let repeated = self.lines.text().len();
        let first = self.line - newlines(self.lines.text());
        self.decode_utf16(at + shown.len(), fresh);
        self.line += newlines(&self.lines.text()[repeated..]);
        opener.give_lines(Kind::Utf16Text, &mut self.lines, Some(first), repeated);
        self.lines.take_covered();
    }

    fn decode_utf16(&mut self, at: usize, bytes: &[u8]) {
        if self.big_endian {
            self.lines.utf16_be(at, bytes);
        } else {
            self.lines.utf16_le(at, bytes);
        }
    }

    fn show_runs(&mut self, opener: &mut Opener<'_>, window: Window<'_>) {
        runs::add(window, opener.meter.limits.min_run_chars, &mut self.lines);
        opener.give_lines(Kind::BinaryStrings, &mut self.lines, None, 0);
        self.lines.take_covered();
    }
}
