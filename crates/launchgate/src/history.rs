//! The file of earlier runs around a run: how old the last one over everything is, and a line for this one.
//!
//! A run locks the file, reads it, and puts a whole new one in its place, so that nobody ever sees half a line and two runs at
//! once lose none. What is in the file was written by whoever can write to the cache that it came from: it is bounded, and it
//! never changes a verdict.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use gate_baseline::{History, KeptRun, MAX_HISTORY_BYTES, Partial, full_scan};
use gate_model::RunReport;
use gate_report::write_atomically;
use gate_spec::FullScanTerms;
use time::OffsetDateTime;

use crate::cli::RunArgs;

/// How long another run may hold the file. A line takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const LOOK: Duration = Duration::from_millis(20);

/// Says in a report how old the last run over everything is, and keeps the run. The message of a file that could not be kept,
/// which is a report that could not be written.
pub(crate) fn keep(
    report: &mut RunReport,
    args: &RunArgs,
    terms: &FullScanTerms,
    interrupted: bool,
    without_secrets: bool,
) -> Option<String> {
    let partial = partial(report, args, terms, interrupted, without_secrets);
    let Some(path) = &args.run_history else {
        report.full_scan = Some(full_scan(&History::default(), report, partial.as_ref(), terms.within));
        return None;
    };
    let kept = read(path);
    let history = kept.as_ref().cloned().unwrap_or_default();
    report.full_scan = Some(full_scan(&history, report, partial.as_ref(), terms.within));
    if interrupted {
        // Half a run is no mark to measure others by.
        return kept.err();
    }
    let run = KeptRun::of(report, args.plan.profile.as_deref(), partial.is_none());
    let added = kept.and_then(|_| append(path, run));
    added.err().map(|why| format!("failed to keep the run: {why}"))
}

/// Why a run is not over everything.
fn partial(
    report: &RunReport,
    args: &RunArgs,
    terms: &FullScanTerms,
    interrupted: bool,
    without_secrets: bool,
) -> Option<Partial> {
    let profile = terms.profile.as_ref();
    if interrupted {
        Some(Partial::Interrupted)
    } else if without_secrets {
        Some(Partial::Fork)
    } else if !args.gate.only.is_empty() || !args.gate.skip.is_empty() {
        Some(Partial::Selection)
    } else if let Some(name) = profile.filter(|name| args.plan.profile.as_ref() != Some(name)) {
        Some(Partial::Profile(name.clone()))
    } else {
        Partial::of_result(report)
    }
}

/// Reads a history; one that is not there is empty.
///
/// # Errors
/// Where it cannot be read, is no regular file, is too large, or is something else.
pub(crate) fn read(path: &Path) -> Result<History, String> {
    match regular(path) {
        Ok(false) => Ok(History::default()),
        Ok(true) => parse(path, File::open(path).map_err(|error| shown(path, &error))?),
        Err(why) => Err(why),
    }
}

/// Whether there is a file, and nothing else: a pipe would be waited for, and a link leads somewhere.
fn regular(path: &Path) -> Result<bool, String> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => Ok(true),
        Ok(_) => Err(format!("{} is no regular file", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(shown(path, &error)),
    }
}

fn parse(path: &Path, file: File) -> Result<History, String> {
    let mut bytes = Vec::new();
    file.take(MAX_HISTORY_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| shown(path, &error))?;
    History::read(&String::from_utf8_lossy(&bytes)).map_err(|error| shown(path, &error))
}

/// Adds a run.
fn append(path: &Path, run: KeptRun) -> Result<(), String> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| shown(folder, &error))?;
    }
    let began = Instant::now();
    loop {
        regular(path)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .append(true)
            .open(path);
        let file = file.map_err(|error| shown(path, &error))?;
        match file.try_lock() {
            // Whoever held it before may have put another file in its place.
            Ok(()) if !is_still_there(&file, path) => continue,
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                std::thread::sleep(LOOK);
                continue;
            }
            Err(TryLockError::WouldBlock) => return Err(format!("{} is locked by somebody else", path.display())),
            Err(TryLockError::Error(error)) => return Err(shown(path, &error)),
        }
        let text =
            parse(path, file.try_clone().map_err(|error| shown(path, &error))?)?.with(run, OffsetDateTime::now_utc());
        return write_atomically(path, text.as_bytes()).map_err(|error| error.to_string());
    }
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let same =
        |here: &std::fs::Metadata, there: &std::fs::Metadata| here.dev() == there.dev() && here.ino() == there.ino();
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(here), Ok(there)) => same(&here, &there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> bool {
    true
}

fn shown(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u8) -> String {
        format!(
            "{{\"version\":1,\"tool\":\"0.1.0\",\"started_at\":\"2026-11-27T02:17:{second:02}Z\",\"duration_ms\":1,\
             \"full\":true,\"verdict\":\"proven\",\"counts\":{{\"pass\":1,\"fail\":0,\"inconclusive\":0,\"not_testable\":0,\
             \"skipped\":0}},\"operations\":{{\"known\":1,\"tested\":1,\"public\":0}},\"requests_sent\":1}}"
        )
    }

    fn run(second: u8) -> KeptRun {
        History::read(&line(second)).expect("a line").runs.remove(0)
    }

    #[test]
    fn runs_at_once_lose_no_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache/runs.jsonl");
        std::thread::scope(|scope| {
            for second in 0..8 {
                let path = &path;
                scope.spawn(move || append(path, run(second)).expect("added"));
            }
        });
        let history = read(&path).expect("read");
        assert_eq!((history.runs.len(), history.unreadable), (8, 0));
    }

    #[test]
    fn what_is_something_else_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let other = folder.path().join("notes.txt");
        std::fs::write(&other, "mine\n").expect("written");
        let why = append(&other, run(0)).expect_err("refused");
        assert!(why.ends_with("notes.txt: no line is a run of launchgate"), "{why}");
        assert_eq!(std::fs::read_to_string(&other).expect("read"), "mine\n");
        assert!(
            append(folder.path(), run(0))
                .expect_err("refused")
                .contains("no regular file")
        );
        assert!(read(folder.path()).is_err());
        let large = folder.path().join("large");
        std::fs::write(&large, vec![b'\n'; MAX_HISTORY_BYTES + 1]).expect("written");
        assert!(append(&large, run(0)).expect_err("refused").contains("at most"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::fs::write(&victim, line(0)).expect("written");
        std::os::unix::fs::symlink(&victim, &link).expect("a link");
        assert!(append(&link, run(1)).is_err() && read(&link).is_err());
        assert_eq!(std::fs::read_to_string(&victim).expect("read"), line(0));
    }

    #[test]
    fn half_a_line_and_a_byte_that_is_no_text_cost_no_other_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("runs.jsonl");
        let mut bytes = line(0).into_bytes();
        bytes.extend_from_slice(b"\n\xff\xfe\n{\"version\":1,\"too");
        std::fs::write(&path, bytes).expect("written");
        append(&path, run(1)).expect("added");
        let history = read(&path).expect("read");
        assert_eq!((history.runs.len(), history.unreadable), (2, 0));
    }
}
