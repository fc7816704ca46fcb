//! Which blobs a history has, with the path and the commit that brought each, and what was found in them.

use std::collections::HashMap as StdMap;
use std::sync::atomic::{AtomicBool, Ordering};

use gix::ObjectId;
use gix::hashtable::HashMap;

use crate::finding::{Finding, Level};
use crate::judge::Place;
use crate::tree::Scan;

/// The blobs to scan, by number. A blob whose paths say different things of it (one is a test's, one is not) has a number for each.
#[derive(Default)]
pub(super) struct Wanted {
    paths: Vec<String>,
    path_numbers: StdMap<String, u32>,
    numbers: HashMap<ObjectId, u32>,
    blobs: Vec<Blob>,
    /// Further places of a blob, by its first number.
    places: StdMap<u32, Vec<Place>>,
    done: Vec<AtomicBool>,
}

/// One blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blob {
    pub(super) id: ObjectId,
    /// The number of its path.
    pub(super) path: u32,
    /// The commit that brought it, counted from the oldest.
    pub(super) commit: u32,
}

impl Wanted {
    /// Notes a blob, which is `name` in the folder `prefix`; the first path and commit stay.
    pub(super) fn add(&mut self, id: &gix::oid, commit: u32, prefix: &str, name: &[u8]) {
        let path = || format!("{prefix}{}", String::from_utf8_lossy(name));
        let next = self.blobs.len() as u32;
        let Some(&known) = self.numbers.get(id) else {
            self.numbers.insert(id.to_owned(), next);
            return self.push(id, path(), commit);
        };
        let first = self.path_of(known).as_bytes();
        let same =
            first.len() == prefix.len() + name.len() && first.starts_with(prefix.as_bytes()) && first.ends_with(name);
        if same {
            return;
        }
        let path = path();
        let place = Place::of(&path);
        let differs = Place::of(self.path_of(known)) != place;
        if differs && !self.places.get(&known).is_some_and(|places| places.contains(&place)) {
            self.places.entry(known).or_default().push(place);
            self.push(id, path, commit);
        }
    }

    fn push(&mut self, id: &gix::oid, path: String, commit: u32) {
        let next = self.paths.len() as u32;
        let path = *self.path_numbers.entry(path).or_insert_with_key(|path| {
            self.paths.push(path.clone());
            next
        });
        let id = id.to_owned();
        self.blobs.push(Blob { id, path, commit });
    }

    /// Nothing is added any more.
    pub(super) fn close(&mut self) {
        self.path_numbers = StdMap::new();
        self.places = StdMap::new();
        self.done = self.blobs.iter().map(|_| AtomicBool::new(false)).collect();
    }

    pub(super) fn number(&self, id: &gix::oid) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(super) fn blobs(&self) -> &[Blob] {
        &self.blobs
    }

    pub(super) fn path_of(&self, number: u32) -> &str {
        &self.paths[self.blobs[number as usize].path as usize]
    }

    /// Takes the blob; only the first who asks gets it.
    pub(super) fn take(&self, number: u32) -> bool {
        !self.done[number as usize].swap(true, Ordering::Relaxed)
    }
}

/// A secret of a path, each once: rule, value, path, and whether it fails there: what is for readers in one version may be the
/// product's in the next.
type Key = (String, Vec<u8>, String, Level);

/// What was found.
#[derive(Default)]
pub(super) struct Collected {
    found: StdMap<Key, (u32, Finding)>,
    pub(super) scan: Scan,
}

impl Collected {
    /// Of several blobs with one secret, the one that came first counts.
    pub(super) fn add(&mut self, finding: Finding, blob: Blob) {
        let key = (
            finding.rule.to_string(),
            finding.secret.expose().to_vec(),
            finding.path.to_string(),
            finding.level,
        );
        self.insert(key, blob.commit, finding);
    }

    fn insert(&mut self, key: Key, commit: u32, finding: Finding) {
        use std::collections::hash_map::Entry;
        let rank = |commit: u32, finding: &Finding| (commit, finding.span.start);
        match self.found.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert((commit, finding));
            }
            Entry::Occupied(mut entry) => {
                let (known, other) = entry.get();
                if rank(commit, &finding) < rank(*known, other) {
                    entry.insert((commit, finding));
                }
            }
        }
    }

    pub(super) fn join(&mut self, mut other: Self) {
        for (key, (commit, finding)) in other.found.drain() {
            self.insert(key, commit, finding);
        }
        self.scan.stats.blobs += other.scan.stats.blobs;
        self.scan.stats.bytes += other.scan.stats.bytes;
        self.scan.skipped.append(&mut other.scan.skipped);
    }

    /// Each secret with the number of the commit that brought it.
    pub(super) fn into_parts(self) -> (Vec<(u32, Finding)>, Scan) {
        (self.found.into_values().collect(), self.scan)
    }
}
