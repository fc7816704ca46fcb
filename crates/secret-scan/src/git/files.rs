//! What a caller asks of a repository before and beside a scan: its root, what is tracked, and single files of a commit, such as
//! the configuration that counts from the base of a pull request.

use std::path::{Path, PathBuf};

use super::{commit_node, commit_of, failed, open, read, trees};
use crate::tree::ScanError;

/// The folder of the repository's working tree that `path` is in; none where it is in no repository, or in a bare one.
pub fn root_of(path: &Path) -> Option<PathBuf> {
    gix::discover(path).ok()?.workdir().map(Path::to_owned)
}

/// The files below `root` that the index names, as paths that begin with `root`. None where there is no repository.
pub(crate) fn tracked_files(root: &Path) -> Vec<PathBuf> {
    let below = || {
        let repository = gix::discover(root).ok()?;
        let (top, here) = (repository.workdir()?.canonicalize().ok()?, root.canonicalize().ok()?);
        let prefix = here.strip_prefix(&top).ok()?.to_owned();
        let index = repository.index_or_empty().ok()?;
        let files = index.entries().iter().filter_map(|entry| {
            let path = gix::path::from_bstr(entry.path(&index)).ok()?;
            let rest = path.strip_prefix(&prefix).ok()?;
            (!rest.as_os_str().is_empty()).then(|| root.join(rest))
        });
        Some(files.collect())
    };
    below().unwrap_or_default()
}

/// The commit where `base` and `head` part, in hexadecimal digits.
///
/// # Errors
/// When a revision is not there or the two have no common ancestor in this clone; with what to do about it.
pub fn merge_base(path: &Path, base: &str, head: &str) -> Result<String, ScanError> {
    let repository = open(path)?;
    let (base, head) = (commit_of(&repository, base)?, commit_of(&repository, head)?);
    super::range::ancestor(&repository, base, head).map(|id| id.to_string())
}

/// The bytes of the file `name` (from the root of the repository) as the commit `revision` has it, or none where it has none.
///
/// # Errors
/// When the revision is not there, or an object is missing or damaged.
pub fn file_at(path: &Path, revision: &str, name: &str) -> Result<Option<Vec<u8>>, ScanError> {
    let repository = open(path)?;
    let mut buffer = Vec::new();
    let tree = commit_node(&repository, commit_of(&repository, revision)?, &mut buffer)?.tree;
    let Some(blob) = trees::blob_at(&repository, tree, name, &mut buffer)? else {
        return Ok(None);
    };
    if repository
        .find_header(blob)
        .is_ok_and(|header| header.size() > super::LARGEST)
    {
        return Err(failed(format!("{name} of {revision} is too large")));
    }
    read(&repository, &blob, &mut buffer).map(|data| Some(data.to_vec()))
}
