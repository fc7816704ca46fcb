//! The file as it is at the base of a pull request: the merge base of what is checked out and where it goes.
//!
//! A clone that is too shallow to know says so. Nothing is guessed.

use std::path::Path;

use anyhow::anyhow;
use gate_baseline::{Base, MAX_BYTES};
use gix::ObjectId;

use super::parse;
use crate::load::LoadError;

/// What to do about a base that is not in the clone.
const REMEDY: &str =
    "check out the whole history (`fetch-depth: 0`, `GIT_DEPTH: 0`), or name the file of the base with --baseline-base";

/// Where CI services say where a pull request goes, and whether it is the name of a branch.
const VARIABLES: [(&str, bool); 5] = [
    ("GITHUB_BASE_REF", true),
    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", false),
    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", true),
    ("BITBUCKET_PR_DESTINATION_COMMIT", false),
    ("SYSTEM_PULLREQUEST_TARGETBRANCH", true),
];

/// Finds the base's file. `wanted` is what a flag names; without it the variables of the CI service count, and without these
/// this is no pull request.
///
/// # Errors
/// Where the base's file is wrong, or what a flag names is not there.
pub(super) fn find(wanted: Option<&str>, file: &Path) -> Result<Base, LoadError> {
    let named = match wanted {
        Some(revision) => Some((revision.to_owned(), false)),
        None => VARIABLES.iter().find_map(|(name, branch)| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
            Some((value, *branch))
        }),
    };
    let Some((revision, is_branch)) = named else {
        return Ok(Base::None);
    };
    match at(&revision, is_branch, file) {
        Ok(Some((bytes, name))) => Ok(Base::File(parse(&name, &bytes)?, name)),
        Ok(None) => Ok(Base::Without),
        Err(why) if wanted.is_some() => Err(LoadError::Unreadable(anyhow!("{why}; {REMEDY}"))),
        Err(why) => Ok(Base::Unknown(format!("{why}; {REMEDY}"))),
    }
}

/// The file's bytes at the merge base with a revision and what to call them; none where it is not there.
fn at(revision: &str, is_branch: bool, file: &Path) -> Result<Option<(Vec<u8>, String)>, String> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let repository = gix::discover(folder).map_err(|_| format!("{} is in no git repository", folder.display()))?;
    let work = repository
        .workdir()
        .ok_or("the git repository has no files checked out")?;
    let absolute = |path: &Path| {
        path.canonicalize()
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    let inside = absolute(folder)?;
    let inside = inside
        .strip_prefix(absolute(work)?)
        .map_err(|_| format!("{} is outside of the git repository", folder.display()))?
        .join(file.file_name().unwrap_or_default());
    let head = repository
        .head_id()
        .map_err(|error| format!("there is no commit: {error}"))?
        .detach();
    let base = commit(&repository, revision, is_branch)?;
    let apart = || format!("the clone does not reach back to where `{revision}` and this commit part");
    let merge_base = repository
        .merge_base(head, base)
        .map_err(|_| apart())?
        .ok_or_else(apart)?
        .detach();
    let broken = |error: &dyn std::fmt::Display| format!("commit {merge_base}: {error}");
    let commit = repository.find_commit(merge_base).map_err(|error| broken(&error))?;
    let tree = commit.tree().map_err(|error| broken(&error))?;
    let entry = tree.lookup_entry_by_path(&inside).map_err(|error| broken(&error))?;
    let Some(entry) = entry else { return Ok(None) };
    let id = entry.object_id();
    let size = repository
        .find_header(id)
        .map_err(|error| format!("{}: {error}", inside.display()))?
        .size();
    if size > MAX_BYTES as u64 {
        return Err(format!(
            "{} has {size} bytes at the base; at most {MAX_BYTES} are read",
            inside.display()
        ));
    }
    let blob = repository
        .find_blob(id)
        .map_err(|error| format!("{}: {error}", inside.display()))?;
    let short: String = merge_base.to_string().chars().take(12).collect();
    let name = format!("{} at {short}", inside.to_string_lossy().replace('\\', "/"));
    Ok(Some((blob.data.clone(), name)))
}

/// The commit that a revision names; a branch may be known by the remote's name alone.
fn commit(repository: &gix::Repository, revision: &str, is_branch: bool) -> Result<ObjectId, String> {
    let branch = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    let names = if is_branch {
        vec![format!("refs/remotes/origin/{branch}"), format!("refs/heads/{branch}")]
    } else {
        vec![revision.to_owned()]
    };
    for name in &names {
        if let Ok(id) = repository.rev_parse_single(name.as_str())
            && let Ok(object) = id.object()
            && let Ok(commit) = object.peel_to_commit()
        {
            return Ok(commit.id);
        }
    }
    Err(format!("`{revision}` is not in this clone"))
}
