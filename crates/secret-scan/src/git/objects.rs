//! Objects by id, for walks over commits and trees: from packs by position, from loose files, from alternates. What was decoded on
//! the way to a difference is kept for a while, because the next tree is most often a difference from one of the last.
//!
//! Replacement references are not followed: what is in the repository counts, not what it says it should look like.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;

use gix::ObjectId;

use super::delta;
use super::pack_file::{Base, PackFile, Tools};
use super::{LARGEST, failed};
use crate::tree::ScanError;

/// A hash for keys that nobody outside chooses.
type Fast = foldhash::fast::RandomState;

/// What may be kept of decoded objects.
const KEPT: usize = 16 << 20;
/// Larger objects are not kept.
const KEEPABLE: usize = 1 << 20;
/// A chain of differences that is longer leads in a circle.
const CHAIN: usize = 8192;

/// Where the objects of a repository are.
pub(super) struct Objects {
    pub(super) packs: Vec<PackFile>,
    folders: Vec<PathBuf>,
}

/// Where one object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    /// The number of a pack and of an entry in it.
    Pack(u16, u32),
    /// A file of its own, or nowhere.
    Loose,
}

impl Objects {
    /// Opens all packs of the repository and of its alternates.
    pub(super) fn open(repository: &gix::Repository) -> Result<Self, ScanError> {
        let own = repository.common_dir().join("objects");
        let cwd = std::env::current_dir().unwrap_or_default();
        let others = gix::odb::alternate::resolve(own.clone(), &cwd)
            .map_err(|error| failed(format!("the alternates: {error}")))?;
        let folders: Vec<PathBuf> = std::iter::once(own).chain(others).collect();
        let mut indices: Vec<PathBuf> = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok())
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "idx"))
            .collect();
        indices.sort();
        let packs = indices
            .iter()
            .map(|path| PackFile::open(path, repository.object_hash()))
            .collect::<Result<Vec<_>, _>>()?;
        if packs.len() > usize::from(u16::MAX) {
            return Err(failed("there are too many packs; run `git gc`"));
        }
        Ok(Self { packs, folders })
    }

    pub(super) fn place(&self, id: &gix::oid) -> Place {
        let found = self
            .packs
            .iter()
            .enumerate()
            .find_map(|(pack, file)| Some(Place::Pack(pack as u16, file.find(id)?)));
        found.unwrap_or(Place::Loose)
    }

    /// Reads the file of a loose object. None if it is too large.
    pub(super) fn loose(&self, id: &gix::oid, tools: &mut Tools, out: &mut Vec<u8>) -> Result<Option<()>, ScanError> {
        let hex = id.to_string();
        let damaged = |error: &dyn std::fmt::Display| failed(format!("object {hex} cannot be read: {error}"));
        let found = self
            .folders
            .iter()
            .map(|folder| folder.join(&hex[..2]).join(&hex[2..]))
            .find_map(|path| std::fs::File::open(path).ok());
        let Some(mut file) = found else {
            return Err(failed(format!(
                "object {hex} is missing; fetch the whole repository (no `--filter`, no `--depth`)"
            )));
        };
        tools.raw.clear();
        std::io::Read::read_to_end(&mut file, &mut tools.raw).map_err(|error| damaged(&error))?;
        tools.inflate.reset();
        let mut head = [0; 64];
        let begun = tools
            .inflate
            .decompress(&tools.raw, &mut head, true)
            .map_err(|error| damaged(&error))?;
        let (used, written, done) = (begun.consumed, begun.output.len(), begun.done);
        let end = memchr::memchr(0, &head[..written]).ok_or_else(|| damaged(&"it has no header"))?;
        let size = std::str::from_utf8(&head[..end])
            .ok()
            .and_then(|text| text.split_once(' ')?.1.parse::<u64>().ok())
            .ok_or_else(|| damaged(&"its header names no size"))?;
        if size > LARGEST {
            return Ok(None);
        }
        let whole = end + 1 + size as usize;
        out.clear();
        out.resize(whole.max(written), 0);
        out[..written].copy_from_slice(&head[..written]);
        let read = match done {
            true => written,
            false => {
                let rest = tools.inflate.decompress(&tools.raw[used..], out, true);
                written + rest.map_err(|error| damaged(&error))?.output.len()
            }
        };
        if read != whole {
            return Err(damaged(&"it is cut off"));
        }
        out.drain(..=end);
        Ok(Some(()))
    }
}

/// Reads objects one after the other.
pub(super) struct Fetcher<'a> {
    objects: &'a Objects,
    tools: Tools,
    kept: HashMap<(u16, u32), Rc<Vec<u8>>, Fast>,
    order: VecDeque<(u16, u32)>,
    bytes: usize,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(objects: &'a Objects) -> Self {
        Self {
            objects,
            tools: Tools::default(),
            kept: HashMap::default(),
            order: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The bytes of an object. None if it is too large.
    pub(super) fn try_read(&mut self, id: &gix::oid) -> Result<Option<Rc<Vec<u8>>>, ScanError> {
        match self.objects.place(id) {
            Place::Pack(pack, at) => self.packed(pack, at),
            Place::Loose => {
                let mut out = Vec::new();
                let read = self.objects.loose(id, &mut self.tools, &mut out)?;
                Ok(read.map(|()| Rc::new(out)))
            }
        }
    }

    /// The bytes of an object, which has to be of a reasonable size.
    pub(super) fn read(&mut self, id: &ObjectId) -> Result<Rc<Vec<u8>>, ScanError> {
        self.try_read(id)?
            .ok_or_else(|| failed(format!("object {id} is too large to be a commit or a tree")))
    }

    fn packed(&mut self, pack: u16, at: u32) -> Result<Option<Rc<Vec<u8>>>, ScanError> {
        let objects = self.objects;
        let file = &objects.packs[usize::from(pack)];
        let mut chain: Vec<(u32, Vec<u8>)> = Vec::new();
        let mut at = at;
        let mut known = loop {
            if let Some(known) = self.kept.get(&(pack, at)) {
                break known.clone();
            }
            let mut stored = Vec::new();
            match file.inflate(at, &mut self.tools, &mut stored)? {
                None => return Ok(None),
                Some(Base::None) => {
                    let whole = Rc::new(stored);
                    self.keep((pack, at), &whole);
                    break whole;
                }
                Some(Base::Entry(base)) if chain.len() < CHAIN => {
                    chain.push((at, stored));
                    at = base;
                }
                Some(Base::Entry(_) | Base::Elsewhere) => {
                    return Err(failed(format!("object {} lacks its base in the pack", file.id(at))));
                }
            }
        };
        while let Some((at, difference)) = chain.pop() {
            let (whole, _) = delta::apply(&known, &difference, LARGEST as usize, Vec::new())
                .ok_or_else(|| failed(format!("object {} is damaged", file.id(at))))?;
            known = Rc::new(whole);
            self.keep((pack, at), &known);
        }
        Ok(Some(known))
    }

    fn keep(&mut self, key: (u16, u32), data: &Rc<Vec<u8>>) {
        if data.len() > KEEPABLE {
            return;
        }
        // What an entry costs beside its bytes.
        self.bytes += data.len() + 96;
        self.kept.insert(key, data.clone());
        self.order.push_back(key);
        while self.bytes > KEPT
            && let Some(old) = self.order.pop_front()
        {
            if let Some(data) = self.kept.remove(&old) {
                self.bytes -= data.len() + 96;
            }
        }
    }
}
