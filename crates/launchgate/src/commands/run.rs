//! `launchgate run`.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use check_secrets::Desk;
use gate_engine::{Cancel, Selection};
use gate_exchange::Options;
use gate_model::{CaseResult, FailOn, Outcome, RunReport, Severity, SharedRedactor, SkipReason, Verdict};
use gate_plan::{Draft, Quick};
use gate_report::Console;
use gate_spec::Spec;

use super::WORK_FOLDER;
use crate::cli::{GateArgs, RunArgs};
use crate::fork::LeftOut;
use crate::gate::{self, GateOptions};
use crate::load::{self, LoadError};
use crate::progress::Progress;
use crate::{baseline, checks, history, output, secrets_place, signals, target_process};

/// Runs the gate against the target of a plan, or against an address with two tokens.
pub(super) async fn run(args: RunArgs, console: Console) -> Result<u8, LoadError> {
    checks::judge(&selection(&args.gate))?;
    let quick = quick_of(&args)?;
    let (folder, draft) = match &quick {
        Some(quick) => (Path::new(".").to_owned(), load::quick(quick)?),
        None => {
            let (path, draft) = load::draft(&args.plan)?;
            (path.parent().unwrap_or(Path::new(".")).to_owned(), draft)
        }
    };
    let known = baseline::known(&args.baseline, &folder)?;
    let redactor = SharedRedactor::default();
    let cancel = Cancel::default();
    let interrupted = signals::watch(&cancel).map_err(|error| LoadError::Unreadable(error.into()))?;
    let outline = draft.outline();
    let process = target_process::start(&outline, Path::new(WORK_FOLDER)).await?;
    let log = process.as_ref().map(|process| process.log.clone());
    let shown = log.as_ref().map(|log| log.display().to_string());
    let notes_count = args.gate.fail_on == FailOn::Severity(Severity::Note);
    let place = secrets_place::of_plan(&outline, &folder, log, notes_count);
    let desk = Arc::new(Desk::new(place, redactor.clone()));
    let done = gate(draft, &folder, &args, shown, &redactor, &cancel, &desk).await;
    if let Some(process) = process {
        process.end().await;
    }
    let (spec, report) = match done {
        Err(LoadError::TargetSilent(reason)) => {
            output::complain(&format!("error: {reason}"));
            let silent = crate::summary::silent(&outline, &reason);
            let local = local_cases(&outline, &selection(&args.gate), &desk);
            let report = crate::summary::with_local(silent, local, &desk, args.gate.fail_on);
            (Arc::new(outline.clone()), report)
        }
        other => other?,
    };
    let mut report = known.weigh(report, args.gate.fail_on, &redactor);
    let lacks_secrets = without_secrets(&report).count() > 0;
    let terms = &spec.settings.full_scan;
    let called_off = interrupted.exit_code().is_some();
    let not_kept = history::keep(&mut report, &args, terms, called_off, lacks_secrets);
    let text = console.render(&report);
    let code = output::finish_after(&report, &args.reports, &text, not_kept.into_iter().collect());
    if let Some(quick) = &quick {
        offer_to_save(quick, &report);
    }
    if let Some(code) = interrupted.exit_code() {
        return Ok(code);
    }
    Ok(on_a_fork(&spec, &args, &report).unwrap_or(code))
}

async fn gate(
    draft: Draft,
    folder: &Path,
    args: &RunArgs,
    log: Option<String>,
    redactor: &SharedRedactor,
    cancel: &Cancel,
    desk: &Arc<Desk>,
) -> Result<(Arc<Spec>, RunReport), LoadError> {
    let fetching = options(&draft.outline(), &args.gate, None).client;
    let mut spec = load::finish(draft, folder, fetching, redactor).await?;
    spec.settings.output_log = log;
    let left_out = if args.plan.fork {
        LeftOut::take(&mut spec, &selection(&args.gate))
    } else {
        None
    };
    let spec = Arc::new(spec);
    let mut options = options(&spec, &args.gate, Some(WORK_FOLDER));
    if left_out.as_ref().is_some_and(LeftOut::nothing) {
        // What is left is what needs no session.
        options.selection.only = without_sessions(&options.selection.only);
    }
    options.left_out = left_out;
    options.desk = Arc::clone(desk);
    let progress = Progress::new(!args.gate.no_progress);
    let report = gate::run(Arc::clone(&spec), options, redactor, cancel, &progress)
        .await
        .map_err(|error| LoadError::Unreadable(error.into()))?;
    Ok((spec, report))
}

/// The client's bounds, the selection and the rest, from the plan and the flags.
pub(super) fn options(spec: &Spec, args: &GateArgs, journal: Option<&str>) -> GateOptions {
    let mut client = Options::from(&spec.settings.limits);
    if let Some(jobs) = args.jobs {
        client.jobs = usize::from(jobs);
    }
    if let Some(deadline) = args.deadline {
        client.deadline = deadline;
    }
    if let Some(requests) = args.max_requests {
        client.requests = requests;
    }
    if let Some(timeout) = args.timeout {
        client.timeout = timeout;
    }
    client.proxy.clone_from(&args.proxy);
    client.allow_hosts_only.clone_from(&args.allow_host);
    GateOptions {
        client,
        selection: selection(args),
        fail_on: args.fail_on,
        journal: journal.map(Into::into),
        left_out: None,
        desk: Arc::default(),
        only_secrets: !args.only.is_empty() && args.only.iter().all(|name| checks::is_secrets(name)),
    }
}

/// Which checks the flags choose.
pub(super) fn selection(args: &GateArgs) -> Selection {
    Selection {
        only: args.only.clone(),
        skip: args.skip.clone(),
    }
}

/// What a run without a plan needs, where this is one. An address in the environment makes it one only where there is no
/// plan: it may well be there for the plan to read.
fn quick_of(args: &RunArgs) -> Result<Option<Quick>, LoadError> {
    let Some(url) = &args.url else { return Ok(None) };
    if !args.url_is_typed && load::discover(&args.plan).is_ok() {
        return Ok(None);
    }
    let (Some(token_a), Some(token_b)) = (&args.token_a, &args.token_b) else {
        return Err(LoadError::Unreadable(anyhow!(
            "LAUNCHGATE_URL without a plan needs LAUNCHGATE_TOKEN_A and LAUNCHGATE_TOKEN_B"
        )));
    };
    Ok(Some(Quick {
        url: url.clone(),
        openapi: args.openapi.clone(),
        openapi_is_file: args.openapi.as_deref().is_some_and(|place| Path::new(place).is_file()),
        token_a: token_a.clone(),
        token_b: token_b.clone(),
        header: args.token_header.clone(),
    }))
}

fn offer_to_save(quick: &Quick, report: &RunReport) {
    if matches!(report.verdict, Verdict::Proven | Verdict::Regression) {
        output::complain(
            "\nTo keep this as a plan, with writes and roles to come, save it as launchgate.yml \
             and set LAUNCHGATE_TOKEN_A and LAUNCHGATE_TOKEN_B:\n",
        );
        output::complain(&gate_plan::quick_yaml(quick));
    }
}

/// The sources that need no target, where the target did not even give its document.
fn local_cases(spec: &Spec, selection: &Selection, desk: &Arc<Desk>) -> Vec<CaseResult> {
    let mut cases = check_secrets::of_plan(desk, &spec.settings.secrets);
    cases.retain(|result| selection.leaves_out(spec, &result.case.check).is_none());
    cases
}

/// What a run without sessions may choose: the search for secrets, as far as the user chose it.
fn without_sessions(only: &[String]) -> Vec<String> {
    let kept: Vec<String> = only.iter().filter(|name| checks::is_secrets(name)).cloned().collect();
    match (only.is_empty(), kept.is_empty()) {
        (true, _) => vec!["secrets".to_owned()],
        (false, true) => vec!["none".to_owned()],
        (false, false) => kept,
    }
}

/// A fork run in which everything was skipped for want of secrets passes with a banner, unless that was forbidden.
fn on_a_fork(spec: &Spec, args: &RunArgs, report: &RunReport) -> Option<u8> {
    if !args.plan.fork || spec.operations.is_empty() {
        return None;
    }
    if report.verdict != Verdict::NothingRan {
        partly(report);
        return None;
    }
    if args.require_secrets {
        return Some(Verdict::NothingRan.exit_code());
    }
    let scanned = report.counts.pass > 0;
    output::complain(if scanned {
        "ONLY THE REPOSITORY WAS LOOKED AT: this run has no secrets (a fork). Every case of the target is skipped; run the \
         gate again where the secrets are, before this is merged."
    } else {
        "NOTHING WAS TESTED: this run has no secrets (a fork). Every case is skipped; run the gate again where the \
         secrets are, before this is merged."
    });
    Some(Verdict::Proven.exit_code())
}

/// Cases that were left out for want of secrets.
fn without_secrets(report: &RunReport) -> impl Iterator<Item = &CaseResult> {
    let lacks = |result: &&CaseResult| {
        matches!(
            &result.outcome,
            Outcome::Skipped {
                reason: SkipReason::NoSecrets(_)
            }
        )
    };
    report.cases.iter().filter(lacks)
}

/// Says that a run without secrets decided only a part.
fn partly(report: &RunReport) {
    let skipped = without_secrets(report).count();
    if skipped > 0 {
        output::complain(&format!(
            "ONLY A PART WAS TESTED: this run has no secrets (a fork). {skipped} of {} cases are skipped; run the gate again \
             where the secrets are, before this is merged.",
            report.cases.len()
        ));
    }
}
