//! Reading a history by differences comes to exactly what reading every blob of every commit by itself comes to: for random histories, and
//! for every way in which git stores them.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use secret_scan::{Finding, Scanner, scan_history};
use support::{Repo, token};

const NAMES: [&str; 4] = ["src/app.py", "tests/test_app.py", "conf/app.env", "notes"];

/// What one commit does to the lines of one file.
#[derive(Debug, Clone)]
enum Edit {
    Insert(u16, u8),
    Remove(u16, u8),
    /// Joins a line with the next.
    Join(u16),
    /// Everything is another text, as after a merge of something old.
    Replace(u8),
    /// The file is another's, so that one blob has two paths.
    Copy(u8),
    Move,
}

#[derive(Debug, Clone)]
struct Change {
    file: u8,
    edits: Vec<Edit>,
    on_side: bool,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => (any::<u16>(), any::<u8>()).prop_map(|(at, what)| Edit::Insert(at, what)),
        4 => (any::<u16>(), 1u8..9).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => any::<u16>().prop_map(Edit::Join),
        1 => any::<u8>().prop_map(Edit::Replace),
        1 => any::<u8>().prop_map(Edit::Copy),
        1 => Just(Edit::Move),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    (
        any::<u8>(),
        prop::collection::vec(edit(), 1..5),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(file, edits, on_side)| Change { file, edits, on_side })
}

/// A line that matters, alone or with one that comes later or goes again.
fn line(what: u8) -> String {
    let seed = u32::from(what % 5);
    match what % 16 {
        0 => format!("key = '{}'", token(seed)),
        1 => format!("db_{}word = \"kW7#{seed}{}\"", "pass", "pq!v2"),
        2 => format!("api_{} =\n    '{}'", "secret", &token(seed)[8..32]),
        3 => format!("api_{} =", "secret"),
        4 => format!("    '{}'", &token(seed)[8..32]),
        5 => "\"\"\"".to_owned(),
        6 => "#[cfg(test)]".to_owned(),
        7 => format!("x = \"{}\"", "%67%68".repeat(3 + what as usize % 7)),
        8 => format!("-----BEGIN {} KEY-----", "PRIVATE"),
        9 => format!("url = postgres://u:{}@db.corp.io/x", &token(seed)[6..20]),
        10 => format!(
            "blob = {}",
            "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(1 + what as usize % 60)
        ),
        _ => format!("line {what} of a file: some text that says nothing about any token"),
    }
}

fn start(seed: u8) -> Vec<String> {
    (0..120)
        .map(|n| format!("line {n} of {seed}: some text that says nothing about token {n}"))
        .collect()
}

fn apply(edits: &[Edit], files: &mut BTreeMap<String, Vec<String>>, name: &str) {
    for edit in edits {
        let lines = files.entry(name.to_owned()).or_insert_with(|| start(0));
        let place = |at: u16| usize::from(at) % lines.len().max(1);
        match edit {
            Edit::Insert(at, what) => lines.insert(place(*at), line(*what)),
            Edit::Remove(at, count) => {
                let from = place(*at);
                let to = lines.len().min(from + usize::from(*count));
                lines.drain(from.min(to)..to);
            }
            Edit::Join(at) => {
                let at = place(*at);
                if at + 1 < lines.len() {
                    let next = lines.remove(at + 1);
                    lines[at] += &next;
                }
            }
            Edit::Replace(seed) => *lines = start(*seed),
            Edit::Copy(from) => {
                let other = files.get(NAMES[usize::from(*from) % NAMES.len()]).cloned();
                if let Some(other) = other {
                    files.insert(name.to_owned(), other);
                }
            }
            Edit::Move => {
                let lines = files.remove(name).unwrap_or_default();
                files.insert(format!("moved/{}.py", files.len()), lines);
            }
        }
    }
}

/// Makes the commits; some are on a branch that is merged at once.
fn build(changes: &[Change]) -> Repo {
    let mut repo = Repo::new();
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in NAMES {
        files.insert(name.to_owned(), start(name.len() as u8));
    }
    for (round, change) in changes.iter().enumerate() {
        if change.on_side && round > 0 {
            repo.git(&["checkout", "-q", "-b", &format!("side{round}")]);
        }
        apply(&change.edits, &mut files, NAMES[usize::from(change.file) % NAMES.len()]);
        repo.empty();
        for (path, lines) in &files {
            repo.write(path, &(lines.join("\n") + "\n"));
        }
        repo.commit("round");
        if change.on_side && round > 0 {
            repo.git(&["checkout", "-q", "main"]);
            repo.tick();
            repo.git(&["merge", "-q", "--no-ff", "-m", "home", &format!("side{round}")]);
        }
    }
    repo
}

/// Rule, secret, whether it fails: with the oldest commit, counted from the first.
type Seen = BTreeMap<(String, Vec<u8>, bool), usize>;
/// The same with the path.
type Places = BTreeSet<(String, Vec<u8>, bool, String)>;

fn note(finding: &Finding, commit: usize, seen: &mut Seen, places: &mut Places) {
    let (rule, secret, fails) = (
        finding.rule.to_string(),
        finding.secret.expose().to_vec(),
        finding.fails(),
    );
    let oldest = seen.entry((rule.clone(), secret.clone(), fails)).or_insert(commit);
    *oldest = commit.min(*oldest);
    places.insert((rule, secret, fails, finding.path.to_string()));
}

/// Each commit is a minute later than the one before, so that their order in time is the order of the graph.
fn commits(repo: &Repo) -> Vec<String> {
    let list = repo.git(&["rev-list", "--reverse", "--all"]);
    list.lines().map(str::to_owned).collect()
}

fn naive(repo: &Repo, scanner: &Scanner) -> (Seen, Places) {
    let (mut seen, mut places) = (Seen::new(), Places::new());
    let mut known = BTreeSet::new();
    for (at, commit) in commits(repo).iter().enumerate() {
        for entry in repo.git(&["ls-tree", "-r", commit]).lines() {
            let (head, path) = entry.split_once('\t').unwrap();
            let blob = head.rsplit(' ').next().unwrap();
            if known.insert((blob.to_owned(), path.to_owned())) {
                for finding in scanner.scan(path, &repo.bytes(&["cat-file", "blob", blob])).findings {
                    note(&finding, at, &mut seen, &mut places);
                }
            }
        }
    }
    (seen, places)
}

fn by_differences(repo: &Repo, scanner: &Scanner, threads: usize) -> (Seen, Places) {
    let order = commits(repo);
    let (mut seen, mut places) = (Seen::new(), Places::new());
    for finding in scan_history(scanner, repo.path(), threads).unwrap().findings {
        let id = &finding.commit.as_ref().unwrap().id;
        let at = order.iter().position(|commit| commit == id).unwrap();
        note(&finding, at, &mut seen, &mut places);
    }
    (seen, places)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn differences_come_to_what_whole_blobs_come_to(changes in prop::collection::vec(change(), 4..22)) {
        let scanner = Scanner::default();
        let repo = build(&changes);
        let (expected, everywhere) = naive(&repo, &scanner);
        let ways: [(&str, &[&[&str]]); 4] = [
            ("loose", &[]),
            ("packed whole", &[&["repack", "-adq", "--window=0"]]),
            ("by offset", &[&["repack", "-adfq", "--depth=50", "--window=50"]]),
            (
                "by id",
                &[&["config", "repack.useDeltaBaseOffset", "false"], &["repack", "-adfq", "--depth=20", "--window=50"]],
            ),
        ];
        for (way, commands) in ways {
            for command in commands {
                repo.git(command);
            }
            let (seen, places) = by_differences(&repo, &scanner, 1 + changes.len() % 2);
            prop_assert_eq!(&seen, &expected, "{}", way);
            prop_assert!(places.is_subset(&everywhere), "{}: {:?}", way, places.difference(&everywhere));
        }
    }
}
