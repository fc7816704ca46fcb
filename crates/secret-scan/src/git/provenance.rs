//! Who brought a secret: the oldest commit in which its path holds one of the blobs with it. Looked up for findings only.

use std::collections::HashMap;

use gix::ObjectId;

use super::pack::Found;
use super::range::commit_info;
use super::{CommitNode, trees};
use crate::finding::Finding;
use crate::tree::ScanError;

/// The findings with their commits. `commits` are newest first.
pub(super) fn attribute(
    repository: &gix::Repository,
    commits: &[CommitNode],
    found: HashMap<(String, Vec<u8>, String), Found>,
) -> Result<Vec<Finding>, ScanError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut by_path: HashMap<String, Vec<(Found, Option<usize>)>> = HashMap::new();
    for ((_, _, path), found) in found {
        by_path.entry(path).or_default().push((found, None));
    }
    // From the newest on, as packs like it; what is written last is the oldest.
    let mut walk = Walk {
        repository,
        memo: HashMap::new(),
        buffer: Vec::new(),
    };
    for (at, commit) in commits.iter().enumerate() {
        for (path, list) in &mut by_path {
            if let Some(blob) = walk.blob(commit.tree, path)? {
                for (_, oldest) in list.iter_mut().filter(|(found, _)| found.blobs.contains(&blob)) {
                    *oldest = Some(at);
                }
            }
        }
    }
    let mut buffer = Vec::new();
    let mut findings = Vec::new();
    for (mut found, oldest) in by_path.into_values().flatten() {
        if let Some(at) = oldest {
            found.finding.commit = Some(commit_info(repository, commits[at].id, &mut buffer)?);
        }
        findings.push(found.finding);
    }
    Ok(findings)
}

/// Blobs by tree and path, each looked up once.
struct Walk<'a> {
    repository: &'a gix::Repository,
    memo: HashMap<(ObjectId, String), Option<ObjectId>>,
    buffer: Vec<u8>,
}

impl Walk<'_> {
    fn blob(&mut self, tree: ObjectId, path: &str) -> Result<Option<ObjectId>, ScanError> {
        let Some((folder, rest)) = path.split_once('/') else {
            return trees::blob_at(self.repository, tree, path, &mut self.buffer);
        };
        let Some(below) = trees::tree_at(self.repository, tree, folder, &mut self.buffer)? else {
            return Ok(None);
        };
        // Most commits leave most folders alone.
        if let Some(known) = self.memo.get(&(below, rest.to_owned())) {
            return Ok(*known);
        }
        let found = self.blob(below, rest)?;
        self.memo.insert((below, rest.to_owned()), found);
        Ok(found)
    }
}
