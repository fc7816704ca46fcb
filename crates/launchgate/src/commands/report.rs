//! `launchgate report`: renders an earlier result. The verdict is the one that it holds.

use std::path::Path;

use gate_model::{RunReport, Verdict};
use gate_report::{Console, MAX_RESULT_BYTES, read_json};

use crate::cli::ReportArgs;
use crate::output;

/// Renders a result.
pub(super) fn report(path: &Path, reports: &ReportArgs, console: &Console) -> u8 {
    match read_result(path) {
        Ok(report) => output::finish(&report, reports, console),
        Err(error) => {
            output::complain(&format!("error: {error}"));
            Verdict::Unusable.exit_code()
        }
    }
}

/// Reads the JSON result of a run.
///
/// # Errors
/// Where it cannot be read or is none.
pub(super) fn read_result(path: &Path) -> Result<RunReport, String> {
    let text = read(path)?;
    read_json(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    let fail = |error: std::io::Error| format!("failed to read {}: {error}", path.display());
    let size = std::fs::metadata(path).map_err(fail)?.len();
    if size > MAX_RESULT_BYTES as u64 {
        return Err(format!(
            "{} has {size} bytes; at most {MAX_RESULT_BYTES} are read",
            path.display()
        ));
    }
    std::fs::read_to_string(path).map_err(fail)
}
