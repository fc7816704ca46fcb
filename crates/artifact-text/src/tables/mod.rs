//! Formats that keep their strings in tables: each file here reads one of them out of bytes that are held whole.
//!
//! A reader writes what it finds into a [`Table`], which gives it on as it grows and ends a reader that finds far more text, or
//! takes far more steps, than the size of the member can account for. What no reader made text of is then
//! searched for printable characters, so that a string is never missed because a table does not list it.

mod arsc;
mod axml;
mod class;
mod dex;
mod hermes;
mod macho;
mod plist;
mod pool;

use std::ops::Range;

use crate::format::recognise;
use crate::lines::Lines;
use crate::open::Opener;
use crate::source::Content;
use crate::windows::{Cut, over_slice};
use crate::{Format, Kind, Unread, runs};

/// How much text is gathered before it is given on.
const GIVE_BYTES: usize = 1 << 20;
/// How many bytes of text, or steps, a member may give for each byte that it has; strings may share bytes.
const MOST_PER_BYTE: usize = 16;
const FREE: usize = 64 << 10;
/// How many steps may be taken without a look at the clock.
const STEPS_BETWEEN_LOOKS: usize = 1 << 16;

/// Who reads a format.
type Reader = fn(&[u8], &mut Table<'_, '_>) -> Result<(), Unread>;

fn reader(format: Format) -> Option<(Kind, Reader)> {
    Some(match format {
        Format::Dex => (Kind::DexStrings, dex::read),
        Format::Resources => (Kind::Resources, arsc::read),
        Format::BinaryXml => (Kind::BinaryXml, axml::read),
        Format::BinaryPlist => (Kind::BinaryPlist, plist::read),
        Format::Hermes => (Kind::HermesStrings, hermes::read),
        Format::MachO => (Kind::BinaryStrings, macho::read),
        Format::ClassFile => (Kind::ClassStrings, class::read),
        _ => return None,
    })
}

/// The text of one member in the making.
pub(crate) struct Table<'t, 'o> {
    opener: &'t mut Opener<'o>,
    kind: Kind,
    pub(crate) lines: Lines,
    steps: usize,
    made: usize,
    most: usize,
}

impl Table<'_, '_> {
    /// To be asked in every loop whose length the member says.
    pub(crate) fn step(&mut self) -> Result<(), Unread> {
        self.steps += 1;
        if self.steps > self.most {
            return Err(Unread::TextCap);
        }
        if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
            self.opener.meter.charge(0)?;
        }
        Ok(())
    }

    /// To be asked after every string: gives on what was gathered.
    pub(crate) fn keep_small(&mut self) -> Result<(), Unread> {
        self.step()?;
        let gathered = self.lines.text().len();
        if self.made + gathered > self.most {
            return Err(Unread::TextCap);
        }
        if gathered >= GIVE_BYTES {
            self.give();
        }
        // Whatever error ends the reader now is not noted: everything has ended.
        if self.opener.ended() {
            Err(Unread::TotalCap)
        } else {
            Ok(())
        }
    }

    /// Ends a line.
    pub(crate) fn end(&mut self, origin: usize) -> Result<(), Unread> {
        self.lines.end(origin);
        self.keep_small()
    }

    /// Says that something of the member was not read, though the reader goes on.
    pub(crate) fn note(&mut self, unread: Unread) {
        self.opener.note(unread);
    }

    /// Reads bytes of the member that are a file of their own, if they are of a format that hides its text.
    pub(crate) fn inner(&mut self, bytes: &[u8], range: Range<usize>) {
        let Some(inner) = bytes.get(range.clone()) else { return };
        if !matches!(recognise(inner), Format::Text | Format::Binary) {
            let name = format!("(data at {})", range.start);
            if self.opener.deeper(|opener| opener.member(&name, Content::Slice(inner))) {
                self.lines.cover(range.start, range.len());
            }
        }
    }

    fn give(&mut self) {
        self.made += self.lines.text().len();
        self.opener.give_lines(self.kind, &mut self.lines, None, 0);
    }
}

/// Reads a member of a format with tables. `false` says that it is of no such format.
pub(crate) fn read(opener: &mut Opener<'_>, format: Format, bytes: &[u8]) -> bool {
    let Some((kind, reader)) = reader(format) else {
        return false;
    };
    let mut table = Table {
        opener,
        kind,
        lines: Lines::default(),
        steps: 0,
        made: 0,
        most: MOST_PER_BYTE * bytes.len() + FREE,
    };
    let read = reader(bytes, &mut table);
    table.give();
    let covered = table.lines.take_covered();
    if let Err(unread) = read {
        opener.note(unread);
    }
    rest(opener, bytes, covered);
    true
}

/// Searches what no text was made of.
fn rest(opener: &mut Opener<'_>, bytes: &[u8], covered: Vec<Range<usize>>) {
    let min_chars = opener.meter.limits.min_run_chars;
    let mut lines = Lines::default();
    let mut from = 0;
    for range in covered.into_iter().chain(std::iter::once(bytes.len()..bytes.len())) {
        let gap = bytes.get(from..range.start).unwrap_or_default();
        over_slice(gap, from, Cut::Anywhere, |window| {
            runs::add(window, min_chars, &mut lines);
            if lines.text().len() >= GIVE_BYTES {
                opener.give_lines(Kind::BinaryStrings, &mut lines, None, 0);
            }
            !opener.ended()
        });
        from = from.max(range.end);
        if opener.ended() {
            return;
        }
    }
    opener.give_lines(Kind::BinaryStrings, &mut lines, None, 0);
}
