//! `launchgate baseline`: accepts a run, shows what is accepted, takes out what is of no use any more.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gate_baseline::{Baseline, Terms, accept, prune, show};
use gate_report::write_atomically;
use time::Date;

use super::report::read_result;
use crate::cli::{BaselineCommand, BaselineFile, PlanArgs, TermsArgs};
use crate::load::{self, LoadError};
use crate::{baseline, output};

/// Runs a command on the baseline.
pub(super) fn run(command: &BaselineCommand) -> Result<u8, LoadError> {
    match command {
        BaselineCommand::Accept { result, file, terms } => accept_run(result, file, terms),
        BaselineCommand::Show { file } => {
            let (path, known) = existing(file)?;
            output::print(&format!("{}\n\n{}", path.display(), show(&known, baseline::today())));
            Ok(0)
        }
        BaselineCommand::Prune { result, file } => prune_file(result.as_deref(), file),
    }
}

/// Beside the plan, where there is one.
fn path(file: &BaselineFile) -> PathBuf {
    let plan = load::discover(&PlanArgs::default()).ok();
    let folder = plan.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    baseline::place(file, folder)
}

fn existing(file: &BaselineFile) -> Result<(PathBuf, Baseline), LoadError> {
    let path = path(file);
    match baseline::read(&path)? {
        Some(known) => Ok((path, known)),
        None => {
            let reason = anyhow!(
                "there is no {}; `launchgate baseline accept RESULT.json` writes it",
                path.display()
            );
            Err(LoadError::Unreadable(reason))
        }
    }
}

fn accept_run(result: &Path, file: &BaselineFile, terms: &TermsArgs) -> Result<u8, LoadError> {
    let report = read_result(result).map_err(|error| LoadError::Unreadable(anyhow!(error)))?;
    let path = path(file);
    let old = baseline::read(&path)?;
    let terms = read_terms(terms)?;
    let accepting = accept(&report, old.as_ref(), terms.as_ref(), baseline::today())
        .map_err(|error| LoadError::Unreadable(error.into()))?;
    let text = accepting.baseline.to_string();
    let mut said = changes(old.as_ref(), &accepting.baseline);
    for (word, cases) in [("accepted", &accepting.added), ("no longer needed", &accepting.dropped)] {
        for case in cases {
            said.push_str(&format!("{word}: {case}\n"));
        }
    }
    write(&path, &text)?;
    let count = &accepting.baseline;
    said.push_str(&format!(
        "{}: {} cells, {} accepted, {} further decided cases\n",
        path.display(),
        count.access.len(),
        count.accepted.len(),
        count.decided.len()
    ));
    output::print(&printable(&said));
    Ok(0)
}

/// The lines of the matrix that changed, as a diff shows them; nothing for a first file, which is all new.
fn changes(old: Option<&Baseline>, new: &Baseline) -> String {
    let Some(old) = old else { return String::new() };
    let (old, new) = (old.to_string(), new.to_string());
    let cells = |text: &str| -> Vec<String> {
        let lines = text.lines().skip_while(|line| *line != "access:").skip(1);
        lines
            .take_while(|line| line.starts_with("  - "))
            .map(str::to_owned)
            .collect()
    };
    let (old, new) = (cells(&old), cells(&new));
    let mut said = String::new();
    let known: std::collections::BTreeSet<&String> = old.iter().collect();
    let kept: std::collections::BTreeSet<&String> = new.iter().collect();
    for line in old.iter().filter(|line| !kept.contains(line)) {
        said.push_str(&format!("- {}\n", line.trim_start_matches("  - ")));
    }
    for line in new.iter().filter(|line| !known.contains(line)) {
        said.push_str(&format!("+ {}\n", line.trim_start_matches("  - ")));
    }
    said
}

fn prune_file(result: Option<&Path>, file: &BaselineFile) -> Result<u8, LoadError> {
    let (path, known) = existing(file)?;
    let report = result
        .map(|result| read_result(result).map_err(|error| LoadError::Unreadable(anyhow!(error))))
        .transpose()?;
    let pruned = prune(&known, report.as_ref(), baseline::today());
    if pruned.removed.is_empty() {
        output::print(&format!("{}: nothing to take out\n", path.display()));
        return Ok(0);
    }
    write(&path, &pruned.baseline.to_string())?;
    let mut said = String::new();
    for line in &pruned.removed {
        said.push_str(&format!("removed {line}\n"));
    }
    said.push_str(&format!(
        "{}: {} accepted\n",
        path.display(),
        pruned.baseline.accepted.len()
    ));
    output::print(&printable(&said));
    Ok(0)
}

fn write(path: &Path, text: &str) -> Result<(), LoadError> {
    write_atomically(path, text.as_bytes()).map_err(|error| LoadError::Unreadable(error.into()))
}

/// All terms, or none.
fn read_terms(args: &TermsArgs) -> Result<Option<Terms>, LoadError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    match (given(&args.reason), given(&args.owner), given(&args.expires)) {
        (None, None, None) => Ok(None),
        (Some(reason), Some(owner), Some(expires)) => Ok(Some(Terms {
            reason,
            owner,
            expires: last_day(&expires)?,
        })),
        _ => Err(LoadError::Unreadable(anyhow!(
            "--reason, --owner and --expires go together: nothing is accepted without all three"
        ))),
    }
}

/// `2027-01-31`, or `90d` from today.
fn last_day(text: &str) -> Result<Date, LoadError> {
    if let Some(date) = gate_baseline::date(text) {
        return Ok(date);
    }
    let ahead = humantime::parse_duration(text)
        .ok()
        .and_then(|time| time::Duration::try_from(time).ok());
    ahead
        .and_then(|ahead| baseline::today().checked_add(ahead))
        .ok_or_else(|| {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            LoadError::Unreadable(anyhow!("--expires `{shown}` is no day: write 2027-01-31, or 90d"))
        })
}

/// Case ids come from documents: nothing in them may act on a terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '?' } else { c })
        .collect()
}
