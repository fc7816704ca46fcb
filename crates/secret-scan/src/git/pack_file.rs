//! A pack, read by position: nothing of its data is mapped or kept, so that a pack of any size costs the memory of one object.

use std::fs::File;
use std::path::{Path, PathBuf};

use gix::odb::pack::data::Entry;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::index;
use sirocco::inflate::Decoder;

use super::{LARGEST, failed};
use crate::tree::ScanError;

/// The most that type, size and base of an entry take.
const HEADER: usize = 64;

/// A pack and its index.
pub(super) struct PackFile {
    index: index::File,
    data: File,
    path: PathBuf,
    hash: gix::hash::Kind,
    /// Offset in the pack and number in the index, by offset.
    entries: Vec<(u64, u32)>,
    /// Where the last entry ends.
    end: u64,
}

/// What an entry is stored as a difference from.
pub(super) enum Base {
    /// It is whole.
    None,
    /// An entry of the same pack.
    Entry(u32),
    /// Something that is not in the pack.
    Elsewhere,
}

impl PackFile {
    /// The pack whose index is at `path`.
    pub(super) fn open(path: &Path, hash: gix::hash::Kind) -> Result<Self, ScanError> {
        let damaged = |error: &dyn std::fmt::Display| failed(format!("pack {}: {error}", path.display()));
        let index = index::File::at(path, hash).map_err(|error| damaged(&error))?;
        let data = File::open(path.with_extension("pack")).map_err(|error| damaged(&error))?;
        let length = data.metadata().map_err(|error| damaged(&error))?.len();
        let mut head = [0; 8];
        read_at(&data, &mut head, 0).map_err(|error| damaged(&error))?;
        if !matches!(head, [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3]) {
            return Err(damaged(&"it does not begin like a pack"));
        }
        let mut entries: Vec<(u64, u32)> = (0..index.num_objects())
            .map(|at| (index.pack_offset_at_index(at), at))
            .collect();
        entries.sort_unstable();
        Ok(Self {
            index,
            data,
            path: path.to_owned(),
            hash,
            entries,
            end: length.saturating_sub(hash.len_in_bytes() as u64),
        })
    }

    /// How many objects it holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where an object is, counted by offset.
    pub(super) fn find(&self, id: &gix::oid) -> Option<u32> {
        let at = self.index.lookup(id)?;
        self.at_offset(self.index.pack_offset_at_index(at))
    }

    fn at_offset(&self, offset: u64) -> Option<u32> {
        let found = self.entries.binary_search_by_key(&offset, |entry| entry.0);
        found.ok().map(|at| at as u32)
    }

    pub(super) fn id(&self, at: u32) -> &gix::oid {
        self.index.oid_at_index(self.entries[at as usize].1)
    }

    fn damaged(&self, at: u32, error: &dyn std::fmt::Display) -> ScanError {
        failed(format!(
            "object {} in pack {}: {error}",
            self.id(at),
            self.path.display()
        ))
    }

    /// The bytes of an entry, at most `most` of them.
    fn stored(&self, at: u32, most: usize, raw: &mut Vec<u8>) -> Result<(), ScanError> {
        let offset = self.entries[at as usize].0;
        let next = self.entries.get(at as usize + 1).map_or(self.end, |entry| entry.0);
        let length = usize::try_from(next.saturating_sub(offset))
            .unwrap_or(usize::MAX)
            .min(most);
        raw.resize(length, 0);
        read_at(&self.data, raw, offset).map_err(|error| self.damaged(at, &error))
    }

    fn entry(&self, at: u32, raw: &[u8]) -> Result<Entry, ScanError> {
        Entry::from_bytes(raw, self.entries[at as usize].0, self.hash).map_err(|error| self.damaged(at, &error))
    }

    fn base_of(&self, at: u32, header: &Header) -> Base {
        let found = match header {
            Header::OfsDelta { base_distance } => self.entries[at as usize]
                .0
                .checked_sub(*base_distance)
                .and_then(|offset| self.at_offset(offset)),
            Header::RefDelta { base_id } => self.find(base_id),
            Header::Commit | Header::Tree | Header::Blob | Header::Tag => return Base::None,
        };
        found.map_or(Base::Elsewhere, Base::Entry)
    }

    /// What the entry is a difference from.
    pub(super) fn base(&self, at: u32, raw: &mut Vec<u8>) -> Result<Base, ScanError> {
        self.stored(at, HEADER, raw)?;
        Ok(self.base_of(at, &self.entry(at, raw)?.header))
    }

    /// Inflates what is stored: an object, or a difference from another. False if it is too large.
    pub(super) fn inflate(&self, at: u32, tools: &mut Tools, out: &mut Vec<u8>) -> Result<Option<Base>, ScanError> {
        let raw = &mut tools.raw;
        self.stored(at, 1 << 20, raw)?;
        let entry = self.entry(at, raw)?;
        if entry.decompressed_size > LARGEST {
            return Ok(None);
        }
        // Deflate makes nothing much longer than it was; more than that belongs to no object.
        let size = entry.decompressed_size as usize;
        if raw.len() == 1 << 20 {
            self.stored(at, size + size / 64 + 4096, raw)?;
        }
        let from = usize::try_from(entry.data_offset - self.entries[at as usize].0).unwrap_or(usize::MAX);
        out.resize(size, 0);
        tools.inflate.reset();
        let stored = tools.raw.get(from..).unwrap_or_default();
        let progress = tools
            .inflate
            .decompress(stored, out, true)
            .map_err(|error| self.damaged(at, &error))?;
        if progress.output.len() != size {
            return Err(self.damaged(at, &"it is cut off"));
        }
        Ok(Some(self.base_of(at, &entry.header)))
    }
}

/// What reading needs again and again.
pub(super) struct Tools {
    pub(super) inflate: Box<Decoder>,
    pub(super) raw: Vec<u8>,
}

impl Default for Tools {
    fn default() -> Self {
        Self {
            inflate: Box::new(Decoder::new(sirocco::Format::Zlib)),
            raw: Vec::new(),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, out: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut out: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !out.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, out, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        out = &mut out[read..];
        offset += read as u64;
    }
    Ok(())
}
