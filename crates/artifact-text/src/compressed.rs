//! Files that are one compressed stream: gzip (RFC 1952), Zstandard (RFC 8878), bzip2, xz.

use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::meter::{Counted, Meter, Metered};
use crate::open::Opener;
use crate::source::{Content, Stream};
use crate::{Format, Unread};

/// Reads what is inside, and what stands behind it.
pub(crate) fn read(opener: &mut Opener<'_>, format: Format, content: Content<'_>) {
    let meter = opener.meter;
    let (source, taken) = Counted::new(content.into_stream());
    let (window, _at_work) = meter.window();
    let inner = |decoder: &mut dyn Read| {
        opener.content(Content::Stream(Stream::new(Metered::new(meter, decoder, taken))));
    };
    match format {
        Format::Gzip => {
            let mut gzip = Gzip::new(source);
            inner(&mut gzip);
            if let Gzip::Behind(rest) = gzip {
                behind(opener, rest);
            }
        }
        Format::Zstd => {
            let mut zstd = zstd(meter, source, window);
            inner(&mut zstd);
            if let Zstd::Behind(rest) = zstd {
                behind(opener, rest);
            }
        }
        Format::Bzip2 => inner(&mut MultiBzDecoder::new(source)),
        _ => inner(&mut XzReader::new_mem_limit(source, true, kibibytes(window))),
    }
}

fn behind(opener: &mut Opener<'_>, rest: impl BufRead) {
    if !opener.ended() {
        opener.member("(behind the end)", Content::Stream(Stream::new(rest)));
    }
}

/// A limit in the unit of the xz and lzma decoders.
pub(crate) fn kibibytes(bytes: usize) -> u32 {
    // The maximum means "no limit" to them.
    u32::try_from(bytes / 1024).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

/// A decoder of the frames of Zstandard that are in `source`.
pub(crate) fn zstd<R: BufRead>(meter: &Meter, source: R, window: usize) -> Zstd<'_, R> {
    Zstd::Between { meter, source, window }
}

/// Whether more follows in the source. Zeros are padding, and taken.
fn more<R: BufRead>(source: &mut R) -> io::Result<Option<u8>> {
    loop {
        let ahead = source.fill_buf()?;
        let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
        match ahead.get(zeros) {
            Some(byte) => {
                let byte = *byte;
                source.consume(zeros);
                return Ok(Some(byte));
            }
            None if ahead.is_empty() => return Ok(None),
            None => source.consume(zeros),
        }
    }
}

/// The members of a gzip file, one after the other.
enum Gzip<R: BufRead> {
    Member(GzDecoder<R>),
    /// What is left is no gzip.
    Behind(R),
    Ended,
}

impl<R: BufRead> Gzip<R> {
    fn new(source: R) -> Self {
        Self::Member(GzDecoder::new(source))
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Self::Member(member) = self else { return Ok(0) };
            let size = member.read(into)?;
            if size > 0 || into.is_empty() {
                return Ok(size);
            }
            let Self::Member(member) = std::mem::replace(self, Self::Ended) else {
                return Ok(0);
            };
            let mut source = member.into_inner();
            *self = match more(&mut source)? {
                Some(0x1f) => Self::new(source),
                Some(_) => Self::Behind(source),
                None => Self::Ended,
            };
        }
    }
}

/// The frames of a Zstandard file, one after the other.
pub(crate) enum Zstd<'m, R: BufRead> {
    Between {
        meter: &'m Meter,
        source: R,
        window: usize,
    },
    Frame {
        meter: &'m Meter,
        source: R,
        decoder: Box<FrameDecoder>,
        window: usize,
    },
    /// What is left is no Zstandard.
    Behind(R),
    Ended,
}

impl<R: BufRead> Read for Zstd<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Self::Frame { source, decoder, .. } = self {
                let size = read_frame(source, decoder, into)?;
                if size > 0 || into.is_empty() {
                    return Ok(size);
                }
            }
            *self = match std::mem::replace(self, Self::Ended) {
                Self::Frame {
                    meter,
                    mut source,
                    window,
                    ..
                } => match more(&mut source)? {
                    Some(0x28 | 0x50..=0x5f) => Self::Between { meter, source, window },
                    Some(_) => Self::Behind(source),
                    None => Self::Ended,
                },
                Self::Between { meter, source, window } => next_frame(meter, source, window)?,
                ended => {
                    *self = ended;
                    return Ok(0);
                }
            };
        }
    }
}

fn next_frame<R: BufRead>(meter: &Meter, mut source: R, window: usize) -> io::Result<Zstd<'_, R>> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(window as u64);
    match decoder.init(&mut source) {
        Ok(()) => {}
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
            let skipped = io::copy(&mut (&mut source).take(u64::from(length)), &mut io::sink())?;
            return match skipped < u64::from(length) {
                true => Err(io::ErrorKind::UnexpectedEof.into()),
                false if more(&mut source)?.is_none() => Ok(Zstd::Ended),
                false => Ok(Zstd::Between { meter, source, window }),
            };
        }
        Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(meter.fail(Unread::MemoryCap)),
        Err(FrameDecoderError::DictNotProvided { .. }) => {
            return Err(meter.fail(Unread::unsupported("a Zstandard dictionary that is elsewhere")));
        }
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
    }
    Ok(Zstd::Frame {
        meter,
        source,
        decoder: Box::new(decoder),
        window,
    })
}

fn read_frame<R: BufRead>(source: &mut R, decoder: &mut FrameDecoder, into: &mut [u8]) -> io::Result<usize> {
    while decoder.can_collect() == 0 && !decoder.is_finished() {
        if let Err(error) = decoder.decode_blocks(&mut *source, BlockDecodingStrategy::UptoBlocks(1)) {
            // It says in many ways that it found no more bytes.
            let kind = match source.fill_buf()?.is_empty() {
                true => io::ErrorKind::UnexpectedEof,
                false => io::ErrorKind::InvalidData,
            };
            return Err(io::Error::new(kind, error.to_string()));
        }
    }
    decoder.read(into)
}
