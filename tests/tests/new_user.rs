//! The walk of a new user, `tests/new-user/walk.sh`, in an empty folder with nothing in its environment.

#[path = "cli/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn walk() -> PathBuf {
    root().join("tests/new-user/walk.sh")
}

#[test]
fn a_new_user_comes_from_the_readme_to_a_red_build() {
    let (folder, bin) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    symlink(program::path(), bin.path().join("launchgate")).expect("linked");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .arg(walk())
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", format!("{}:{path}", bin.path().display()))
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    // For whoever wants to know how long it takes: `cargo test … -- --nocapture`.
    #[allow(clippy::print_stderr)]
    {
        eprintln!("{said}");
    }
    // What stays is what he asked for; the program keeps nothing beside it.
    let mut left: Vec<String> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "api.log",
            "junit.xml",
            "launchgate.baseline.yml",
            "launchgate.sarif",
            "launchgate.yml",
            "red.json",
            "report.html",
            "result.json",
            "runs.jsonl",
            "summary.md",
        ]
    );
    for file in left {
        let bytes = fs::read(folder.path().join(&file)).expect("read");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("not-a-secret"), "{file} holds a password");
    }
}

/// He only does what the README, or a page that it names, shows.
#[test]
fn every_command_of_the_walk_is_in_the_documentation() {
    let pages: String = [
        "README.md",
        "docs/guide.md",
        "docs/reports.md",
        "docs/baseline.md",
        "docs/ci.md",
    ]
    .iter()
    .map(|page| fs::read_to_string(root().join(page)).expect("the page is there"))
    .collect();
    let walk = fs::read_to_string(walk()).expect("the walk is there");
    let commands: BTreeSet<&str> = walk
        .lines()
        .filter(|line| line.starts_with("expect "))
        .filter_map(|line| line.split(" launchgate ").nth(1)?.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        assert!(
            pages.contains(&format!("launchgate {command}")),
            "no page shows launchgate {command}"
        );
    }
}
