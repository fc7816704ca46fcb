//! Reads a history that anybody may have written.

use super::{HISTORY_VERSION, History, HistoryError, KeptRun, MAX_HISTORY_BYTES, MAX_RUNS, moment};

/// Characters of the short texts of a line.
const SHORT: usize = 300;
/// Runs that are looked at; a file of small lines could hold many more than are ever kept.
const MAX_LINES: usize = 10 * MAX_RUNS;

impl History {
    /// Reads a history; the empty text is an empty one. Lines that are no runs are counted and passed over: a writer that was
    /// killed by somebody else's tool leaves half a line, and that must not stop every run after it.
    ///
    /// # Errors
    /// Where the text is too large, or there are lines and none of them is a run.
    pub fn read(text: &str) -> Result<Self, HistoryError> {
        if text.len() > MAX_HISTORY_BYTES {
            return Err(HistoryError::TooLarge { bytes: text.len() });
        }
        let mut history = Self::default();
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in text.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            match serde_json::from_str::<KeptRun>(line) {
                Ok(run) if number < MAX_LINES && is_sound(&run) => history.runs.push(run),
                Ok(_) | Err(_) => history.unreadable += 1,
            }
        }
        if history.runs.is_empty() && history.unreadable > 0 {
            return Err(HistoryError::NotAHistory);
        }
        history.runs.sort_by_key(KeptRun::began);
        Ok(history)
    }
}

/// Whether a line is one that this version could have written.
fn is_sound(run: &KeptRun) -> bool {
    let short = |text: &str| text.len() <= SHORT && !text.chars().any(char::is_control);
    let numbers = |one: &super::KeptP95| one.ms.is_finite() && one.budget_ms.is_finite();
    run.version == HISTORY_VERSION
        && moment(&run.started_at).is_some()
        && short(&run.tool)
        && run.plan.as_deref().is_none_or(short)
        && run.profile.as_deref().is_none_or(short)
        && run.p95.iter().all(numbers)
}
