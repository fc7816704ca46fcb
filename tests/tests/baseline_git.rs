//! The baseline at the base of a pull request, read from git: found at the merge base, honest where the clone is shallow.

use std::path::Path;
use std::process::{Command, Output};

#[path = "cli/program.rs"]
mod program;

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@localhost",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(["-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git can be run");
    assert!(
        output.status.success(),
        "git {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn gate(folder: &Path, args: &[&str], base_ref: Option<&str>) -> Output {
    let mut command = Command::new(program::path());
    command.args(args).current_dir(folder).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(base_ref.map(|name| ("GITHUB_BASE_REF", name)));
    command.output().expect("the program can be run")
}

const RUN: [&str; 5] = [
    "demo",
    "--only",
    "access/read-other-tenant",
    "--baseline",
    "launchgate.baseline.yml",
];

fn ran(folder: &Path, more: &[&str], base_ref: Option<&str>) -> (Option<i32>, String) {
    let args: Vec<&str> = RUN.iter().chain(more).copied().collect();
    let output = gate(folder, &args, base_ref);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), said)
}

fn accept(folder: &Path, hole: Option<&str>) {
    let mut args = vec![
        "demo",
        "--only",
        "access/read-other-tenant",
        "--report",
        "json=result.json",
    ];
    args.extend(hole.iter().flat_map(|hole| ["--hole", hole]));
    gate(folder, &args, None);
    let terms = ["--reason", "r", "--owner", "o", "--expires", "30d"];
    let args: Vec<&str> = ["baseline", "accept", "result.json"]
        .iter()
        .chain(&terms)
        .copied()
        .collect();
    let output = gate(folder, &args, None);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_base_is_read_from_git_and_a_shallow_clone_says_so() {
    let root = tempfile::tempdir().expect("a folder");
    let origin = root.path().join("origin");
    std::fs::create_dir(&origin).expect("a folder");
    git(&origin, &["init", "--quiet"]);
    accept(&origin, None);
    git(&origin, &["add", "launchgate.baseline.yml"]);
    git(&origin, &["commit", "--quiet", "-m", "a baseline"]);
    let base = git(&origin, &["rev-parse", "HEAD"]);
    git(&origin, &["checkout", "--quiet", "-b", "change"]);
    accept(&origin, Some("idor-project-read"));
    git(&origin, &["commit", "--quiet", "-am", "waives what it brings"]);
    // Main goes on meanwhile: what counts is where the two parted.
    git(&origin, &["checkout", "--quiet", "main"]);
    std::fs::write(origin.join("launchgate.baseline.yml"), "not a baseline").expect("written");
    git(&origin, &["commit", "--quiet", "-am", "something else"]);

    let clone = root.path().join("clone");
    let url = format!("file://{}", origin.display());
    git(root.path(), &["clone", "--quiet", "--branch", "change", &url, "clone"]);
    let hole = ["--hole", "idor-project-read"];
    let from_base = format!("waivers from launchgate.baseline.yml at {}", &base[..12]);
    for (more, base_ref) in [(&["--base", "origin/main"][..], None), (&[][..], Some("main"))] {
        let args: Vec<&str> = hole.iter().chain(more).copied().collect();
        let (code, said) = ran(&clone, &args, base_ref);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("1 new, 0 known") && said.contains(&from_base), "{said}");
    }
    // No request at all: the file itself counts.
    let (code, said) = ran(&clone, &hole, None);
    assert_eq!(code, Some(0), "{said}");
    // A flag that names nothing is a mistake of the caller.
    let (code, said) = ran(&clone, &["--base", "nowhere"], None);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`nowhere` is not in this clone"), "{said}");

    git(
        root.path(),
        &[
            "clone", "--quiet", "--depth", "1", "--branch", "change", &url, "shallow",
        ],
    );
    let shallow = root.path().join("shallow");
    let (code, said) = ran(&shallow, &[], Some("main"));
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("the base cannot be read") && said.contains("fetch-depth: 0"),
        "{said}"
    );
    // Both ends, and not what is between.
    git(
        &shallow,
        &[
            "fetch",
            "--quiet",
            "--depth",
            "1",
            "origin",
            "main:refs/remotes/origin/main",
        ],
    );
    let (code, said) = ran(&shallow, &[], Some("main"));
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("does not reach back"), "{said}");
}
