//! One token in 27 encodings and containers is found in every one of them, once.
#![allow(clippy::unwrap_used)]

#[path = "disguises/mod.rs"]
mod disguises_of;
mod support;

use secret_scan::{Scanner, TreeOptions, scan_tree};

#[test]
fn a_token_is_found_in_every_disguise() {
    let token = support::token(77);
    let scanner = Scanner::default();
    let folder = tempfile::tempdir().unwrap();
    let all = disguises_of::all(&token);
    assert_eq!(all.len(), 27);
    let plain: Vec<&str> = all.iter().filter(|one| one.plain).map(|one| one.name).collect();
    assert_eq!(
        plain,
        ["plain.js", "minified.js", "libapp.so"],
        "nothing else shows the token in its raw bytes"
    );
    for one in &all {
        let scanned = scanner.scan(one.name, &one.bytes);
        let hits: Vec<_> = scanned
            .findings
            .iter()
            .filter(|found| found.secret.expose() == token.as_bytes())
            .collect();
        assert_eq!(hits.len(), 1, "{}: {:?}", one.name, scanned.findings);
        assert!(hits[0].fails(), "{}: {:?}", one.name, hits[0]);
        assert!(scanned.skipped.is_empty(), "{}: {:?}", one.name, scanned.skipped);
        std::fs::write(folder.path().join(one.name), &one.bytes).unwrap();
    }
    let scan = scan_tree(&scanner, folder.path(), &TreeOptions::default()).unwrap();
    let mut found: Vec<&str> = scan
        .findings
        .iter()
        .filter(|found| found.fails())
        .map(|found| &*found.path)
        .collect();
    found.dedup();
    assert_eq!(found.len(), 27, "{found:?}");
}
