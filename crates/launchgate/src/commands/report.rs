//! `launchgate report`: renders an earlier result. The verdict is the one that it holds.

use std::path::Path;

use gate_model::Verdict;
use gate_report::{Console, MAX_RESULT_BYTES, read_json};

use crate::cli::ReportArgs;
use crate::output;

/// Renders a result.
pub(super) fn report(path: &Path, reports: &ReportArgs, console: &Console) -> u8 {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) => {
            output::complain(&format!("error: {error}"));
            return Verdict::Unusable.exit_code();
        }
    };
    match read_json(&text) {
        Ok(report) => output::finish(&report, reports, console),
        Err(error) => {
            output::complain(&format!("error: {}: {error}", path.display()));
            Verdict::Unusable.exit_code()
        }
    }
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
