//! The sentence that says how much was tested.

use gate_model::{Coverage, CoverageState};

use crate::numbers::{count, plural};

/// `98 of 100 operations tested, 3 public, 2 not testable`.
pub(crate) fn covered(coverage: &Coverage) -> String {
    let mut text = format!(
        "{} of {} tested, {} public",
        count(coverage.tested as u64),
        plural(coverage.operations, "operation", "operations"),
        count(coverage.public as u64)
    );
    for (state, word) in [
        (CoverageState::NotTestable, "not testable"),
        (CoverageState::Undecided, "undecided"),
        (CoverageState::Skipped, "skipped"),
        (CoverageState::Unasked, "not asked about"),
    ] {
        let many = coverage.count(state);
        if many > 0 {
            text.push_str(&format!(", {} {word}", count(many as u64)));
        }
    }
    text
}
