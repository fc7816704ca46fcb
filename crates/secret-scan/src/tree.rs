//! The source "working tree": every file below a folder, read in bounded pieces by as many threads as there are cores.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ignore::WalkBuilder;
use thiserror::Error;

use crate::artefact;
use crate::finding::Finding;
use crate::git;
use crate::plant::Plant;
use crate::scanner::{Hint, OVERLAP, Offset, PIECE, Scanned, Scanner};

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The folder or file cannot be read.
    #[error("failed to read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The repository cannot be used.
    #[error("failed to scan the repository: {reason}")]
    Repository {
        /// What is wrong and what to do.
        reason: String,
    },
}

/// Files that a package manager leaves in what it unpacked.
const PACKAGE_MARKS: [&str; 3] = [".cargo-ok", ".cargo-checksum.json", ".cargo_vcs_info.json"];

/// How much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files of a tree.
    pub files: u64,
    /// Commits of a range or a history.
    pub commits: u64,
    /// Blobs, each once.
    pub blobs: u64,
    /// Bytes in files and blobs.
    pub bytes: u64,
}

/// The kinds of reason for which something was not scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unscanned {
    /// It could not be read.
    Failed,
    /// A bound of the scan was reached: size, depth, matches, time.
    Bound,
    /// Nobody can read it without a key.
    Encrypted,
    /// It ends before its format says that it does.
    Truncated,
    /// It is not what its beginning says, or nothing here knows its format: no container, then, as far as anybody can tell.
    Strange,
}

/// Something that was not scanned, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// What kind of reason.
    pub kind: Unscanned,
    /// Where.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Which files of a tree are scanned.
#[derive(Debug, Clone, Default)]
pub struct TreeOptions {
    /// In a repository: leave out what git ignores. What is tracked is scanned all the same: a file that was committed is not
    /// hidden by a line in `.gitignore`.
    pub respect_gitignore: bool,
    /// Threads; 0 is one for each core.
    pub threads: usize,
}

/// What a tree held.
#[derive(Debug, Default)]
pub struct Scan {
    /// The findings, by path and place.
    pub findings: Vec<Finding>,
    /// How much was looked at.
    pub stats: Stats,
    /// What was not scanned.
    pub skipped: Vec<Skipped>,
    /// How many of the plants of [`ScanOptions`](crate::ScanOptions) were found.
    pub plants_found: usize,
}

/// Scans every file below `root`, or the file `root`. Folders named `.git` are left out: history is another source.
///
/// # Errors
/// When `root` cannot be read. What cannot be read below is in [`Scan::skipped`].
pub fn scan_tree(scanner: &Scanner, root: &Path, options: &TreeOptions) -> Result<Scan, ScanError> {
    std::fs::metadata(root).map_err(|source| ScanError::Read {
        path: root.to_owned(),
        source,
    })?;
    let (files, packages, skipped) = list(root, options);
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Scan {
        skipped,
        ..Scan::default()
    });
    std::thread::scope(|scope| {
        for _ in 0..threads(options.threads).min(files.len()) {
            scope.spawn(|| {
                let mut own = Scan::default();
                let mut buffer = Vec::new();
                // A few at a time, so that threads seldom meet at the counter.
                loop {
                    let from = next.fetch_add(8, Ordering::Relaxed);
                    let Some(some) = files
                        .get(from..files.len().min(from + 8))
                        .filter(|some| !some.is_empty())
                    else {
                        break;
                    };
                    for path in some {
                        let vendored = path.ancestors().skip(1).any(|folder| packages.contains(folder));
                        one_file(scanner, root, (path, vendored), &mut buffer, &mut own);
                    }
                }
                let mut total = total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                total.findings.append(&mut own.findings);
                total.skipped.append(&mut own.skipped);
                total.stats.files += own.stats.files;
                total.stats.bytes += own.stats.bytes;
            });
        }
    });
    let mut total = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    total
        .findings
        .sort_by(|a, b| (&a.path, a.span.start, &a.rule).cmp(&(&b.path, b.span.start, &b.rule)));
    total.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    total.plants_found = plants_found(scanner);
    Ok(total)
}

pub(crate) fn threads(wanted: usize) -> usize {
    match wanted {
        0 => std::thread::available_parallelism().map_or(1, |count| count.get().min(16)),
        wanted => wanted,
    }
}

/// The files, the folders that are unpacked packages of a registry, and what cannot be listed.
fn list(root: &Path, options: &TreeOptions) -> (Vec<PathBuf>, HashSet<PathBuf>, Vec<Skipped>) {
    let mut files = Vec::new();
    let mut packages = HashSet::new();
    let mut skipped = Vec::new();
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(options.respect_gitignore)
        .git_exclude(options.respect_gitignore)
        .git_global(options.respect_gitignore)
        .parents(options.respect_gitignore)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                if entry
                    .file_name()
                    .to_str()
                    .is_some_and(|name| PACKAGE_MARKS.contains(&name))
                {
                    packages.extend(entry.path().parent().map(Path::to_owned));
                }
                files.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => skipped.push(Skipped {
                kind: Unscanned::Failed,
                path: root.display().to_string(),
                why: error.to_string(),
            }),
        }
    }
    if options.respect_gitignore {
        let walked: HashSet<&PathBuf> = files.iter().collect();
        let hidden: Vec<PathBuf> = git::tracked_files(root)
            .into_iter()
            .filter(|path| !walked.contains(path))
            .filter(|path| std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()))
            .collect();
        files.extend(hidden);
    }
    (files, packages, skipped)
}

/// The plants that are found by the way of files.
fn plants_found(scanner: &Scanner) -> usize {
    let found = |plant: &&Plant| {
        let mut scanned = Scanned::default();
        let read = read_in_pieces(
            scanner,
            &plant.path,
            (&plant.bytes[..], false),
            &mut Vec::new(),
            &mut scanned,
        );
        read.is_ok() && !scanner.options.allow.covers_path(&plant.path) && plant.is_among(&scanned.findings)
    };
    scanner.options.plants.iter().filter(found).count()
}

/// Reads and scans one file, in pieces if it is large.
fn one_file(scanner: &Scanner, root: &Path, (path, vendored): (&Path, bool), buffer: &mut Vec<u8>, own: &mut Scan) {
    let shown = match path.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => below.to_string_lossy(),
        _ => path.file_name().unwrap_or_default().to_string_lossy(),
    };
    if scanner.options.allow.covers_path(&shown) {
        return;
    }
    let mut scanned = Scanned::default();
    let read =
        File::open(path).and_then(|file| read_in_pieces(scanner, &shown, (file, vendored), buffer, &mut scanned));
    match read {
        Ok(bytes) => {
            own.stats.files += 1;
            own.stats.bytes += bytes;
        }
        Err(error) => own.skipped.push(Skipped {
            kind: Unscanned::Failed,
            path: shown.to_string(),
            why: error.to_string(),
        }),
    }
    if scanned.truncated {
        own.skipped.push(Skipped {
            kind: Unscanned::Bound,
            path: shown.into_owned(),
            why: "truncated: too many matches or too much encoded text".to_owned(),
        });
    }
    own.skipped.append(&mut scanned.skipped);
    own.findings.append(&mut scanned.findings);
}

fn read_in_pieces(
    scanner: &Scanner,
    shown: &str,
    (mut file, vendored): (impl Read, bool),
    buffer: &mut Vec<u8>,
    scanned: &mut Scanned,
) -> std::io::Result<u64> {
    let hint = if vendored { Hint::Vendored } else { Hint::None };
    let mut offset = Offset {
        hint,
        ..Offset::default()
    };
    buffer.clear();
    loop {
        let room = (PIECE - buffer.len()) as u64;
        let read = (&mut file).take(room).read_to_end(buffer)?;
        let last = (read as u64) < room;
        if offset.bytes == 0 && artefact::is_container(buffer) {
            return Ok(match last {
                true => {
                    artefact::scan_bytes(scanner, shown, buffer, hint, scanned);
                    buffer.len() as u64
                }
                false => artefact::scan_reader(scanner, shown, &mut buffer.chain(file), hint, scanned),
            });
        }
        if !buffer.is_empty() && (read > 0 || offset.bytes == 0) {
            scanner.scan_piece(shown, buffer, offset, scanned);
        }
        if last {
            let end = offset.bytes + buffer.len() as u64;
            if buffer.capacity() > PIECE / 4 {
                *buffer = Vec::new();
            }
            return Ok(end);
        }
        let kept = buffer.len() - OVERLAP;
        offset = offset.past(&buffer[..kept]);
        buffer.drain(..kept);
    }
}
