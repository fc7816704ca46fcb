//! A text with a limit: sections are written whole or not at all.

use std::fmt::Write as _;

/// A text on its way.
pub(super) struct Sheet {
    text: String,
    limit: usize,
    left_out: usize,
}

/// Room for the line that says what was left out.
const RESERVE: usize = 200;

impl Sheet {
    /// A text of at most so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
            left_out: 0,
        }
    }

    /// Adds a section where there is one and it fits.
    pub(super) fn add(&mut self, section: &str) {
        if section.is_empty() {
            return;
        }
        if self.text.len() + section.len() + 1 + RESERVE > self.limit {
            self.left_out += 1;
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(section);
    }

    /// The text.
    pub(super) fn finish(mut self) -> String {
        if self.left_out > 0 {
            let _ = writeln!(
                self.text,
                "\n_{} more sections are too long to be shown here; the JSON and HTML reports hold all._",
                self.left_out
            );
        }
        self.text
    }
}
