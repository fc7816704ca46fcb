//! Archives, build artefacts and mobile bundles: what is within them is opened by `artifact-text` and scanned part by part.
//!
//! What could not be read there is handed on as skipped; nothing is passed over in silence.

use std::io::Read;
use std::ops::ControlFlow;

use artifact_text::{Format, Kind as PartKind, Limits, Outcome, Part, Unread};

use crate::scanner::{Hint, Offset, Scanned, Scanner};
use crate::tree::{Skipped, Unscanned};

/// Whether the bytes, or the first of them, are something to open. Plain text and images are searched as they are.
pub(crate) fn is_container(bytes: &[u8]) -> bool {
    // A zip may stand at the end of a program: that is looked for in binaries only.
    let head = &bytes[..bytes.len().min(4096)];
    let looked_at = if memchr::memchr(0, head).is_some() { bytes } else { head };
    !matches!(
        artifact_text::recognise(looked_at),
        Format::Text | Format::Utf16Text | Format::Binary
    )
}

/// Scans everything within bytes that are in memory.
pub(crate) fn scan_bytes(scanner: &Scanner, path: &str, bytes: &[u8], hint: Hint, scanned: &mut Scanned) {
    let outcome = artifact_text::open(path, bytes, &Limits::default(), &mut |part| {
        scan_part(scanner, path, &part, hint, scanned);
        ControlFlow::Continue(())
    });
    report(&outcome, scanned);
}

/// Scans everything within a file as it comes.
pub(crate) fn scan_reader(
    scanner: &Scanner,
    path: &str,
    reader: &mut dyn Read,
    hint: Hint,
    scanned: &mut Scanned,
) -> u64 {
    let mut counted = Counted { reader, bytes: 0 };
    let outcome = artifact_text::open_reader(path, &mut counted, &Limits::default(), &mut |part| {
        scan_part(scanner, path, &part, hint, scanned);
        ControlFlow::Continue(())
    });
    report(&outcome, scanned);
    counted.bytes
}

struct Counted<'a> {
    reader: &'a mut dyn Read,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

fn scan_part(scanner: &Scanner, path: &str, part: &Part<'_>, hint: Hint, scanned: &mut Scanned) {
    if scanner.options.allow.covers_path(part.path) {
        return;
    }
    let hint = match part.kind {
        // Strings of programs stand in no order: a name is seldom beside its value.
        PartKind::BinaryStrings | PartKind::HermesStrings => Hint::Binary,
        _ => hint,
    };
    let mut inner = Scanned::default();
    let mut from = 0;
    let mut offset = Offset {
        hint,
        ..Offset::default()
    };
    // Windows of texts may be larger than a piece.
    while from < part.text.len() {
        let to = part.text.len().min(from + crate::scanner::PIECE);
        scanner.scan_piece(part.path, &part.text[from..to], offset, &mut inner);
        if to == part.text.len() {
            break;
        }
        let next = to - crate::scanner::OVERLAP;
        offset = offset.past(&part.text[from..next]);
        from = next;
    }
    let names: Vec<String> = part
        .path
        .strip_prefix(path)
        .unwrap_or_default()
        .split('!')
        .skip(1)
        .map(str::to_owned)
        .collect();
    scanned.truncated |= inner.truncated;
    for mut found in inner.findings {
        let (start, end) = (found.span.start as usize, found.span.end as usize);
        if end <= part.repeated {
            continue;
        }
        found.line = part
            .line(start)
            .map_or(0, |line| u32::try_from(line).unwrap_or(u32::MAX));
        found.span = part.origin(start)..part.origin(end.saturating_sub(1)) + 1;
        found.path = path.into();
        found.parts.clone_from(&names);
        scanned.findings.push(found);
    }
}

fn kind(unread: &Unread) -> Unscanned {
    match unread {
        Unread::Encrypted => Unscanned::Encrypted,
        Unread::Truncated => Unscanned::Truncated,
        Unread::Malformed(_) | Unread::Unsupported(_) => Unscanned::Strange,
        // The caps, and whatever is added to them.
        _ => Unscanned::Bound,
    }
}

fn report(outcome: &Outcome, scanned: &mut Scanned) {
    let notices = outcome.notices.iter().map(|notice| Skipped {
        kind: kind(&notice.unread),
        path: notice.path.clone(),
        why: notice.unread.to_string(),
    });
    scanned.skipped.extend(notices);
    if outcome.notices_left_out > 0 {
        scanned.skipped.push(Skipped {
            kind: Unscanned::Bound,
            path: String::new(),
            why: format!("{} more parts were not read", outcome.notices_left_out),
        });
    }
}
