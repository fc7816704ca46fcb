//! From a source to the verdict of its case.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_check::{ClosingProof, Judgement, Procedure, Verdict};
use gate_model::{Case, CaseId, Cause, CheckPage, Missing, Undecided};
use secret_scan::{Scan, ScanError, Skipped, Unscanned};

use crate::desk::Desk;
use crate::findings::Sorted;
use crate::known_values::KnownValues;
use crate::rulebook::{CONFIGURATION, Rulebook};
use crate::source::{Kind, Source};
use crate::{artifact, environment, history, log, pull_request, staged, working_tree};

/// Things that were not scanned which an undecided case names.
const NAMED: usize = 5;

/// Why a source was not looked at.
pub(crate) enum Unable {
    /// There is nothing to look at, or something to say first.
    NotTestable(Missing),
    /// It could not be found out.
    Undecided(Undecided),
}

impl From<ScanError> for Unable {
    fn from(error: ScanError) -> Self {
        Self::Undecided(not_scanned(error.to_string()))
    }
}

/// A reason of this family.
pub(crate) fn not_scanned(detail: impl Into<String>) -> Undecided {
    Undecided::new(Cause::NotScanned, detail)
}

/// What a scan came to, with what it is about.
pub(crate) struct Looked {
    /// The scan.
    pub(crate) scan: Scan,
    /// The source in words, with its bounds where it has some: `3 commits since 1f2e…`.
    pub(crate) what: String,
    /// What stands before the paths of the scan to make them paths from the working folder.
    pub(crate) prefix: Prefix,
}

/// Makes a path of a scan one from the working folder.
pub(crate) type Prefix = Box<dyn Fn(&str) -> String>;

/// The verdict where the check itself failed.
pub(crate) fn failed_inside(case: &CaseId) -> Verdict {
    let reason = Undecided::new(
        Cause::NoVerdict,
        "the scan failed inside; this is a defect of launchgate",
    );
    Verdict::undecided(case, reason)
}

/// Scans a source and judges what was found.
pub(crate) fn decide(desk: &Desk, page: &CheckPage, source: &Source, case: &Case, known: KnownValues) -> Verdict {
    let began = Instant::now();
    let rulebook = match desk.rulebook() {
        Ok(rulebook) => rulebook,
        Err(reason) => return Verdict::undecided(&case.id, not_scanned(reason)),
    };
    if source.kind == Kind::Environment {
        return environment::decide(desk, &rulebook, page, source, case);
    }
    let looked = match look(desk, &rulebook, source) {
        Ok(looked) => looked,
        Err(Unable::NotTestable(missing)) => return Verdict::not_testable(&case.id, missing),
        Err(Unable::Undecided(reason)) => return Verdict::undecided(&case.id, reason),
    };
    close(desk, &rulebook, page, case, looked, known, began.elapsed())
}

fn look(desk: &Desk, rulebook: &Rulebook, source: &Source) -> Result<Looked, Unable> {
    let place = desk.place().cloned().unwrap_or_default();
    match source.kind {
        Kind::WorkingTree => working_tree::look(&place, rulebook),
        Kind::Staged => staged::look(&place, rulebook),
        Kind::PullRequest => pull_request::look(&place, rulebook, source),
        Kind::History => history::look(&place, rulebook),
        Kind::Log => log::look(rulebook, source),
        Kind::Artifact => artifact::look(rulebook, source),
        Kind::Environment => Err(Unable::Undecided(not_scanned(
            "environment files are compared, not scanned",
        ))),
    }
}

fn close(
    desk: &Desk,
    rulebook: &Arc<Rulebook>,
    page: &CheckPage,
    case: &Case,
    looked: Looked,
    known: KnownValues,
    took: Duration,
) -> Verdict {
    let Looked { scan, what, prefix } = looked;
    let stats = scan.stats.clone();
    let (found, planted) = (scan.plants_found, rulebook.plants);
    let unscanned: Vec<Skipped> = scan
        .skipped
        .iter()
        .filter(|skipped| skipped.path.is_empty() || !rulebook.allow.covers_path(&skipped.path))
        .cloned()
        .collect();
    let notes_count = desk.place().is_some_and(|place| place.notes_count);
    let mut sorted = Sorted::of(rulebook, page, case, scan.findings, &unscanned, &*prefix, notes_count);
    sorted.add_known(page, case, &known);
    let failed = known.failed;
    let report = sorted.report(case, &what, &stats, took);
    let amount = amount(&report);
    let remarks = report.remarks.len();
    desk.put(report);
    let judgement = match (sorted.findings.is_empty(), open(&unscanned, &sorted), failed) {
        (false, _, _) => Judgement::Violated(sorted.findings),
        (true, Some(reason), _) => Judgement::Undecided(reason),
        (true, None, Some(reason)) => Judgement::Undecided(not_scanned(reason)),
        (true, None, None) => Judgement::Holds(format!(
            "no secret in {what}: {amount}; {found} of {planted} secrets that were planted on the same way were found{}",
            match remarks {
                0 => String::new(),
                1 => "; 1 remark".to_owned(),
                more => format!("; {more} remarks"),
            }
        )),
    };
    Procedure::begin(case).close(ClosingProof::plants_found(found, planted), judgement)
}

/// What was not scanned although nobody said that it need not be. Where a file is not what it claims to be nothing was left
/// unread: that is only told.
fn open(unscanned: &[Skipped], sorted: &Sorted) -> Option<Undecided> {
    let open: Vec<&Skipped> = unscanned
        .iter()
        .filter(|skipped| skipped.kind != Unscanned::Strange)
        .collect();
    let first = open.first()?;
    let named: Vec<String> = open
        .iter()
        .take(NAMED)
        .map(|skipped| sorted.clean(&format!("{}: {}", skipped.path, skipped.why)))
        .collect();
    let more = open.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    let pattern: String = sorted
        .clean(&first.path)
        .chars()
        .flat_map(|letter| {
            let escaped = (!letter.is_alphanumeric() && !matches!(letter, '/' | '_' | '-' | ' ')).then_some('\\');
            escaped.into_iter().chain([letter])
        })
        .collect();
    let remedy = match first.path.is_empty() || pattern.contains('…') {
        true => String::new(),
        false => {
            format!("; what somebody has looked into is left out by {CONFIGURATION}: allow.paths = ['^{pattern}$']")
        }
    };
    Some(not_scanned(format!("not scanned: {}{more}{remedy}", named.join("; "))))
}

/// How much was looked at, in words.
fn amount(report: &gate_model::SourceReport) -> String {
    let parts = [
        (report.commits, "commit"),
        (report.blobs, "blob"),
        (report.files, "file"),
        (report.bytes, "byte"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(count, word)| *count > 0 || *word == "byte")
        .map(|(count, word)| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        })
        .collect();
    said.join(", ")
}
