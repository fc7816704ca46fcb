//! What the tests share: a sink that keeps everything, and archives made by hand.
#![allow(dead_code)]

pub mod tar;
pub mod zip;

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;

use artifact_text::{Kind, Limits, Outcome, Part, Unread, open, open_reader};

/// A word that no filler has.
pub const TOKEN: &str = "tok_9fQ2LmZx7RwB4kTs1VdY";

/// A part that was given, with what it needs to be asked about.
#[derive(Debug, Clone)]
pub struct Given {
    pub path: String,
    pub kind: Kind,
    pub text: Vec<u8>,
    pub repeated: usize,
    /// Offsets in the member: of every byte of the text, or of its first byte and the tokens if it is long.
    pub origins: BTreeMap<usize, u64>,
    pub first_line: Option<u64>,
}

impl Given {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// All that opening a file gave.
#[derive(Debug)]
pub struct Read {
    pub parts: Vec<Given>,
    pub outcome: Outcome,
}

impl Read {
    /// Where `text` was found: path and offset in the member.
    pub fn places(&self, text: &str) -> Vec<(String, u64)> {
        let mut places = Vec::new();
        for part in &self.parts {
            for at in memchr_all(&part.text, text.as_bytes()) {
                places.push((part.path.clone(), part.origins[&at]));
            }
        }
        places.sort();
        places.dedup();
        places
    }

    pub fn paths(&self, text: &str) -> Vec<String> {
        let mut paths: Vec<String> = self.places(text).into_iter().map(|(path, _)| path).collect();
        paths.dedup();
        paths
    }

    pub fn has(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    pub fn notices(&self) -> Vec<(String, Unread)> {
        let pairs = self.outcome.notices.iter();
        pairs
            .map(|notice| (notice.path.clone(), notice.unread.clone()))
            .collect()
    }
}

fn memchr_all(text: &[u8], wanted: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(text, wanted).collect()
}

fn given(part: Part<'_>) -> Given {
    let wanted: Vec<usize> = if part.text.len() < 64 << 10 {
        (0..=part.text.len()).collect()
    } else {
        [0].into_iter().chain(memchr_all(part.text, TOKEN.as_bytes())).collect()
    };
    Given {
        path: part.path.to_owned(),
        kind: part.kind,
        text: part.text.to_vec(),
        repeated: part.repeated,
        origins: wanted.into_iter().map(|at| (at, part.origin(at))).collect(),
        first_line: part.first_line,
    }
}

pub fn read(name: &str, bytes: &[u8]) -> Read {
    read_within(name, bytes, &Limits::default())
}

pub fn read_within(name: &str, bytes: &[u8], limits: &Limits) -> Read {
    let mut parts = Vec::new();
    let outcome = open(name, bytes, limits, &mut |part| {
        parts.push(given(part));
        ControlFlow::Continue(())
    });
    Read { parts, outcome }
}

/// Reads without keeping anything but how much it was.
pub fn weigh(bytes: &[u8], limits: &Limits) -> (usize, Outcome) {
    let mut size = 0;
    let outcome = open("x", bytes, limits, &mut |part| {
        size += part.text.len();
        ControlFlow::Continue(())
    });
    (size, outcome)
}

/// The same as [`read`] through a reader that gives a few bytes at a time.
pub fn read_slowly(name: &str, bytes: &[u8]) -> Read {
    struct Slow<'b>(&'b [u8]);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let most = into.len().min(7).min(self.0.len());
            let (now, later) = self.0.split_at(most);
            into[..most].copy_from_slice(now);
            self.0 = later;
            Ok(most)
        }
    }
    let mut parts = Vec::new();
    let outcome = open_reader(name, &mut Slow(bytes), &Limits::default(), &mut |part| {
        parts.push(given(part));
        ControlFlow::Continue(())
    });
    Read { parts, outcome }
}

/// Text that compresses well and has the token in its middle.
pub fn letter() -> Vec<u8> {
    let line = |number: u64| {
        format!(
            "line {} says {} and no more\n",
            number,
            number.wrapping_mul(0x9e37_79b9) % 99_991
        )
    };
    let filler: String = (0..80).map(line).collect();
    format!("{filler}key = {TOKEN}\n{filler}").into_bytes()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Zstandard whose literals are not compressed, so that they can be seen from outside; see the fixtures for the others.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Whether a plain search of the bytes finds the token: then a test of decoding would prove nothing.
pub fn shows(bytes: &[u8]) -> bool {
    !memchr_all(bytes, TOKEN.as_bytes()).is_empty()
}
