//! `launchgate compare`: one run beside another.

use std::path::Path;

use anyhow::anyhow;
use gate_model::FailOn;
use gate_report::Console;

use super::report::read_result;
use crate::cli::ReportArgs;
use crate::load::LoadError;
use crate::{baseline, output};

/// Compares the newer of two results with the older.
pub(super) fn compare(
    old: &Path,
    new: &Path,
    fail_on: FailOn,
    reports: &ReportArgs,
    console: &Console,
) -> Result<u8, LoadError> {
    let read = |path: &Path| read_result(path).map_err(|error| LoadError::Unreadable(anyhow!(error)));
    let (before, now) = (read(old)?, read(new)?);
    let name = old.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let comparison = gate_baseline::compare(&before, &name, now, fail_on, baseline::today())
        .map_err(|error| LoadError::Unreadable(anyhow!("{}: {error}", old.display())))?;
    Ok(output::finish(&comparison.report, reports, console))
}
