//! The hooks of `.pre-commit-hooks.yaml` as git runs them before a commit.
#![allow(clippy::unwrap_used)]

#[path = "cli/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use launchgate_tests::matrix::{fresh_token, git};
use serde::Deserialize;

#[derive(Deserialize)]
struct Hook {
    id: String,
    entry: String,
    language: String,
    #[serde(default)]
    pass_filenames: Option<bool>,
}

fn hooks() -> Vec<Hook> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.pre-commit-hooks.yaml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn commit(folder: &Path) -> Output {
    // Hooks call the program by its name.
    let installed = tempfile::tempdir().unwrap();
    symlink(program::path(), installed.path().join("launchgate")).unwrap();
    let path = format!(
        "{}:{}",
        installed.path().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@acme.test",
            "commit",
            "-q",
            "-m",
            "x",
        ])
        .env("PATH", path)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap()
}

#[test]
fn a_commit_with_a_secret_is_refused_and_one_without_is_made() {
    let hook = hooks()
        .into_iter()
        .find(|hook| hook.id == "launchgate-secrets")
        .unwrap();
    assert_eq!((hook.language.as_str(), hook.pass_filenames), ("system", Some(false)));
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    git(here, &["init", "-q", "-b", "main"]).unwrap();
    let script = here.join(".git/hooks/pre-commit");
    fs::create_dir_all(script.parent().unwrap()).unwrap();
    fs::write(&script, format!("#!/bin/sh\nexec {}\n", hook.entry)).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();

    let secret = fresh_token();
    fs::write(here.join("app.py"), format!("key = '{secret}'\n")).unwrap();
    git(here, &["add", "-A"]).unwrap();
    let refused = commit(here);
    let said = String::from_utf8_lossy(&[refused.stdout, refused.stderr].concat()).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains("app.py:1:8: github/personal-access-token"), "{said}");
    assert!(!said.contains(&secret[4..12]), "the secret is shown");

    fs::write(here.join("app.py"), "key = read()\n").unwrap();
    git(here, &["add", "-A"]).unwrap();
    let made = commit(here);
    let said = String::from_utf8_lossy(&[made.stdout, made.stderr].concat()).into_owned();
    assert!(made.status.success(), "{said}");
    // A commit that only removes something brings nothing, and is made.
    git(here, &["rm", "-q", "app.py"]).unwrap();
    assert!(commit(here).status.success());
}

#[test]
fn every_hook_is_a_command_of_the_program() {
    for hook in hooks() {
        let words = hook.entry.split(' ');
        assert!(
            launchgate::invocation::read(words).is_ok(),
            "{}: {}",
            hook.id,
            hook.entry
        );
    }
}
