//! A repository of a row's own, with secrets that were made for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use check_secrets::{Kind, Place, Range, Source};
use rand::Rng as _;
use serde::Deserialize;
use tempfile::TempDir;

/// What is in the repository. In texts `{{secret}}` is a token that passes its checksum and that nobody issued.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repository {
    /// Files of its first commit, by their path.
    pub base: BTreeMap<String, String>,
    /// Files of the commits of a pull request, in order. An empty text removes the file.
    pub commits: Vec<BTreeMap<String, String>>,
    /// Files that are staged; what is staged is then all that is looked at.
    pub staged: BTreeMap<String, String>,
    /// Files that are there and not committed: logs, artefacts, environment files.
    pub files: BTreeMap<String, String>,
}

/// A repository that was made.
pub(super) struct Made {
    folder: TempDir,
    is_pull_request: bool,
    staged: bool,
}

impl Repository {
    /// Makes it. The secret that it holds is added to what no report may hold.
    pub(super) fn make(&self, secrets: &mut Vec<String>) -> Result<Made, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let secret = fresh_token();
        let path = folder.path();
        git(path, &["init", "-q", "-b", "main"])?;
        // What is beside the repository is not in it.
        let ignored: Vec<&str> = self.files.keys().map(String::as_str).collect();
        write(path, ".gitignore", &ignored.join("\n"))?;
        lay(path, &self.base, &secret)?;
        commit(path, "base")?;
        git(path, &["branch", "base"])?;
        for (at, files) in self.commits.iter().enumerate() {
            lay(path, files, &secret)?;
            commit(path, &format!("commit {at}"))?;
        }
        lay(path, &self.files, &secret)?;
        lay(path, &self.staged, &secret)?;
        if !self.staged.is_empty() {
            git(path, &["add", "-A"])?;
        }
        secrets.push(secret);
        Ok(Made {
            is_pull_request: !self.commits.is_empty(),
            staged: !self.staged.is_empty(),
            folder,
        })
    }
}

impl Made {
    /// Where secrets are looked for.
    pub(super) fn place(&self) -> Place {
        let folder = self.folder.path().to_owned();
        Place {
            plan_folder: folder.clone(),
            folder,
            range: self.is_pull_request.then(|| Range {
                bases: vec!["base".to_owned()],
                head: "HEAD".to_owned(),
                said_by: "the row".to_owned(),
            }),
            sources: self.staged.then(|| vec![Source::of(Kind::Staged)]),
            ..Place::default()
        }
    }
}

/// A token of GitHub's form with a right checksum: six digits of a CRC-32 in base 62 at its end.
pub fn fresh_token() -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = rand::rng();
    let body: String = (0..30)
        .map(|_| char::from(DIGITS[random.random_range(0..62)]))
        .collect();
    let mut rest = crc32fast::hash(body.as_bytes()) as usize;
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(char::from(DIGITS[rest % 62]));
        rest /= 62;
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{}_{body}{tail}", "ghp")
}

fn lay(folder: &Path, files: &BTreeMap<String, String>, secret: &str) -> Result<(), String> {
    for (path, text) in files {
        match text.as_str() {
            "" => fs::remove_file(folder.join(path)).map_err(|error| format!("{path}: {error}"))?,
            text => write(folder, path, &text.replace("{{secret}}", secret))?,
        }
    }
    Ok(())
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), String> {
    let place = folder.join(path);
    let parent = place.parent().ok_or("a file is in a folder")?;
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&place, text))
        .map_err(|error| format!("{path}: {error}"))
}

fn commit(folder: &Path, message: &str) -> Result<(), String> {
    git(folder, &["add", "-A"])?;
    git(folder, &["commit", "-q", "--allow-empty", "-m", message])
}

/// Runs git, without anything of the user's own.
pub fn git(folder: &Path, words: &[&str]) -> Result<(), String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(words)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@acme.test")])
        .envs([("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@acme.test")])
        .output()
        .map_err(|error| format!("git: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("git {words:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
