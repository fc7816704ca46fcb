//! Where the bytes of a member come from: a slice, or a stream that can be looked into before it is read.

use std::io::{self, BufRead, Read};

/// How many bytes of a stream are looked at to say what it is.
pub(crate) const HEAD_BYTES: usize = 16 << 10;

/// The bytes of a member.
pub(crate) enum Content<'c> {
    /// All of them, in memory.
    Slice(&'c [u8]),
    /// As they come.
    Stream(Stream<'c>),
}

impl<'c> Content<'c> {
    /// As a stream, whatever it is.
    pub(crate) fn into_stream(self) -> Stream<'c> {
        match self {
            Self::Slice(bytes) => Stream::new(bytes),
            Self::Stream(stream) => stream,
        }
    }

    /// Reads until `into` is full or there is no more, and says how much it was.
    pub(crate) fn read_block(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut size = 0;
        while size < into.len() {
            let more = match self {
                Self::Slice(bytes) => bytes.read(&mut into[size..])?,
                Self::Stream(stream) => stream.read(&mut into[size..])?,
            };
            if more == 0 {
                break;
            }
            size += more;
        }
        Ok(size)
    }

    /// Hands the next `size` bytes over as content of their own, then skips what was not read of them.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` where there are fewer; what there is was handed over.
    pub(crate) fn with_next(&mut self, size: u64, reads: impl FnOnce(Content<'_>)) -> io::Result<()> {
        match self {
            Self::Slice(bytes) => {
                let there = usize::try_from(size).unwrap_or(usize::MAX).min(bytes.len());
                let (next, rest) = bytes.split_at(there);
                *bytes = rest;
                reads(Content::Slice(next));
                if (there as u64) < size {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(())
            }
            Self::Stream(stream) => {
                let mut next = Next { stream, left: size };
                reads(Content::Stream(Stream::new(&mut next)));
                io::copy(&mut next, &mut io::sink())?;
                Ok(())
            }
        }
    }
}

/// The next bytes of a stream. Ends with an error where the stream ends before.
struct Next<'n, 'c> {
    stream: &'n mut Stream<'c>,
    left: u64,
}

impl Read for Next<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let size = self.stream.read(&mut into[..most])?;
        if size == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= size as u64;
        Ok(size)
    }
}

/// A stream whose first bytes are known before anybody reads it.
pub(crate) struct Stream<'c> {
    inner: Box<dyn Read + 'c>,
    buffer: Vec<u8>,
    start: usize,
    failed: Option<io::Error>,
}

impl<'c> Stream<'c> {
    /// Reads the head. A failure is kept for whoever reads beyond what came before it.
    pub(crate) fn new(inner: impl Read + 'c) -> Self {
        let mut stream = Self {
            inner: Box::new(inner),
            buffer: vec![0; HEAD_BYTES],
            start: 0,
            failed: None,
        };
        stream.refill();
        stream
    }

    /// What was read ahead; after [`new`](Self::new) the head.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn refill(&mut self) {
        self.start = 0;
        self.buffer.resize(HEAD_BYTES, 0);
        let mut size = 0;
        while size < HEAD_BYTES && self.failed.is_none() {
            match self.inner.read(&mut self.buffer[size..]) {
                Ok(0) => break,
                Ok(more) => size += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failed = Some(error),
            }
        }
        self.buffer.truncate(size);
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ahead().is_empty() && into.len() >= HEAD_BYTES && self.failed.is_none() {
            return self.inner.read(into);
        }
        let size = self.fill_buf()?.read(into)?;
        self.consume(size);
        Ok(size)
    }
}

impl BufRead for Stream<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ahead().is_empty() {
            if self.failed.is_none() {
                self.refill();
            }
            if self.ahead().is_empty()
                && let Some(error) = self.failed.take()
            {
                return Err(error);
            }
        }
        Ok(self.ahead())
    }

    fn consume(&mut self, size: usize) {
        self.start = (self.start + size).min(self.buffer.len());
    }
}
