//! One call: the doors of the crate, and what is known while a file is read.

use std::io::Read;
use std::ops::ControlFlow;

use crate::format::recognise;
use crate::lines::{Lines, Segment, Unit};
use crate::meter::Meter;
use crate::source::{Content, Stream};
use crate::{Format, Kind, Limits, Notice, Outcome, Part, Unread};

/// How long a name inside of an archive may be before it is cut, in characters.
const NAME_CHARS: usize = 240;

/// Who is given the parts. `Break` ends the call.
type Sink<'s> = dyn FnMut(Part<'_>) -> ControlFlow<()> + 's;

/// Reads all text of a file that is in memory.
///
/// `name` is what [`Part::path`] begins with. Parts come in the order of the file; a member that is cut off or broken in
/// its middle gives what came before.
pub fn open(name: &str, bytes: &[u8], limits: &Limits, sink: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>) -> Outcome {
    run(name, Content::Slice(bytes), recognise(bytes), limits, sink)
}

/// Reads all text of a file as it comes, with no more of it in memory than
/// [`max_held_bytes`](Limits::max_held_bytes). Prefer [`open`] where the bytes are there: a large zip cannot be read as it comes.
pub fn open_reader(
    name: &str,
    reader: &mut dyn Read,
    limits: &Limits,
    sink: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) -> Outcome {
    let stream = Stream::new(reader);
    let format = recognise(stream.ahead());
    run(name, Content::Stream(stream), format, limits, sink)
}

fn run(name: &str, content: Content<'_>, format: Format, limits: &Limits, sink: &mut Sink<'_>) -> Outcome {
    let meter = Meter::new(limits);
    let mut opener = Opener {
        meter: &meter,
        sink,
        path: label(name),
        depth: 0,
        ended: false,
        outcome: Outcome {
            format,
            entries: 0,
            total_bytes: 0,
            parts: 0,
            notices: Vec::new(),
            notices_left_out: 0,
            stopped: false,
        },
    };
    opener.content(content);
    let mut outcome = opener.outcome;
    outcome.entries = meter.entries();
    outcome.total_bytes = meter.total();
    outcome
}

/// What is known while a file is read: where in it we are, and what was not read so far.
pub(crate) struct Opener<'o> {
    pub(crate) meter: &'o Meter,
    sink: &'o mut Sink<'o>,
    path: String,
    depth: u32,
    ended: bool,
    outcome: Outcome,
}

impl Opener<'_> {
    /// Whether nothing more is to be read: a limit for all was reached, or the sink has had enough.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Reads a member of the container that is being read.
    pub(crate) fn member(&mut self, name: &str, content: Content<'_>) {
        if self.ended {
            return;
        }
        let length = self.path.len();
        self.path.push('!');
        self.path.push_str(&label(name));
        let bytes = match &content {
            Content::Slice(bytes) => bytes.len(),
            // What comes out of a decompressor was counted there.
            Content::Stream(_) => 0,
        };
        match self.meter.entry().and_then(|()| self.meter.charge(bytes)) {
            Ok(()) => self.content(content),
            Err(unread) => self.note(unread),
        }
        self.path.truncate(length);
    }

    /// Says that a member of the container that is being read was not read.
    pub(crate) fn note_member(&mut self, name: &str, unread: Unread) {
        let length = self.path.len();
        self.path.push('!');
        self.path.push_str(&label(name));
        self.note(unread);
        self.path.truncate(length);
    }

    /// Says that what is being read was not read, or not wholly.
    pub(crate) fn note(&mut self, unread: Unread) {
        if self.ended {
            return;
        }
        self.ended = unread.ends_everything();
        if self.outcome.notices.len() < self.meter.limits.max_notices {
            self.outcome.notices.push(Notice {
                path: self.path.clone(),
                unread,
            });
        } else {
            self.outcome.notices_left_out += 1;
        }
    }

    /// Opens a container, unless too many are open already. `false` says that it was not opened.
    pub(crate) fn deeper(&mut self, reads: impl FnOnce(&mut Self)) -> bool {
        if self.depth >= self.meter.limits.depth() {
            self.note(Unread::DepthCap);
            return false;
        }
        self.depth += 1;
        reads(self);
        self.depth -= 1;
        true
    }

    /// Gives text as it stands in the member, from `offset` on.
    pub(crate) fn give_text(&mut self, text: &[u8], offset: u64, first_line: u64, repeated: usize) {
        let segment = Segment {
            text: 0,
            origin: offset,
            unit: Unit::Byte,
        };
        self.give(Kind::Text, text, Some(first_line), repeated, &[segment]);
    }

    /// Gives text that was made, and forgets it.
    pub(crate) fn give_lines(&mut self, kind: Kind, lines: &mut Lines, first_line: Option<u64>, repeated: usize) {
        match self.meter.charge(lines.text().len()) {
            Ok(()) => self.give(kind, lines.text(), first_line, repeated, lines.segments()),
            Err(unread) => self.note(unread),
        }
        lines.clear();
    }

    fn give(&mut self, kind: Kind, text: &[u8], first_line: Option<u64>, repeated: usize, segments: &[Segment]) {
        if self.ended || text.is_empty() {
            return;
        }
        self.outcome.parts += 1;
        let part = Part {
            path: &self.path,
            kind,
            text,
            first_line,
            repeated,
            segments,
        };
        if (self.sink)(part).is_break() {
            self.outcome.stopped = true;
            self.ended = true;
        } else if let Err(unread) = self.meter.charge(0) {
            self.note(unread);
        }
    }
}

/// A name that can be shown: no control characters, nothing that reads like a way out of a folder, not endless.
fn label(name: &str) -> String {
    let shown: String = name
        .chars()
        .take(NAME_CHARS)
        .map(|char| if hides(char) { char::REPLACEMENT_CHARACTER } else { char })
        .collect();
    let steps = shown
        .split(['/', '\\'])
        .filter(|step| !matches!(*step, "" | "." | ".."));
    let label = steps.collect::<Vec<_>>().join("/");
    let cut = if name.chars().nth(NAME_CHARS).is_some() {
        "…"
    } else {
        ""
    };
    label + cut
}

/// Characters that would change how the rest of a line is shown.
fn hides(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
