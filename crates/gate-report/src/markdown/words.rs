//! Foreign text in Markdown.

use crate::foreign;

/// A text as a code span on one line, fit for the cell of a table. What would end the span or the cell is replaced by what looks
/// alike.
pub(super) fn code(text: &str, max: usize) -> String {
    let line = foreign::line(text, max).replace('`', "'").replace('|', "\u{a6}");
    // A span of nothing is no span.
    format!("`{}`", if line.is_empty() { "-" } else { &line })
}

/// A text as a fenced block, whose fence is longer than any in the text.
pub(super) fn fenced(text: &str, language: &str, max: usize) -> String {
    let text = foreign::block(text, max);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_cannot_be_left() {
        assert_eq!(code("a`|<b>\n@all #1", 100), "`a'\u{a6}<b> @all #1`");
        assert_eq!(code(" \n ", 100), "`-`");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("x\n````\ny\n", "sh", 100), "`````sh\nx\n````\ny\n`````\n");
        assert_eq!(fenced("", "", 9), "```\n\n```\n");
    }
}
