//! A repository in a folder for temporary files, and tokens that nobody issued.
#![allow(dead_code)]

use std::fs;
use std::path::Path;
use std::process::Command;

/// A token that passes its checksum, made of a seed.
pub fn token(seed: u32) -> String {
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = u64::from(seed) * 2_654_435_761 + 12345;
    let random: String = (0..30)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(digits[(state >> 33) as usize % 62])
        })
        .collect();
    let mut sum = u64::from(crc32fast::hash(random.as_bytes()));
    let mut tail = Vec::new();
    for _ in 0..6 {
        tail.push(char::from(digits[(sum % 62) as usize]));
        sum /= 62;
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{}{random}{tail}", concat!("gh", "p_"))
}

pub struct Repo {
    folder: tempfile::TempDir,
    clock: u32,
}

impl Repo {
    pub fn new() -> Self {
        let repo = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: 1_700_000_000,
        };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn git(&self, words: &[&str]) -> String {
        String::from_utf8(self.bytes(words)).unwrap().trim().to_owned()
    }

    /// What git prints, as it is.
    pub fn bytes(&self, words: &[&str]) -> Vec<u8> {
        let time = format!("{} +0000", self.clock);
        let output = Command::new("git")
            .current_dir(self.path())
            .args(words)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "ann@acme.test")])
            .envs([("GIT_COMMITTER_NAME", "Ann"), ("GIT_COMMITTER_EMAIL", "ann@acme.test")])
            .envs([("GIT_AUTHOR_DATE", &time), ("GIT_COMMITTER_DATE", &time)])
            .output()
            .expect("git is installed where these tests run");
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A minute passes.
    pub fn tick(&mut self) {
        self.clock += 60;
    }

    /// Removes every file but the repository itself.
    pub fn empty(&self) {
        for entry in fs::read_dir(self.path()).unwrap().flatten() {
            if entry.file_name() != ".git" {
                let path = entry.path();
                let removed = if path.is_dir() {
                    fs::remove_dir_all(&path)
                } else {
                    fs::remove_file(&path)
                };
                removed.unwrap();
            }
        }
    }

    pub fn commit(&mut self, message: &str) -> String {
        self.clock += 60;
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
