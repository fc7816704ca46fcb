//! The sources in a git repository: what is staged, the commits of a pull request, the whole history. Read by `gix`, without
//! a child process and without the hooks, filters or attributes of the repository.
//!
//! A repository that cannot answer (shallow, partial, a base that is not there) is an error with what to do about it, never a
//! scan of nothing.

mod delta;
mod files;
#[cfg(fuzzing)]
pub mod fuzzing;
mod history;
mod likeness;
mod objects;
mod pack;
mod pack_file;
mod range;
mod staged;
mod trees;
mod versions;
mod wanted;

use std::path::Path;

use gix::ObjectId;
use gix::objs::Find as _;

use crate::finding::CommitInfo;
use crate::tree::ScanError;

pub(crate) use files::tracked_files;
pub use files::{file_at, merge_base, root_of};
pub use history::scan_history;
pub use range::{scan_range, scan_since};
pub use staged::scan_staged;

/// Objects larger than this are named and not read.
const LARGEST: u64 = 512 << 20;
/// What the database may keep of packs while trees are walked.
const CACHE_BYTES: usize = 24 << 20;

fn failed(reason: impl Into<String>) -> ScanError {
    ScanError::Repository { reason: reason.into() }
}

/// The repository that `path` is in.
fn open(path: &Path) -> Result<gix::Repository, ScanError> {
    let mut repository =
        gix::discover(path).map_err(|error| failed(format!("{} is in no git repository: {error}", path.display())))?;
    repository
        .objects
        .set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(CACHE_BYTES)));
    Ok(repository)
}

/// The commit that a revision names.
fn commit_of(repository: &gix::Repository, revision: &str) -> Result<ObjectId, ScanError> {
    let remedy =
        "fetch it first, for instance `git fetch origin <base>` or a checkout with the full history (`fetch-depth: 0`)";
    let id = repository
        .rev_parse_single(revision)
        .map_err(|_| failed(format!("`{revision}` is no commit here; {remedy}")))?;
    let object = id
        .object()
        .map_err(|error| failed(format!("`{revision}`: {error}; {remedy}")))?;
    let commit = object
        .peel_to_commit()
        .map_err(|error| failed(format!("`{revision}` is no commit: {error}")))?;
    Ok(commit.id)
}

/// The bytes of an object.
fn read<'a>(repository: &gix::Repository, id: &gix::oid, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], ScanError> {
    let found = repository.objects.try_find(id, buffer);
    match found {
        Ok(Some(data)) => Ok(data.data),
        Ok(None) => Err(failed(format!(
            "object {id} is missing; fetch the whole repository (no `--filter`, no `--depth`)"
        ))),
        Err(error) => Err(failed(format!("object {id} cannot be read: {error}"))),
    }
}

/// What a commit says of its tree, parents and time.
#[derive(Debug, Clone)]
struct CommitNode {
    id: ObjectId,
    tree: ObjectId,
    time: i64,
    parents: Vec<ObjectId>,
}

fn commit_node(repository: &gix::Repository, id: ObjectId, buffer: &mut Vec<u8>) -> Result<CommitNode, ScanError> {
    CommitNode::parse(id, read(repository, &id, buffer)?)
}

impl CommitNode {
    fn parse(id: ObjectId, data: &[u8]) -> Result<Self, ScanError> {
        let broken = || failed(format!("commit {id} is damaged"));
        let mut node = Self {
            id,
            tree: ObjectId::null(id.kind()),
            time: 0,
            parents: Vec::new(),
        };
        // The header ends at the first empty line; only a few fields of it matter here.
        for line in data.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()) {
            let hex = |rest: &[u8]| ObjectId::from_hex(rest).map_err(|_| broken());
            if let Some(rest) = line.strip_prefix(b"tree ") {
                node.tree = hex(rest)?;
            } else if let Some(rest) = line.strip_prefix(b"parent ") {
                node.parents.push(hex(rest)?);
            } else if let Some(rest) = line.strip_prefix(b"committer ") {
                let text = String::from_utf8_lossy(rest);
                let mut words = text.rsplit(' ');
                node.time = words.nth(1).and_then(|time| time.parse().ok()).unwrap_or(0);
                break;
            }
        }
        if node.tree.is_null() { Err(broken()) } else { Ok(node) }
    }
}

/// Id, author and time of a commit.
fn commit_info(id: ObjectId, data: &[u8]) -> CommitInfo {
    let author = data
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(b"author "))
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .unwrap_or_default();
    let mut words = author.rsplitn(3, ' ');
    let time = words.nth(1).and_then(|time| time.parse().ok()).unwrap_or(0);
    CommitInfo {
        id: id.to_string(),
        author: words.next().unwrap_or_default().to_owned(),
        time,
    }
}

/// Whether the history ends early at one of these commits.
fn shallow(repository: &gix::Repository) -> Result<Vec<ObjectId>, ScanError> {
    let commits = repository
        .shallow_commits()
        .map_err(|error| failed(format!("the list of shallow commits: {error}")))?;
    Ok(commits
        .map(|commits| commits.iter().copied().collect())
        .unwrap_or_default())
}

/// A clone that left objects out cannot be scanned.
fn refuse_partial(repository: &gix::Repository) -> Result<(), ScanError> {
    let pack = repository.common_dir().join("objects/pack");
    let promised = std::fs::read_dir(pack)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|ending| ending == "promisor"));
    match promised {
        true => Err(failed(
            "this is a partial clone (`--filter`), which lacks objects; fetch them with `git fetch --refetch --no-filter`",
        )),
        false => Ok(()),
    }
}
