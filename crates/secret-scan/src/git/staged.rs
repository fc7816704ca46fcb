//! The source "index": blobs that are staged and differ from `HEAD`, for a hook before the commit.

use std::collections::HashMap;
use std::path::Path;

use gix::ObjectId;

use super::range::{plants_found, scan_blob};
use super::{commit_node, failed, open, read, trees};
use crate::scanner::Scanner;
use crate::tree::{Scan, ScanError};

/// Every staged blob that `HEAD` has not at that path. What `HEAD` held there already is said to be in the base.
///
/// # Errors
/// When the repository or its index cannot be read.
pub fn scan_staged(scanner: &Scanner, path: &Path) -> Result<Scan, ScanError> {
    let repository = open(path)?;
    let index = repository
        .index_or_empty()
        .map_err(|error| failed(format!("the index: {error}")))?;
    let known = head_blobs(&repository)?;
    let mut scan = Scan::default();
    let mut buffer = Vec::new();
    for entry in index.entries() {
        let path = String::from_utf8_lossy(entry.path(&index)).into_owned();
        let before = known.get(&path).copied();
        // A submodule has a commit where files have a blob.
        if before == Some(entry.id) || entry.mode.is_submodule() || entry.id.is_empty_blob() {
            continue;
        }
        let mut findings = scan_blob(scanner, &repository, entry.id, &path, &mut buffer, &mut scan)?;
        if let Some(before) = before.filter(|_| !findings.is_empty()) {
            let old = read(&repository, &before, &mut buffer)?;
            for found in &mut findings {
                found.in_base = memchr::memmem::find(old, found.secret.expose()).is_some();
            }
        }
        scan.findings.append(&mut findings);
    }
    scan.plants_found = plants_found(scanner, &repository)?;
    Ok(scan)
}

fn head_blobs(repository: &gix::Repository) -> Result<HashMap<String, ObjectId>, ScanError> {
    let mut blobs = HashMap::new();
    // Before the first commit there is no head, and everything is new.
    let Ok(head) = repository.head_id() else {
        return Ok(blobs);
    };
    let tree = commit_node(repository, head.detach(), &mut Vec::new())?.tree;
    trees::new_blobs(repository, &tree, &[], &mut Vec::new(), &mut |path, id| {
        blobs.insert(String::from_utf8_lossy(path).into_owned(), id);
    })?;
    Ok(blobs)
}
