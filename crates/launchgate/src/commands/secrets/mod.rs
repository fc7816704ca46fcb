//! `launchgate secrets`: the search for secrets alone.

mod accept;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use check_secrets::{Desk, Kind, Place, Range, Source};
use gate_model::{
    CaseResult, Counts, Coverage, FailOn, NoticeLevel, REPORT_VERSION, RunReport, Severity, SharedRedactor, Verdict,
};
use gate_report::Console;

use crate::cli::{ScanArgs, SecretsArgs, SecretsCommand};
use crate::{ci_range, output, summary};

/// Looks for secrets, or accepts one.
pub(super) fn secrets(args: &SecretsArgs, console: &Console) -> u8 {
    let done = match &args.command {
        Some(SecretsCommand::Accept(args)) => accept::accept(args),
        None => scan(args, console),
    };
    done.unwrap_or_else(|message| {
        output::complain(&format!("error: {message}"));
        Verdict::Unusable.exit_code()
    })
}

fn scan(args: &SecretsArgs, console: &Console) -> Result<u8, String> {
    let began = Instant::now();
    let started_at = summary::now();
    let notes_count = args.fail_on == FailOn::Severity(Severity::Note);
    let (desk, sources) = desk(&args.scan, notes_count)?;
    let cases = check_secrets::alone(&desk, &sources);
    let mut report = report(started_at, &desk, cases, args.fail_on);
    report.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    report.target = args.scan.folder().to_string_lossy().into_owned();
    if report.verdict == Verdict::Proven {
        // Quiet where all is well: what is for information alone is in the reports.
        let mut shown = report.clone();
        shown
            .notices
            .retain(|notice| console.verbose || notice.level == NoticeLevel::Warning);
        return Ok(output::finish_as(
            &report,
            &args.reports,
            &console.render_places(&shown),
        ));
    }
    Ok(output::finish_as(
        &report,
        &args.reports,
        &console.render_places(&report),
    ))
}

/// What is asked for, and the desk for it.
fn desk(args: &ScanArgs, notes_count: bool) -> Result<(Arc<Desk>, Vec<Source>), String> {
    let folder = args.folder();
    if let Err(error) = std::fs::metadata(&folder) {
        return Err(format!("failed to read {}: {error}", folder.display()));
    }
    let asked = args.range();
    let range = asked.clone().or_else(ci_range::of_process);
    let place = Place {
        plan_folder: folder.clone(),
        folder,
        range,
        target_log: None,
        sources: None,
        notes_count,
    };
    let sources = args.sources(asked.is_some(), &place);
    let desk = Arc::new(Desk::new(place, SharedRedactor::default()));
    let in_repository = desk.repository().is_some();
    let of_git = |source: &&Source| matches!(source.kind, Kind::Staged | Kind::PullRequest | Kind::History);
    if !in_repository && let Some(source) = sources.iter().find(of_git) {
        return Err(format!(
            "{} is in no git repository with a working tree, so that there is no {}",
            args.folder().display(),
            source.words().trim_start_matches("the ")
        ));
    }
    // Rules that cannot be read are a mistake of the user, and nothing is looked at with half of them.
    desk.rulebook()?;
    Ok((desk, sources))
}

impl ScanArgs {
    fn folder(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| Path::new(".").to_owned())
    }

    /// The commits that the flags name.
    fn range(&self) -> Option<Range> {
        let range = |base: &str, head: &str, flag: &str| Range {
            bases: vec![base.to_owned()],
            head: head.to_owned(),
            said_by: flag.to_owned(),
        };
        match (&self.base, &self.since) {
            (Some(base), _) => Some(range(base, &self.head, "--base")),
            (None, Some(since)) => Some(range(since, "HEAD", "--since")),
            (None, None) => None,
        }
    }

    fn sources(&self, range_asked_for: bool, place: &Place) -> Vec<Source> {
        let mut sources = Vec::new();
        let mut of = |wanted: bool, kind: Kind| {
            if wanted {
                sources.push(Source::of(kind));
            }
        };
        of(self.tree, Kind::WorkingTree);
        of(self.staged, Kind::Staged);
        of(range_asked_for, Kind::PullRequest);
        of(self.history, Kind::History);
        of(self.env, Kind::Environment);
        sources.extend(self.logs.iter().map(|file| Source::of_file(Kind::Log, file)));
        sources.extend(self.artifact.iter().map(|file| Source::of_file(Kind::Artifact, file)));
        if sources.is_empty() {
            sources.push(Source::of(Kind::WorkingTree));
            if place.range.is_some() && secret_scan::root_of(&place.folder).is_some() {
                sources.push(Source::of(Kind::PullRequest));
            }
        }
        for source in sources.iter_mut().filter(|source| source.kind == Kind::PullRequest) {
            source.range.clone_from(&place.range);
        }
        sources
    }
}

fn report(started_at: String, desk: &Desk, mut cases: Vec<CaseResult>, fail_on: FailOn) -> RunReport {
    cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
    let verdict = Verdict::of(&cases, fail_on);
    RunReport {
        version: REPORT_VERSION,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        started_at,
        duration_ms: 0,
        target: String::new(),
        plan: None,
        verdict,
        exit_code: verdict.exit_code(),
        counts: Counts::of(&cases),
        coverage: Coverage::default(),
        identities: Vec::new(),
        cases,
        access: Vec::new(),
        baseline: None,
        full_scan: None,
        latency: Vec::new(),
        sources: desk.take(),
        notices: desk.take_notices(),
        leftovers: Vec::new(),
        requests_sent: 0,
    }
}
