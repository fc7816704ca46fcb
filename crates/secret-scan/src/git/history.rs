//! The source "history": every blob that any reference reaches, each once. Trees are walked from the newest commit on, packs are
//! read in their own order, and who brought a secret is looked up for findings only.

use std::path::Path;

use gix::ObjectId;
use gix::hashtable::{HashMap, HashSet};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;

use super::pack::{self, Collected, Wanted};
use super::{CommitNode, commit_node, failed, open, provenance, range, read, refuse_partial, shallow};
use crate::scanner::Scanner;
use crate::tree::{Scan, ScanError, threads};

/// Scans every blob that a branch, a tag, a stash or `HEAD` reaches.
///
/// # Errors
/// When the clone is shallow or partial, or an object that is reached is missing or damaged.
pub fn scan_history(scanner: &Scanner, path: &Path, wanted_threads: usize) -> Result<Scan, ScanError> {
    let repository = open(path)?;
    if !shallow(&repository)?.is_empty() {
        return Err(failed(
            "the clone is shallow, most of its history is elsewhere; fetch it (`git fetch --unshallow`, `fetch-depth: 0`)",
        ));
    }
    refuse_partial(&repository)?;
    let commits = all_commits(&repository)?;
    if commits.is_empty() {
        return Err(failed("there is no commit yet; scan the tree or what is staged"));
    }
    let wanted = reachable(&repository, &commits)?;
    let mut collected = pack::scan(scanner, &repository, &wanted, threads(wanted_threads))?;
    pack::scan_rest(scanner, &repository, &wanted, &mut collected)?;
    let Collected { found, mut scan } = collected;
    scan.stats.commits = commits.len() as u64;
    scan.plants_found = range::plants_found(scanner, &repository)?;
    scan.findings = provenance::attribute(&repository, &commits, found)?;
    scan.findings
        .sort_by(|a, b| (&a.path, a.span.start, &a.rule).cmp(&(&b.path, b.span.start, &b.rule)));
    Ok(scan)
}

/// All commits that references reach, newest first.
fn all_commits(repository: &gix::Repository) -> Result<Vec<CommitNode>, ScanError> {
    let references = repository
        .references()
        .map_err(|error| failed(format!("the references: {error}")))?;
    let mut open: Vec<ObjectId> = Vec::new();
    for reference in references
        .all()
        .map_err(|error| failed(format!("the references: {error}")))?
    {
        // A reference that leads nowhere, or to a blob, brings no commit.
        if let Ok(mut reference) = reference
            && let Ok(commit) = reference.peel_to_commit()
        {
            open.push(commit.id);
        }
    }
    open.extend(repository.head_id().ok().map(gix::Id::detach));
    let mut seen: HashSet<ObjectId> = HashSet::default();
    let mut commits = Vec::new();
    let mut buffer = Vec::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let node = commit_node(repository, id, &mut buffer)?;
            open.extend(node.parents.iter().filter(|parent| !seen.contains(*parent)));
            commits.push(node);
        }
    }
    commits.sort_by_key(|commit| std::cmp::Reverse(commit.time));
    Ok(commits)
}

/// Every blob below the trees of these commits, with a path that it has.
fn reachable(repository: &gix::Repository, commits: &[CommitNode]) -> Result<Wanted, ScanError> {
    let mut seen: HashSet<ObjectId> = HashSet::default();
    let mut wanted = Wanted::default();
    let mut blobs: HashMap<ObjectId, u32> = HashMap::default();
    let mut buffer = Vec::new();
    let mut open: Vec<(ObjectId, String)> = Vec::new();
    for commit in commits {
        if seen.insert(commit.tree) {
            open.push((commit.tree, String::new()));
        }
        while let Some((tree, prefix)) = open.pop() {
            let data = read(repository, &tree, &mut buffer)?;
            for entry in TreeRefIter::from_bytes(data, tree.kind()) {
                let entry = entry.map_err(|error| failed(format!("tree {tree} is damaged: {error}")))?;
                let path = || format!("{prefix}{}", String::from_utf8_lossy(entry.filename));
                match entry.mode.kind() {
                    EntryKind::Tree if seen.insert(entry.oid.to_owned()) => {
                        open.push((entry.oid.to_owned(), path() + "/"))
                    }
                    EntryKind::Tree | EntryKind::Commit => {}
                    EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {
                        blobs.entry(entry.oid.to_owned()).or_insert_with(|| wanted.path(path()));
                    }
                }
            }
        }
    }
    wanted.set(blobs);
    Ok(wanted)
}
