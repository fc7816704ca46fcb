//! Scans a tree, the index, a range or a history and prints findings as JSON lines, without the secrets. For measuring.
//!
//! `scan tree PATH | staged REPO | since REPO REV | range REPO BASE HEAD | history REPO | notes …` (`notes` first shows notes too)
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use secret_scan::{
    Finding, Scan, ScanError, Scanner, TreeOptions, scan_history, scan_range, scan_since, scan_staged, scan_tree,
};

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let notes = words.first().is_some_and(|word| word == "notes");
    if notes {
        words.remove(0);
    }
    match run(&words) {
        Ok(scan) => {
            show(&scan, notes);
            ExitCode::from(u8::from(scan.findings.iter().any(Finding::fails)))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> Result<Scan, ScanError> {
    let scanner = Scanner::default();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["tree", path] => scan_tree(&scanner, Path::new(path), &TreeOptions::default()),
        ["staged", path] => scan_staged(&scanner, Path::new(path)),
        ["since", path, revision] => scan_since(&scanner, Path::new(path), revision),
        ["range", path, base, head] => scan_range(&scanner, Path::new(path), base, head),
        ["history", path] => scan_history(&scanner, Path::new(path), 0),
        _ => Err(ScanError::Repository {
            reason: "scan [notes] tree PATH | staged REPO | since REPO REV | range REPO BASE HEAD | history REPO"
                .into(),
        }),
    }
}

fn show(scan: &Scan, notes: bool) {
    for finding in scan.findings.iter().filter(|finding| notes || finding.fails()) {
        let reasons: Vec<&str> = finding.reasons.iter().map(|reason| reason.text()).collect();
        let decoders: Vec<&str> = finding.decoders.iter().map(|decoder| decoder.name()).collect();
        let line = serde_json::json!({
            "rule": finding.rule, "level": format!("{:?}", finding.level), "confidence": format!("{:?}", finding.confidence),
            "path": &*finding.path, "line": finding.line, "column": finding.column, "reasons": reasons, "decoders": decoders,
            "commit": finding.commit.as_ref().map(|commit| &commit.id), "secret": finding.secret.sketch(),
            "allowed_by": finding.allowed_by, "in_base": finding.in_base,
        });
        println!("{line}");
    }
    let fails = scan.findings.iter().filter(|finding| finding.fails()).count();
    eprintln!(
        "{fails} failing, {} notes, {:?}",
        scan.findings.len() - fails,
        scan.stats
    );
    for skipped in &scan.skipped {
        eprintln!("not scanned: {}: {}", skipped.path, skipped.why);
    }
}
