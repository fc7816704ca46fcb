//! Long content in pieces that overlap, so that memory is bounded and nothing falls between two of them.

use std::io::{self, Read};

/// The size of a piece.
pub(crate) const WINDOW_BYTES: usize = 1 << 20;

/// How much of a piece is shown again with the next: more than a private key or a token has.
pub(crate) const OVERLAP_BYTES: usize = 16 << 10;

/// A piece of content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'w> {
    pub(crate) bytes: &'w [u8],
    /// Where it begins.
    pub(crate) offset: u64,
    /// How many of its first bytes were shown before.
    pub(crate) repeated: usize,
    /// Whether nothing follows.
    pub(crate) last: bool,
}

/// Where pieces may end: text between words, anything else anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    BetweenWords,
    Anywhere,
}

impl Cut {
    /// Where the piece that begins with `bytes` ends.
    fn end(self, bytes: &[u8]) -> usize {
        let tail = bytes.len().saturating_sub(OVERLAP_BYTES);
        let last = |is: fn(u8) -> bool| bytes[tail..].iter().rposition(|byte| is(*byte));
        match self {
            Self::Anywhere => bytes.len(),
            Self::BetweenWords => last(|byte| byte == b'\n')
                .or_else(|| last(is_border))
                .map_or(bytes.len(), |at| tail + at + 1),
        }
    }

    /// How much of the end of `bytes` the next piece repeats.
    fn repeats(self, bytes: &[u8]) -> usize {
        let most = bytes.len().min(OVERLAP_BYTES);
        let tail = &bytes[bytes.len() - most..];
        let first = |is: fn(u8) -> bool| tail[..most / 2].iter().position(|byte| is(*byte));
        match self {
            Self::Anywhere => most,
            Self::BetweenWords => {
                most - first(|byte| byte == b'\n')
                    .or_else(|| first(is_border))
                    .map_or(0, |at| at + 1)
            }
        }
    }
}

fn is_border(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b',' | b';' | b'(' | b')' | b'{' | b'}' | b'<' | b'>'
    )
}

/// Shows all of `bytes`, which stand at `at`. `each` says whether to go on.
pub(crate) fn over_slice(bytes: &[u8], at: usize, cut: Cut, mut each: impl FnMut(Window<'_>) -> bool) {
    let (mut start, mut repeated) = (0, 0);
    loop {
        let rest = &bytes[start..];
        let last = rest.len() <= WINDOW_BYTES;
        let end = if last {
            rest.len()
        } else {
            cut.end(&rest[..WINDOW_BYTES])
        };
        let window = Window {
            bytes: &rest[..end],
            offset: (at + start) as u64,
            repeated,
            last,
        };
        if !each(window) || last {
            return;
        }
        repeated = cut.repeats(&rest[..end]);
        start += end - repeated;
    }
}

/// Shows all of a stream. `each` says whether to go on.
///
/// # Errors
///
/// What the stream fails with, after what came before it was shown.
pub(crate) fn over_stream(stream: &mut dyn Read, cut: Cut, mut each: impl FnMut(Window<'_>) -> bool) -> io::Result<()> {
    let mut buffer = Vec::new();
    let (mut offset, mut repeated) = (0, 0);
    loop {
        let failed = fill(&mut buffer, stream);
        let last = buffer.len() <= WINDOW_BYTES;
        let end = if last {
            buffer.len()
        } else {
            cut.end(&buffer[..WINDOW_BYTES])
        };
        let window = Window {
            bytes: &buffer[..end],
            offset,
            repeated,
            last,
        };
        if !each(window) {
            return Ok(());
        }
        if last {
            return failed;
        }
        repeated = cut.repeats(&buffer[..end]);
        let next = end - repeated;
        offset += next as u64;
        buffer.drain(..next);
    }
}

/// Fills up to one byte more than a piece has, which shows whether anything follows.
fn fill(buffer: &mut Vec<u8>, stream: &mut dyn Read) -> io::Result<()> {
    let wanted = (WINDOW_BYTES + 1).saturating_sub(buffer.len());
    stream.take(wanted as u64).read_to_end(buffer).map(|_| ())
}
