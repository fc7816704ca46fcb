//! The run as JSON: what `launchgate report`, `compare` and `baseline accept` read back.

use gate_model::{REPORT_VERSION, RunReport};
use serde::Deserialize;

use crate::ReportError;

/// The largest result that is read, in bytes.
pub const MAX_RESULT_BYTES: usize = 256 << 20;

/// The run, indented, with a final line end.
pub(crate) fn render(report: &RunReport) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(report).map_err(ReportError::Json)?;
    text.push('\n');
    Ok(text)
}

/// Reads what the `json` report wrote.
///
/// # Errors
/// Where the text is too large, is no result, or states another version of the format.
pub fn read_json(text: &str) -> Result<RunReport, ReportError> {
    #[derive(Deserialize)]
    struct Head {
        version: u64,
    }
    if text.len() > MAX_RESULT_BYTES {
        return Err(ReportError::TooLarge {
            bytes: text.len(),
            limit: MAX_RESULT_BYTES,
        });
    }
    // The version first: a later version may look different in any other way.
    let text = text.trim_start_matches('\u{feff}');
    let head: Head = serde_json::from_str(text).map_err(ReportError::NotAResult)?;
    if head.version != u64::from(REPORT_VERSION) {
        return Err(ReportError::Version {
            found: head.version,
            known: REPORT_VERSION,
        });
    }
    serde_json::from_str(text).map_err(ReportError::NotAResult)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_report_survives_the_way_through_json() {
        let report = sample::mixed();
        let text = render(&report).expect("rendered");
        assert!(text.starts_with("{\n  \"version\": 1,"));
        assert_eq!(read_json(&text).expect("read"), report);
    }

    #[test]
    fn what_is_no_result_is_refused_with_its_place() {
        let message = |text: &str| read_json(text).expect_err("refused").to_string();
        assert_eq!(
            message("{\"version\": 7, \"anything\": true}"),
            "the result has format version 7; this program reads version 1"
        );
        assert!(message("[]").starts_with("not a launchgate result: "));
        assert!(message("{\n\"version\": 1}").contains("missing field"));
        assert!(message("{\"version\": 1,\n oops").contains("line 2"));
        assert!(message(&"[".repeat(100_000)).starts_with("not a launchgate result"));
    }
}
