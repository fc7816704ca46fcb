//! Raw deflate (RFC 1951) that knows whether it came to its end.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Deflate gives at least a byte for this many, once past the first few: more is not content but a way to keep a reader busy.
const MOST_INPUT_PER_BYTE: u64 = 16;
const FREE_INPUT: u64 = 4 << 10;

/// Inflates a source, and takes no byte of it that is behind the end.
pub(super) struct Inflate<R> {
    source: R,
    state: Decompress,
    ended: bool,
    broken: bool,
}

impl<R: BufRead> Inflate<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            state: Decompress::new(false),
            ended: false,
            broken: false,
        }
    }

    /// Whether what was read is no deflate.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    fn fail(&mut self, kind: io::ErrorKind, why: &'static str) -> io::Error {
        self.broken = kind == io::ErrorKind::InvalidData;
        io::Error::new(kind, why)
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !into.is_empty() {
            let input = self.source.fill_buf()?;
            let is_last = input.is_empty();
            let (took, gave) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, into, FlushDecompress::None);
            let took = (self.state.total_in() - took) as usize;
            let gave = (self.state.total_out() - gave) as usize;
            self.source.consume(took);
            if self.state.total_in() > FREE_INPUT + MOST_INPUT_PER_BYTE * self.state.total_out() {
                return Err(self.fail(io::ErrorKind::InvalidData, "deflate without content"));
            }
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(_) if gave == 0 && is_last => {
                    return Err(self.fail(io::ErrorKind::UnexpectedEof, "deflate ends early"));
                }
                Ok(_) if gave == 0 && took == 0 => {
                    return Err(self.fail(io::ErrorKind::InvalidData, "deflate does not go on"));
                }
                Ok(_) => {}
                Err(_) => return Err(self.fail(io::ErrorKind::InvalidData, "not deflated")),
            }
            if gave > 0 {
                return Ok(gave);
            }
        }
        Ok(0)
    }
}
