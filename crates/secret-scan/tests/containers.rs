//! Containers go through the same engine: the token is found in a part, and what was not read is said.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use secret_scan::{Scanner, TreeOptions, scan_tree};

fn token() -> String {
    [
        "xo",
        "xb-1234",
        "91827364-918273",
        "645091-q8ZrT2vX",
        "w0LpKd7Ym3Bn5Gh1",
    ]
    .concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn source() -> String {
    format!(
        "{}bot = '{}'\n{}",
        "// filler\n".repeat(500),
        token(),
        "// filler\n".repeat(500)
    )
}

#[test]
fn a_token_in_nested_gzip_is_found_by_bytes_and_in_a_tree() {
    let packed = gzip(&gzip(source().as_bytes()));
    assert!(
        !packed.windows(8).any(|window| token().as_bytes().starts_with(window)),
        "the token is not in the raw bytes"
    );
    let found = Scanner::default().scan("dist/app.js.gz.gz", &packed).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].path, found[0].line), ("dist/app.js.gz.gz", 501));

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.gz"), &packed).unwrap();
    let scan = scan_tree(&Scanner::default(), folder.path(), &TreeOptions::default()).unwrap();
    assert_eq!((scan.findings.len(), scan.stats.files), (1, 1));
}

#[test]
fn what_is_cut_off_is_said_to_be_not_scanned() {
    let packed = gzip(source().as_bytes());
    let scanned = Scanner::default().scan("a.gz", &packed[..packed.len() / 2]);
    assert!(!scanned.skipped.is_empty());
}
