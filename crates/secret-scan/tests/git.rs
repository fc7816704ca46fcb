//! The sources in a repository: each secret is found once, by the commit that brought it, wherever the repository keeps it.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use secret_scan::{
    AllowList, Catalog, Finding, Plant, ScanOptions, Scanner, TreeOptions, file_at, merge_base, root_of, scan_history,
    scan_range, scan_since, scan_staged, scan_tree,
};
use support::{Repo, token};

/// A long file, so that its versions are stored as differences.
fn long(lines: u32, changed: &str) -> String {
    let mut text: String = (0..lines)
        .map(|n| format!("line {n}: some text that says nothing about token {n}\n"))
        .collect();
    text.insert_str(text.len() / 2, changed);
    text
}

fn shown(findings: &[Finding]) -> Vec<(String, u32, String)> {
    let mut all: Vec<_> = findings
        .iter()
        .filter(|found| found.fails())
        .map(|found| {
            (
                found.path.to_string(),
                found.line,
                found
                    .commit
                    .as_ref()
                    .map(|commit| commit.id.clone())
                    .unwrap_or_default(),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn history_finds_each_secret_once_with_the_commit_that_brought_it() {
    let mut repo = Repo::new();
    repo.write("src/app.py", &long(400, ""));
    repo.commit("first");
    repo.write("src/app.py", &long(400, &format!("key = '{}'\n", token(1))));
    let brought = repo.commit("oops");
    for round in 0..5 {
        repo.write("src/app.py", &long(400 + round, &format!("key = '{}'\n", token(1))));
        repo.commit("more");
    }
    repo.write("src/app.py", &long(410, ""));
    repo.commit("removed");
    repo.write("b/other.py", &format!("x = '{}'\n", token(2)));
    let other = repo.commit("other");

    for packed in [false, true] {
        if packed {
            repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
        }
        let scan = scan_history(&Scanner::default(), repo.path(), 1).unwrap();
        let found = shown(&scan.findings);
        let line = 1 + long(400, "").lines().count() as u32 / 2;
        assert_eq!(found.len(), 2, "packed {packed}: {found:?}");
        assert_eq!(
            (found[0].0.as_str(), found[0].2.as_str()),
            ("b/other.py", other.as_str())
        );
        assert_eq!(
            (found[1].0.as_str(), found[1].2.as_str()),
            ("src/app.py", brought.as_str())
        );
        assert!(found[1].1.abs_diff(line) <= 8, "{found:?}");
        assert_eq!(scan.stats.commits, 9);
        assert_eq!(scan.stats.blobs, 8);
    }
}

#[test]
fn a_range_sees_what_was_added_and_removed_again_and_what_a_merge_brings() {
    let mut repo = Repo::new();
    repo.write("old.py", &format!("a = '{}'\n", token(3)));
    repo.write("moved.py", &format!("b = '{}'\n", token(4)));
    let base = repo.commit("base");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.write("x.py", &format!("x = '{}'\n", token(5)));
    let added = repo.commit("added");
    repo.write("x.py", "x = read()\n");
    repo.write("old.py", &format!("# touched\na = '{}'\n", token(3)));
    repo.git(&["mv", "moved.py", "elsewhere.py"]);
    repo.commit("removed, touched, moved");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("main.py", &format!("m = '{}'\n", token(6)));
    repo.commit("on main");
    repo.git(&["checkout", "-q", "topic"]);
    repo.git(&["merge", "-q", "--no-commit", "main"]);
    repo.write("evil.py", &format!("e = '{}'\n", token(7)));
    let merge = repo.commit("merge");

    let scan = scan_range(&Scanner::default(), repo.path(), "main", "topic").unwrap();
    let found = shown(&scan.findings);
    assert_eq!(found, [("evil.py".to_owned(), 1, merge), ("x.py".to_owned(), 1, added)]);
    let known: Vec<&str> = scan
        .findings
        .iter()
        .filter(|found| found.in_base)
        .map(|found| &*found.path)
        .collect();
    assert_eq!(known, ["elsewhere.py", "old.py"]);
    assert_eq!(scan.stats.commits, 3);
    // From the same commit on, by its id.
    let since = scan_since(&Scanner::default(), repo.path(), &base).unwrap();
    assert_eq!(since.stats.commits, 4);
    assert_eq!(shown(&since.findings).len(), 3);
}

#[test]
fn what_is_staged_is_seen_before_the_first_commit_and_after() {
    let mut repo = Repo::new();
    repo.write("a.py", &format!("a = '{}'\n", token(8)));
    repo.git(&["add", "a.py"]);
    repo.write("unstaged.py", &format!("u = '{}'\n", token(9)));
    let scan = scan_staged(&Scanner::default(), repo.path()).unwrap();
    assert_eq!(shown(&scan.findings), [("a.py".to_owned(), 1, String::new())]);
    repo.commit("now committed");
    repo.write("a.py", &format!("# more\na = '{}'\n", token(8)));
    repo.git(&["add", "-A"]);
    let scan = scan_staged(&Scanner::default(), repo.path()).unwrap();
    assert_eq!(shown(&scan.findings), []);
    assert_eq!(scan.stats.blobs, 1);
}

#[test]
fn a_clone_that_cannot_answer_is_an_error_with_a_remedy() {
    let mut repo = Repo::new();
    for round in 0..4 {
        repo.write("a.py", &format!("a = {round}\n"));
        repo.commit("round");
    }
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repo.path().display());
    repo.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        &from,
        &clone.path().join("c").display().to_string(),
    ]);
    let shallow = clone.path().join("c");
    let scanner = Scanner::default();
    let text = scan_history(&scanner, &shallow, 1).unwrap_err().to_string();
    assert!(text.contains("shallow") && text.contains("--unshallow"), "{text}");
    let text = scan_range(&scanner, &shallow, "HEAD~2", "HEAD")
        .unwrap_err()
        .to_string();
    assert!(text.contains("fetch"), "{text}");
    let text = scan_range(&scanner, repo.path(), "nowhere", "HEAD")
        .unwrap_err()
        .to_string();
    assert!(text.contains("nowhere") && text.contains("fetch"), "{text}");
    let empty = tempfile::tempdir().unwrap();
    assert!(scan_history(&scanner, empty.path(), 1).is_err());
    repo.git(&["checkout", "-q", "--orphan", "island"]);
    repo.commit("alone");
    let text = scan_range(&scanner, repo.path(), "main", "island")
        .unwrap_err()
        .to_string();
    assert!(text.contains("no common ancestor"), "{text}");
}

#[test]
fn a_tree_leaves_out_what_git_ignores_but_not_what_is_tracked() {
    let mut repo = Repo::new();
    repo.write("sub/kept.py", &format!("k = '{}'\n", token(11)));
    repo.git(&["add", "-A"]);
    repo.write(".gitignore", "*\n");
    repo.git(&["add", "-f", ".gitignore"]);
    repo.commit("hides everything");
    repo.write("build/out.py", &format!("o = '{}'\n", token(12)));
    let scan = |root: &Path, respect_gitignore| {
        let options = TreeOptions {
            respect_gitignore,
            threads: 1,
        };
        shown(&scan_tree(&Scanner::default(), root, &options).unwrap().findings)
    };
    let place = |path: &str| (path.to_owned(), 1, String::new());
    assert_eq!(scan(repo.path(), true), [place("sub/kept.py")]);
    assert_eq!(scan(&repo.path().join("sub"), true), [place("kept.py")]);
    assert_eq!(scan(repo.path(), false), [place("build/out.py"), place("sub/kept.py")]);
}

#[test]
fn what_was_planted_is_found_on_the_way_of_every_source_and_is_in_no_count() {
    let mut repo = Repo::new();
    repo.write("a.txt", "nothing\n");
    let base = repo.commit("base");
    repo.write("b.txt", "nothing either\n");
    repo.commit("head");
    repo.write("c.txt", "nor here\n");
    repo.git(&["add", "-A"]);
    let plant = Plant {
        path: "planted.txt".to_owned(),
        bytes: format!("key = '{}'\n", token(21)).into_bytes(),
        secret: token(21).into_bytes(),
    };
    assert!(!format!("{plant:?}").contains(&token(21)));
    let scans = |scanner: &Scanner| {
        [
            scan_tree(scanner, repo.path(), &TreeOptions::default()).unwrap(),
            scan_staged(scanner, repo.path()).unwrap(),
            scan_range(scanner, repo.path(), &base, "HEAD").unwrap(),
            scan_history(scanner, repo.path(), 1).unwrap(),
        ]
    };
    let with = |allow: AllowList| {
        let options = ScanOptions {
            plants: vec![plant.clone()],
            allow,
            ..ScanOptions::default()
        };
        scans(&Scanner::new(Catalog::built_in(), options))
    };
    let plain = scans(&Scanner::default());
    for (scan, plain) in with(AllowList::default()).iter().zip(&plain) {
        assert_eq!((scan.plants_found, plain.plants_found), (1, 0));
        assert_eq!(scan.stats, plain.stats);
        assert!(scan.findings.is_empty());
    }
    // A scan that is blind to everything finds no plant either.
    for blind in [
        AllowList::default().path("").unwrap(),
        AllowList::default().value("").unwrap(),
    ] {
        for scan in with(blind) {
            assert_eq!(scan.plants_found, 0);
        }
    }
    assert_eq!(repo.git(&["status", "--porcelain"]), "A  c.txt");
}

#[test]
fn files_of_a_commit_can_be_asked_for() {
    let mut repo = Repo::new();
    repo.write("conf/a.txt", "old\n");
    let first = repo.commit("first");
    repo.write("conf/a.txt", "new\n");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    repo.commit("second");
    let at = |revision: &str, name: &str| file_at(repo.path(), revision, name).unwrap();
    assert_eq!(at(&first, "conf/a.txt"), Some(b"old\n".to_vec()));
    assert_eq!(at("topic", "conf/a.txt"), Some(b"new\n".to_vec()));
    assert_eq!(at("topic", "conf/b.txt"), None);
    assert_eq!(at("topic", "conf"), None);
    assert!(file_at(repo.path(), "nowhere", "conf/a.txt").is_err());
    assert_eq!(merge_base(repo.path(), "main", "topic").unwrap(), first);
    let root = root_of(&repo.path().join("conf")).unwrap();
    assert_eq!(root.canonicalize().unwrap(), repo.path().canonicalize().unwrap());
    assert_eq!(root_of(tempfile::tempdir().unwrap().path()), None);
}

/// Reading by differences must come to what reading every blob whole comes to.
#[test]
fn packed_and_loose_histories_have_the_same_findings() {
    let mut repo = Repo::new();
    let mut state = 7u64;
    let mut next = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut lines: Vec<String> = long(150, "").lines().map(str::to_owned).collect();
    let names = ["src/app.py", "tests/test_app.py", "conf/app.env"];
    for round in 0..40u32 {
        for _ in 0..1 + next(3) {
            let at = next(lines.len());
            match next(6) {
                0 => lines.insert(at, format!("key = '{}'", token(100 + round))),
                1 => lines.insert(at, format!("db_{}word = \"kW7#{round}{}\"", "pass", "pq!v2")),
                2 => {
                    lines.remove(at);
                }
                // Name and value come together, or apart, by what changes between them.
                3 => lines.insert(at, format!("api_{} =\n    '{}'", "secret", &token(200 + round)[8..32])),
                4 => lines[at] = format!("api_{} =", "secret"),
                _ => lines.insert(at, format!("line {round}")),
            }
        }
        repo.write(names[next(names.len())], &(lines.join("\n") + "\n"));
        repo.commit("round");
    }
    let all = |repo: &Repo| {
        let scan = scan_history(&Scanner::default(), repo.path(), 2).unwrap();
        let mut all: Vec<_> = scan
            .findings
            .iter()
            .map(|found| {
                let commit = found.commit.as_ref().map(|commit| commit.id.clone());
                (
                    found.rule.to_string(),
                    found.path.to_string(),
                    found.fails(),
                    commit,
                    found.secret.expose().to_vec(),
                )
            })
            .collect();
        all.sort();
        (all, scan.stats.blobs)
    };
    let loose = all(&repo);
    repo.git(&["repack", "-adfq", "--depth=50", "--window=50"]);
    let packed = all(&repo);
    assert!(loose.0.len() > 15, "{}", loose.0.len());
    assert_eq!(loose, packed);
}

/// A folder that is copied has the same tree, and is another thing where it is copied to.
#[test]
fn a_tree_of_tests_that_becomes_the_product_is_looked_at_again() {
    let mut repo = Repo::new();
    let text = format!("db_{}word = \"kW7#p{}\"\n", "pass", "q!v2x9");
    repo.write("tests/conf/a.py", &text);
    repo.commit("tests");
    repo.write("src/conf/a.py", &text);
    let copied = repo.commit("copied");
    let scan = scan_history(&Scanner::default(), repo.path(), 1).unwrap();
    assert_eq!(shown(&scan.findings), [("src/conf/a.py".to_owned(), 1, copied)]);
}
