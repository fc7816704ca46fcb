//! The budget of one call, and readers that keep to it.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::rc::Rc;
use std::time::Instant;

use crate::{Limits, Unread};

/// A member may be this large whatever it was compressed from.
const RATIO_FREE_BYTES: u64 = 8 << 20;

/// What has been used of the limits so far.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) limits: Limits,
    started: Instant,
    entries: Cell<u64>,
    total: Cell<u64>,
    held: Cell<usize>,
    /// How many decompressors with a window are at work, each inside of the one before.
    windows: Cell<u32>,
    /// Why a reader of ours failed last. Decompressors wrap our errors in theirs, so that the reason goes beside them.
    failure: RefCell<Option<Unread>>,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            started: Instant::now(),
            entries: Cell::new(0),
            total: Cell::new(0),
            held: Cell::new(0),
            windows: Cell::new(0),
            failure: RefCell::new(None),
        }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries.get()
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.get()
    }

    /// Counts one more member.
    pub(crate) fn entry(&self) -> Result<(), Unread> {
        if self.entries.get() >= self.limits.max_entries {
            return Err(Unread::EntriesCap);
        }
        self.entries.set(self.entries.get() + 1);
        self.time()
    }

    /// Counts bytes that were read, or text that was made.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), Unread> {
        let total = self.total.get().saturating_add(bytes as u64);
        if total > self.limits.max_total_bytes {
            return Err(Unread::TotalCap);
        }
        self.total.set(total);
        self.time()
    }

    /// How many bytes may still be read.
    fn left(&self) -> u64 {
        self.limits.max_total_bytes - self.total.get()
    }

    fn time(&self) -> Result<(), Unread> {
        if self.started.elapsed() > self.limits.max_time {
            return Err(Unread::TimeCap);
        }
        Ok(())
    }

    /// How many bytes may still be held.
    pub(crate) fn may_hold(&self) -> usize {
        self.limits.max_held_bytes.saturating_sub(self.held.get())
    }

    /// Counts held bytes for as long as the answer lives.
    pub(crate) fn hold(&self, bytes: usize) -> Held<'_> {
        self.held.set(self.held.get() + bytes);
        Held { meter: self, bytes }
    }

    /// How much memory the next decompressor may ask for. It counts as at work for as long as the second answer lives.
    pub(crate) fn window(&self) -> (usize, Window<'_>) {
        let share = self.limits.max_window_bytes >> self.windows.get().min(63);
        self.windows.set(self.windows.get() + 1);
        (share, Window { meter: self })
    }

    /// Keeps the reason and makes the error that goes through the decompressors.
    pub(crate) fn fail(&self, unread: Unread) -> io::Error {
        *self.failure.borrow_mut() = Some(unread);
        io::Error::other("a limit was reached")
    }

    /// Why reading failed: a limit of ours, or else what the decompressor says.
    pub(crate) fn why(&self, error: &io::Error) -> Unread {
        if let Some(unread) = self.failure.borrow_mut().take() {
            return unread;
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Unread::Truncated,
            io::ErrorKind::OutOfMemory => Unread::MemoryCap,
            _ => Unread::Malformed(error.to_string().into()),
        }
    }
}

/// Bytes that are held in memory.
pub(crate) struct Held<'m> {
    meter: &'m Meter,
    bytes: usize,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.meter.held.set(self.meter.held.get() - self.bytes);
    }
}

/// A decompressor with a window that is at work.
pub(crate) struct Window<'m> {
    meter: &'m Meter,
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        self.meter.windows.set(self.meter.windows.get() - 1);
    }
}

/// Counts what is taken from a reader.
pub(crate) struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: BufRead> Counted<R> {
    pub(crate) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let taken = Rc::new(Cell::new(0));
        let counted = Self {
            inner,
            taken: Rc::clone(&taken),
        };
        (counted, taken)
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.inner.read(into)?;
        self.taken.set(self.taken.get() + size as u64);
        Ok(size)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, size: usize) {
        self.taken.set(self.taken.get() + size as u64);
        self.inner.consume(size);
    }
}

/// What a decompressor gives, within the limits.
pub(crate) struct Metered<'m, R> {
    inner: R,
    meter: &'m Meter,
    compressed: Rc<Cell<u64>>,
    given: u64,
    /// A decompressor that has failed is not asked again; whoever asks hears the same.
    failed: Option<(io::ErrorKind, Unread)>,
}

impl<'m, R: Read> Metered<'m, R> {
    /// `compressed` counts what `inner` has taken of its own source.
    pub(crate) fn new(meter: &'m Meter, inner: R, compressed: Rc<Cell<u64>>) -> Self {
        Self {
            inner,
            meter,
            compressed,
            given: 0,
            failed: None,
        }
    }
}

impl<R: Read> Metered<'_, R> {
    fn give(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // One byte more than is left shows whether there is more.
        let most = usize::try_from(self.meter.left().saturating_add(1)).unwrap_or(usize::MAX);
        let most = most.min(into.len());
        let size = self.inner.read(&mut into[..most])?;
        self.given += size as u64;
        let allowed = self.compressed.get().saturating_mul(self.meter.limits.max_ratio);
        if self.given > allowed.max(RATIO_FREE_BYTES) {
            return Err(self.meter.fail(Unread::RatioCap));
        }
        self.meter.charge(size).map_err(|unread| self.meter.fail(unread))?;
        Ok(size)
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, unread)) = &self.failed {
            *self.meter.failure.borrow_mut() = Some(unread.clone());
            return Err((*kind).into());
        }
        self.give(into).inspect_err(|error| {
            let unread = self.meter.why(error);
            *self.meter.failure.borrow_mut() = Some(unread.clone());
            self.failed = Some((error.kind(), unread));
        })
    }
}
