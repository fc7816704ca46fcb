//! `launchgate compare`: one run beside another. Either is a result, or a run of a history.

use std::path::Path;

use anyhow::anyhow;
use gate_baseline::History;
use gate_model::{FailOn, RunReport};
use gate_report::Console;

use super::report::read_result;
use super::trend;
use crate::cli::ReportArgs;
use crate::load::LoadError;
use crate::{baseline, history, output};

/// What a file holds.
enum Held {
    Result(Box<RunReport>),
    History(History),
}

/// Compares the newer of two runs with the older. Of a history the newer one is its last run, and the older one the last run
/// over everything before the other. Without a second file both are of the same history.
pub(super) fn compare(
    old: &Path,
    new: Option<&Path>,
    fail_on: FailOn,
    reports: &ReportArgs,
    console: &Console,
) -> Result<u8, LoadError> {
    let before = held(old)?;
    let now = match new {
        Some(new) => newest(held(new)?, new)?,
        None => match &before {
            Held::History(history) => newest(Held::History(history.clone()), old)?,
            Held::Result(_) => {
                return Err(refuse(format!(
                    "{} is one result; name the newer one as well, or a history of runs",
                    old.display()
                )));
            }
        },
    };
    let file = old.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (before, name) = match before {
        Held::Result(before) => (*before, file),
        Held::History(history) => {
            let run = history.before(&now).ok_or_else(|| {
                refuse(format!(
                    "{} holds no earlier run of the same plan that came to a result",
                    old.display()
                ))
            })?;
            output::print(&trend::table(&history, now.plan.as_deref()));
            (run.report(), format!("{file} of {}", run.started_at))
        }
    };
    let comparison = gate_baseline::compare(&before, &name, now, fail_on, baseline::today())
        .map_err(|error| refuse(format!("{}: {error}", old.display())))?;
    Ok(output::finish(&comparison.report, reports, console))
}

fn refuse(text: String) -> LoadError {
    LoadError::Unreadable(anyhow!(text))
}

fn held(path: &Path) -> Result<Held, LoadError> {
    let why = match read_result(path) {
        Ok(report) => return Ok(Held::Result(Box::new(report))),
        Err(why) => why,
    };
    match history::read(path) {
        Ok(history) if !history.runs.is_empty() => Ok(Held::History(history)),
        Ok(_) | Err(_) => Err(refuse(why)),
    }
}

fn newest(held: Held, path: &Path) -> Result<RunReport, LoadError> {
    match held {
        Held::Result(report) => Ok(*report),
        Held::History(history) => match history.runs.last() {
            Some(run) => Ok(run.report()),
            None => Err(refuse(format!("{} holds no run", path.display()))),
        },
    }
}
