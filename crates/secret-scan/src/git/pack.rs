//! Reads packs in the order of their deltas: each base once, then what is stored as its difference, so that a blob costs what
//! differs from its base and not its size.

use std::collections::HashMap as StdMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gix::ObjectId;
use gix::hashtable::HashMap;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};

use super::{LARGEST, delta, failed, range};
use crate::artefact;
use crate::decode;
use crate::finding::Finding;
use crate::judge::Place;
use crate::layer::Survey;
use crate::scanner::{Offset, PIECE, Scanner};
use crate::tree::{Scan, ScanError};

/// What may be held of bases whose other differences are still to come.
const HELD: usize = 48 << 20;

/// The blobs to scan.
#[derive(Default)]
pub(super) struct Wanted {
    paths: Vec<String>,
    numbers: StdMap<String, u32>,
    blobs: HashMap<ObjectId, u32>,
    done: Vec<AtomicBool>,
    path_of: Vec<u32>,
}

impl Wanted {
    /// The number of a path.
    pub(super) fn path(&mut self, path: String) -> u32 {
        let next = self.paths.len() as u32;
        *self.numbers.entry(path).or_insert_with_key(|path| {
            self.paths.push(path.clone());
            next
        })
    }

    pub(super) fn set(&mut self, blobs: HashMap<ObjectId, u32>) {
        self.numbers = StdMap::new();
        self.path_of = Vec::with_capacity(blobs.len());
        self.blobs = blobs;
        for value in self.blobs.values_mut() {
            self.path_of.push(*value);
            *value = self.path_of.len() as u32 - 1;
        }
        self.done = self.path_of.iter().map(|_| AtomicBool::new(false)).collect();
    }

    fn number(&self, id: &gix::oid) -> Option<u32> {
        self.blobs.get(id).copied()
    }

    fn path_of(&self, number: u32) -> &str {
        &self.paths[self.path_of[number as usize] as usize]
    }

    /// Takes the blob; only the first who asks gets it.
    fn take(&self, number: u32) -> bool {
        !self.done[number as usize].swap(true, Ordering::Relaxed)
    }
}

/// A secret with the blobs that hold it.
pub(super) struct Found {
    pub(super) finding: Finding,
    pub(super) blobs: Vec<ObjectId>,
}

/// What was found, each secret once for each path.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) found: StdMap<(String, Vec<u8>, String), Found>,
    pub(super) scan: Scan,
}

impl Collected {
    fn add(&mut self, finding: Finding, blob: ObjectId) {
        let key = (
            finding.rule.to_string(),
            finding.secret.expose().to_vec(),
            finding.path.to_string(),
        );
        let found = self.found.entry(key).or_insert_with(|| Found {
            finding,
            blobs: Vec::new(),
        });
        found.blobs.push(blob);
    }

    fn join(&mut self, mut other: Self) {
        for (key, mut found) in other.found.drain() {
            match self.found.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    entry.get_mut().blobs.append(&mut found.blobs)
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(found);
                }
            }
        }
        self.scan.stats.blobs += other.scan.stats.blobs;
        self.scan.stats.bytes += other.scan.stats.bytes;
        self.scan.skipped.append(&mut other.scan.skipped);
    }
}

/// Scans what is wanted and lies in packs.
pub(super) fn scan(
    scanner: &Scanner,
    repository: &gix::Repository,
    wanted: &Wanted,
    threads: usize,
) -> Result<Collected, ScanError> {
    let mut collected = Collected::default();
    for path in packs(repository)? {
        let Some(pack) = Pack::open(&path, repository.object_hash(), wanted)? else {
            continue;
        };
        let next = AtomicUsize::new(0);
        let shared = Mutex::new(Ok(&mut collected));
        std::thread::scope(|scope| {
            for _ in 0..threads.min(pack.roots.len()) {
                scope.spawn(|| {
                    let mut own = Reader::new(scanner, &pack, wanted);
                    let outcome = own.run(&next);
                    let mut shared = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match (&mut *shared, outcome) {
                        (Ok(all), Ok(())) => all.join(own.collected),
                        (Ok(_), Err(error)) => *shared = Err(error),
                        (Err(_), _) => {}
                    }
                });
            }
        });
        shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)?;
    }
    Ok(collected)
}

/// Scans what is wanted and was in no pack, or only as a difference from elsewhere.
pub(super) fn scan_rest(
    scanner: &Scanner,
    repository: &gix::Repository,
    wanted: &Wanted,
    collected: &mut Collected,
) -> Result<(), ScanError> {
    let mut buffer = Vec::new();
    for (id, &number) in &wanted.blobs {
        if wanted.take(number) {
            let path = wanted.path_of(number);
            for found in range::scan_blob(scanner, repository, *id, path, &mut buffer, &mut collected.scan)? {
                collected.add(found, *id);
            }
        }
    }
    Ok(())
}

/// The indices of all packs, those of alternates too.
fn packs(repository: &gix::Repository) -> Result<Vec<PathBuf>, ScanError> {
    let objects = repository.common_dir().join("objects");
    let mut folders = vec![objects.clone()];
    let cwd = std::env::current_dir().unwrap_or_default();
    let others =
        gix::odb::alternate::resolve(objects, &cwd).map_err(|error| failed(format!("the alternates: {error}")))?;
    folders.extend(others);
    let mut found: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "idx"))
        .collect();
    found.sort();
    Ok(found)
}

/// A pack with the order in which its blobs are read.
struct Pack {
    index: index::File,
    data: data::File,
    /// Offset in the pack and number in the index, by offset.
    entries: Vec<(u64, u32)>,
    /// First child of each entry and next child of the same parent; `NONE` ends.
    child: Vec<u32>,
    sibling: Vec<u32>,
    /// Blobs that are stored whole and lead to something wanted.
    roots: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Pack {
    fn open(path: &std::path::Path, hash: gix::hash::Kind, wanted: &Wanted) -> Result<Option<Self>, ScanError> {
        let damaged = |error: &dyn std::fmt::Display| failed(format!("pack {}: {error}", path.display()));
        let index = index::File::at(path, hash).map_err(|error| damaged(&error))?;
        let data = data::File::at(path.with_extension("pack"), hash).map_err(|error| damaged(&error))?;
        let mut entries: Vec<(u64, u32)> = (0..index.num_objects())
            .map(|at| (index.pack_offset_at_index(at), at))
            .collect();
        entries.sort_unstable();
        let count = entries.len();
        let mut parents = vec![NONE; count];
        let mut blob = vec![false; count];
        for (at, &(offset, _)) in entries.iter().enumerate() {
            match data.entry(offset).map_err(|error| damaged(&error))?.header {
                Header::Blob => blob[at] = true,
                Header::OfsDelta { base_distance } => {
                    let base = offset.saturating_sub(base_distance);
                    if let Ok(parent) = entries.binary_search_by_key(&base, |entry| entry.0) {
                        parents[at] = parent as u32;
                        blob[at] = blob[parent];
                    }
                }
                Header::Commit | Header::Tree | Header::Tag | Header::RefDelta { .. } => {}
            }
        }
        let mut needed: Vec<bool> = (0..count)
            .map(|at| blob[at] && wanted.number(index.oid_at_index(entries[at].1)).is_some())
            .collect();
        let (mut child, mut sibling) = (vec![NONE; count], vec![NONE; count]);
        let mut roots = Vec::new();
        // A base lies before its differences, so that from the back each entry is known before its parent.
        for at in (0..count).rev().filter(|at| blob[*at]) {
            if !needed[at] {
                continue;
            }
            match parents[at] {
                NONE => roots.push(at as u32),
                parent => {
                    needed[parent as usize] = true;
                    sibling[at] = child[parent as usize];
                    child[parent as usize] = at as u32;
                }
            }
        }
        Ok((!roots.is_empty()).then_some(Self {
            index,
            data,
            entries,
            child,
            sibling,
            roots,
        }))
    }

    fn id(&self, at: u32) -> &gix::oid {
        self.index.oid_at_index(self.entries[at as usize].1)
    }
}

/// A base whose differences are being read.
struct Node {
    next: u32,
    data: Vec<u8>,
    survey: Survey,
    /// How it was judged; its survey then holds only what was a secret there.
    judged: Option<(Place, bool)>,
}

struct Reader<'a> {
    scanner: &'a Scanner,
    pack: &'a Pack,
    wanted: &'a Wanted,
    inflate: gix::zlib::Inflate,
    collected: Collected,
}

impl<'a> Reader<'a> {
    fn new(scanner: &'a Scanner, pack: &'a Pack, wanted: &'a Wanted) -> Self {
        Self {
            scanner,
            pack,
            wanted,
            inflate: gix::zlib::Inflate::default(),
            collected: Collected::default(),
        }
    }

    fn run(&mut self, next: &AtomicUsize) -> Result<(), ScanError> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&root) = self.pack.roots.get(at) else {
                return Ok(());
            };
            self.family(root)?;
        }
    }

    /// A whole blob and everything that is stored as a difference from it.
    fn family(&mut self, root: u32) -> Result<(), ScanError> {
        let Some(data) = self.inflate(root)? else {
            return Ok(());
        };
        let mut held = data.len();
        let mut open = vec![self.examine(root, data, None)];
        while let Some(top) = open.last_mut() {
            let at = top.next;
            if at == NONE || held > HELD {
                // What does not fit is left to the reader of the rest.
                held -= top.data.len();
                open.pop();
                continue;
            }
            top.next = self.pack.sibling[at as usize];
            let Some(difference) = self.inflate(at)? else {
                continue;
            };
            let (data, copies) = delta::apply(&top.data, &difference, LARGEST as usize)
                .ok_or_else(|| failed(format!("blob {} is damaged", self.pack.id(at))))?;
            let usable = top
                .judged
                .is_none_or(|judged| self.judged_as(at, &data).is_none_or(|own| own == judged));
            let survey = usable.then(|| delta::survey(&self.scanner.prefilter, &data, &top.survey, &copies));
            if top.next == NONE {
                held -= top.data.len();
                open.pop();
            }
            held += data.len();
            let node = self.examine(at, data, survey);
            open.push(node);
        }
        Ok(())
    }

    fn inflate(&mut self, at: u32) -> Result<Option<Vec<u8>>, ScanError> {
        let damaged = |error: &dyn std::fmt::Display| failed(format!("object {}: {error}", self.pack.id(at)));
        let entry = self
            .pack
            .data
            .entry(self.pack.entries[at as usize].0)
            .map_err(|error| damaged(&error))?;
        if entry.decompressed_size > LARGEST {
            return Ok(None);
        }
        let mut out = vec![0; entry.decompressed_size as usize];
        self.pack
            .data
            .decompress_entry(&entry, &mut self.inflate, &mut out)
            .map_err(|error| damaged(&error))?;
        Ok(Some(out))
    }

    /// How the blob is judged, if it is one to judge.
    fn judged_as(&self, at: u32, data: &[u8]) -> Option<(Place, bool)> {
        let number = self.wanted.number(self.pack.id(at))?;
        let binary = memchr::memchr(0, &data[..data.len().min(8000)]).is_some();
        Some((Place::of(self.wanted.path_of(number)), binary))
    }

    fn examine(&mut self, at: u32, data: Vec<u8>, survey: Option<Survey>) -> Node {
        let survey = survey.unwrap_or_else(|| {
            let mut survey = Survey::of(&self.scanner.prefilter, &data);
            survey.tidy();
            survey
        });
        let mut node = Node {
            next: self.pack.child[at as usize],
            data,
            survey,
            judged: None,
        };
        let id = self.pack.id(at);
        let Some(number) = self.wanted.number(id).filter(|number| self.wanted.take(*number)) else {
            return node;
        };
        let path = self.wanted.path_of(number);
        self.collected.scan.stats.blobs += 1;
        self.collected.scan.stats.bytes += node.data.len() as u64;
        if self.scanner.options.allow.covers_path(path) {
            return node;
        }
        if node.data.len() > PIECE || decode::utf16(&node.data).is_some() || artefact::is_container(&node.data) {
            let scanned = self.scanner.scan(path, &node.data);
            self.collected.scan.skipped.extend(scanned.skipped);
            for found in scanned.findings {
                self.collected.add(found, id.to_owned());
            }
            return node;
        }
        let rules = self.scanner.file_rules(path);
        if !node.survey.is_empty() || !rules.is_empty() {
            let (matches, truncated) = self.scanner.judge(Place::of(path), &node.data, &node.survey, &rules);
            if truncated {
                self.collected.scan.skipped.push(crate::Skipped {
                    kind: crate::Unscanned::Bound,
                    path: path.to_owned(),
                    why: format!("blob {id} is truncated: too many matches or too much encoded text"),
                });
            }
            node.survey.keep(&self.scanner.prefilter, &matches, delta::REACH);
            for found in self.scanner.findings(path, &node.data, matches, Offset::default()) {
                self.collected.add(found, id.to_owned());
            }
        }
        node.judged = self.judged_as(at, &node.data);
        node
    }
}
