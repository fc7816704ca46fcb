//! The baseline of the repository around a run: finds the file, and its version at the base of a pull request.

mod base;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use gate_baseline::{Base, Baseline, MAX_BYTES, Scales, weigh};
use gate_model::{FailOn, RunReport, SharedRedactor};
use time::{Date, OffsetDateTime};

use crate::cli::{BaselineArgs, BaselineFile};
use crate::load::LoadError;
use crate::scrub;

/// The file's name, beside the plan.
pub(crate) const NAME: &str = "launchgate.baseline.yml";

/// What a run is weighed against.
pub(crate) struct Known {
    file: String,
    head: Option<Baseline>,
    base: Base,
}

/// Today, in UTC: waivers end with their last day there.
pub(crate) fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

/// Where the file is: where a flag says, or beside the plan.
pub(crate) fn place(file: &BaselineFile, folder: &Path) -> PathBuf {
    file.baseline.clone().unwrap_or_else(|| {
        if folder == Path::new(".") || folder.as_os_str().is_empty() {
            PathBuf::from(NAME)
        } else {
            folder.join(NAME)
        }
    })
}

/// Reads a baseline; none where there is no such file.
///
/// # Errors
/// Where it cannot be read, or is wrong.
pub(crate) fn read(path: &Path) -> Result<Option<Baseline>, LoadError> {
    let meta = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("failed to read {}", path.display()))?,
    };
    if meta.len() > MAX_BYTES as u64 {
        let reason = anyhow!(
            "{} has {} bytes; at most {MAX_BYTES} are read",
            path.display(),
            meta.len()
        );
        return Err(LoadError::Unreadable(reason));
    }
    let bytes = std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    parse(&shown(path), &bytes).map(Some)
}

fn parse(name: &str, bytes: &[u8]) -> Result<Baseline, LoadError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| anyhow!("{name} is not UTF-8 (byte {}); save it as UTF-8", error.valid_up_to()))?;
    Ok(gate_baseline::read(name, text)?)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// What the repository knows, before anything is sent: a file that is wrong must not cost a run.
///
/// # Errors
/// Where a file cannot be read or is wrong, or one that a flag names is not there.
pub(crate) fn known(args: &BaselineArgs, folder: &Path) -> Result<Known, LoadError> {
    let path = place(&args.file, folder);
    let head = read(&path)?;
    let base = match &args.baseline_base {
        Some(file) => {
            let baseline = read(file)?.ok_or_else(|| anyhow!("{} is not there", file.display()))?;
            Base::File(baseline, shown(file))
        }
        None => base::find(args.base.as_deref(), &path)?,
    };
    if head.is_none() && args.file.baseline.is_some() && !matches!(base, Base::File(..)) {
        let reason = anyhow!(
            "there is no {}; `launchgate baseline accept RESULT.json` writes it",
            path.display()
        );
        return Err(LoadError::Unreadable(reason));
    }
    Ok(Known {
        file: shown(&path),
        head,
        base,
    })
}

impl Known {
    /// Weighs a run.
    pub(crate) fn weigh(&self, report: RunReport, fail_on: FailOn, redactor: &SharedRedactor) -> RunReport {
        let mut report = report;
        let scales = Scales {
            file: &self.file,
            fail_on,
            today: today(),
        };
        weigh(&mut report, self.head.as_ref(), &self.base, scales);
        if report.baseline.is_some() {
            scrub::redacted(report, redactor)
        } else {
            report
        }
    }
}
