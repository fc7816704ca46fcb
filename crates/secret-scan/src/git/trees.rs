//! Differences of trees: the blobs that a commit has and none of its parents has at that path.

use gix::ObjectId;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;

use super::{failed, read};
use crate::tree::ScanError;

/// Deeper than any real tree.
const DEEPEST: usize = 256;

/// One entry of a tree.
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tree,
    Blob,
    /// A submodule: another repository.
    Other,
}

pub(super) fn entries(
    repository: &gix::Repository,
    tree: &gix::oid,
    buffer: &mut Vec<u8>,
) -> Result<Vec<Entry>, ScanError> {
    let data = read(repository, tree, buffer)?;
    TreeRefIter::from_bytes(data, tree.kind())
        .map(|entry| {
            let entry = entry.map_err(|error| failed(format!("tree {tree} is damaged: {error}")))?;
            Ok(Entry {
                name: entry.filename.to_vec(),
                id: entry.oid.to_owned(),
                kind: match entry.mode.kind() {
                    EntryKind::Tree => Kind::Tree,
                    EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => Kind::Blob,
                    EntryKind::Commit => Kind::Other,
                },
            })
        })
        .collect()
}

/// Calls `visit` with path and id of every blob of `tree` that none of `parents` has at that path.
pub(super) fn new_blobs(
    repository: &gix::Repository,
    tree: &gix::oid,
    parents: &[ObjectId],
    path: &mut Vec<u8>,
    visit: &mut dyn FnMut(&[u8], ObjectId),
) -> Result<(), ScanError> {
    if path.iter().filter(|byte| **byte == b'/').count() > DEEPEST {
        return Err(failed("a tree is nested too deep"));
    }
    let mut buffer = Vec::new();
    let known: Vec<Vec<Entry>> = parents
        .iter()
        .map(|parent| entries(repository, parent, &mut buffer))
        .collect::<Result<_, _>>()?;
    for entry in entries(repository, tree, &mut buffer)? {
        let same_name = || known.iter().flatten().filter(|other| other.name == entry.name);
        if entry.kind == Kind::Other || same_name().any(|other| other.id == entry.id) {
            continue;
        }
        let length = path.len();
        path.extend_from_slice(&entry.name);
        if entry.kind == Kind::Tree {
            let below: Vec<ObjectId> = same_name()
                .filter(|other| other.kind == Kind::Tree)
                .map(|other| other.id)
                .collect();
            path.push(b'/');
            new_blobs(repository, &entry.id, &below, path, visit)?;
        } else {
            visit(path, entry.id);
        }
        path.truncate(length);
    }
    Ok(())
}

/// The blob at a path of a tree.
pub(super) fn blob_at(
    repository: &gix::Repository,
    tree: ObjectId,
    path: &str,
    buffer: &mut Vec<u8>,
) -> Result<Option<ObjectId>, ScanError> {
    match path.split_once('/') {
        Some((folder, rest)) => match tree_at(repository, tree, folder, buffer)? {
            Some(below) => blob_at(repository, below, rest, buffer),
            None => Ok(None),
        },
        None => named(repository, tree, path, false, buffer),
    }
}

/// The folder of that name in a tree.
pub(super) fn tree_at(
    repository: &gix::Repository,
    tree: ObjectId,
    name: &str,
    buffer: &mut Vec<u8>,
) -> Result<Option<ObjectId>, ScanError> {
    named(repository, tree, name, true, buffer)
}

fn named(
    repository: &gix::Repository,
    tree: ObjectId,
    name: &str,
    folder: bool,
    buffer: &mut Vec<u8>,
) -> Result<Option<ObjectId>, ScanError> {
    let data = read(repository, &tree, buffer)?;
    for entry in TreeRefIter::from_bytes(data, tree.kind()) {
        let entry = entry.map_err(|error| failed(format!("tree {tree} is damaged: {error}")))?;
        if entry.filename == name.as_bytes() && entry.mode.is_tree() == folder {
            return Ok(Some(entry.oid.to_owned()));
        }
    }
    Ok(None)
}
