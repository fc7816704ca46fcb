//! The source "pull request": every blob that a commit between base and head brings, merges too, so that a secret that was added
//! and removed again is found.
//!
//! What the base had already, at the same path or at one that the range removed, is said to be in the base and fails nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use gix::ObjectId;

use super::{CommitNode, LARGEST, commit_info, commit_node, commit_of, failed, open, read, shallow, trees};
use crate::finding::{CommitInfo, Finding};
use crate::scanner::Scanner;
use crate::tree::{Scan, ScanError, Skipped, Unscanned};

/// Everything between the merge base of `base` and `head`, and `head`.
///
/// # Errors
/// When a revision is not there, the two have no common ancestor, or the clone is too shallow to tell.
pub fn scan_range(scanner: &Scanner, path: &Path, base: &str, head: &str) -> Result<Scan, ScanError> {
    let repository = open(path)?;
    let (base, head) = (commit_of(&repository, base)?, commit_of(&repository, head)?);
    let ancestor = ancestor(&repository, base, head)?;
    Range {
        scanner,
        repository: &repository,
        hidden: base,
        ancestor,
        head: commit_node(&repository, head, &mut Vec::new())?.tree,
    }
    .scan(head)
}

/// The commit where the two part.
pub(super) fn ancestor(repository: &gix::Repository, base: ObjectId, head: ObjectId) -> Result<ObjectId, ScanError> {
    repository
        .merge_base(base, head)
        .ok()
        .flatten()
        .map(gix::Id::detach)
        .ok_or_else(|| failed(format!("{base} and {head} have no common ancestor here; fetch the full history (`git fetch --unshallow`, `fetch-depth: 0`)")))
}

/// Everything that `HEAD` has and `revision` has not.
///
/// # Errors
/// When the revision is not there or the clone is too shallow to tell.
pub fn scan_since(scanner: &Scanner, path: &Path, revision: &str) -> Result<Scan, ScanError> {
    scan_range(scanner, path, revision, "HEAD")
}

struct Range<'a> {
    scanner: &'a Scanner,
    repository: &'a gix::Repository,
    hidden: ObjectId,
    ancestor: ObjectId,
    /// The tree of the head.
    head: ObjectId,
}

/// A blob that the range brings, where first.
struct NewBlob {
    id: ObjectId,
    path: String,
    commit: usize,
}

impl Range<'_> {
    fn scan(&self, head: ObjectId) -> Result<Scan, ScanError> {
        let commits = self.commits(head)?;
        let mut scan = Scan::default();
        scan.stats.commits = commits.len() as u64;
        let blobs = self.blobs(&commits)?;
        let mut seen: HashSet<(String, Vec<u8>, String)> = HashSet::new();
        let mut buffer = Vec::new();
        for blob in &blobs {
            for mut found in scan_blob(
                self.scanner,
                self.repository,
                blob.id,
                &blob.path,
                &mut buffer,
                &mut scan,
            )? {
                let key = (
                    found.rule.to_string(),
                    found.secret.expose().to_vec(),
                    blob.path.clone(),
                );
                if seen.insert(key) {
                    found.commit = Some(self.brought_by(commits[blob.commit].id)?);
                    scan.findings.push(found);
                }
            }
        }
        self.mark_known(&blobs, &mut scan.findings)?;
        scan.plants_found = plants_found(self.scanner, self.repository)?;
        scan.findings
            .sort_by(|a, b| (&a.path, a.span.start).cmp(&(&b.path, b.span.start)));
        Ok(scan)
    }

    fn brought_by(&self, id: ObjectId) -> Result<CommitInfo, ScanError> {
        Ok(commit_info(id, read(self.repository, &id, &mut Vec::new())?))
    }

    /// The commits of the range, oldest first.
    fn commits(&self, head: ObjectId) -> Result<Vec<CommitNode>, ScanError> {
        let cut: HashSet<ObjectId> = shallow(self.repository)?.into_iter().collect();
        let walk = self
            .repository
            .rev_walk([head])
            .with_hidden([self.hidden])
            .all()
            .map_err(|error| failed(format!("the commits of the range: {error}")))?;
        let mut commits = Vec::new();
        let mut buffer = Vec::new();
        for info in walk {
            let info =
                info.map_err(|error| failed(format!("the commits of the range: {error}; fetch the full history")))?;
            if cut.contains(&info.id) {
                return Err(failed(format!(
                    "the clone is shallow and ends within the range, at {}; fetch more of it (`git fetch --unshallow`, `fetch-depth: 0`)",
                    info.id
                )));
            }
            commits.push(commit_node(self.repository, info.id, &mut buffer)?);
        }
        commits.reverse();
        commits.sort_by_key(|commit| commit.time);
        Ok(commits)
    }

    /// Each blob of the range once for each path, with the first commit that has it.
    fn blobs(&self, commits: &[CommitNode]) -> Result<Vec<NewBlob>, ScanError> {
        let trees: HashMap<ObjectId, ObjectId> = commits.iter().map(|commit| (commit.id, commit.tree)).collect();
        let mut seen: HashSet<(ObjectId, String)> = HashSet::new();
        let mut blobs = Vec::new();
        let mut buffer = Vec::new();
        for (at, commit) in commits.iter().enumerate() {
            let mut parents = Vec::new();
            for parent in &commit.parents {
                parents.push(match trees.get(parent) {
                    Some(tree) => *tree,
                    None => commit_node(self.repository, *parent, &mut buffer)?.tree,
                });
            }
            trees::new_blobs(
                self.repository,
                &commit.tree,
                &parents,
                &mut Vec::new(),
                &mut |path, id| {
                    let path = String::from_utf8_lossy(path).into_owned();
                    if seen.insert((id, path.clone())) {
                        blobs.push(NewBlob { id, path, commit: at });
                    }
                },
            )?;
        }
        Ok(blobs)
    }

    /// Says of each finding whether the base had that secret where the range changed something.
    fn mark_known(&self, blobs: &[NewBlob], findings: &mut [Finding]) -> Result<(), ScanError> {
        if findings.is_empty() {
            return Ok(());
        }
        let mut buffer = Vec::new();
        let base = commit_node(self.repository, self.ancestor, &mut buffer)?.tree;
        let mut touched: BTreeSet<ObjectId> = BTreeSet::new();
        for path in blobs.iter().map(|blob| &blob.path).collect::<BTreeSet<_>>() {
            touched.extend(trees::blob_at(self.repository, base, path, &mut buffer)?);
        }
        touched.extend(self.removed(base)?);
        for id in touched {
            let data = read(self.repository, &id, &mut buffer)?;
            for found in findings.iter_mut().filter(|found| !found.in_base) {
                found.in_base = memchr::memmem::find(data, found.secret.expose()).is_some();
            }
        }
        Ok(())
    }

    /// Blobs of the base whose paths the head has not: their content may have moved.
    fn removed(&self, base: ObjectId) -> Result<Vec<ObjectId>, ScanError> {
        let mut removed = Vec::new();
        trees::new_blobs(self.repository, &base, &[self.head], &mut Vec::new(), &mut |_, id| {
            removed.push(id)
        })?;
        Ok(removed)
    }
}

/// What a blob holds. Too large ones are named.
pub(super) fn scan_blob(
    scanner: &Scanner,
    repository: &gix::Repository,
    id: ObjectId,
    path: &str,
    buffer: &mut Vec<u8>,
    scan: &mut Scan,
) -> Result<Vec<Finding>, ScanError> {
    if repository.find_header(id).is_ok_and(|header| header.size() > LARGEST) {
        scan.skipped.push(Skipped {
            kind: Unscanned::Bound,
            path: path.to_owned(),
            why: format!("blob {id} is larger than {} MiB", LARGEST >> 20),
        });
        return Ok(Vec::new());
    }
    let data = read(repository, &id, buffer)?;
    scan.stats.blobs += 1;
    scan.stats.bytes += data.len() as u64;
    let scanned = scanner.scan(path, data);
    if scanned.truncated {
        scan.skipped.push(Skipped {
            kind: Unscanned::Bound,
            path: path.to_owned(),
            why: format!("blob {id} is truncated: too many matches or too much encoded text"),
        });
    }
    scan.skipped.extend(scanned.skipped);
    Ok(scanned.findings)
}

/// The plants that are found by the way of blobs. They are objects in memory; nothing is written into the repository.
pub(super) fn plants_found(scanner: &Scanner, repository: &gix::Repository) -> Result<usize, ScanError> {
    let repository = repository.clone().with_object_memory();
    let mut found = 0;
    for plant in &scanner.options.plants {
        let id = repository
            .write_blob(&plant.bytes)
            .map_err(|error| failed(format!("an object in memory: {error}")))?;
        let (mut buffer, mut own) = (Vec::new(), Scan::default());
        let findings = scan_blob(scanner, &repository, id.detach(), &plant.path, &mut buffer, &mut own)?;
        found += usize::from(plant.is_among(&findings));
    }
    Ok(found)
}
