//! Lines on their way to the console: wrapped, indented, coloured where asked.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use super::Console;
use crate::foreign;

/// Columns that a label takes.
const LABEL: usize = 10;
/// The narrowest that is wrapped at.
const MIN_WIDTH: usize = 40;

pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const OPEN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const TITLE: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

/// Collects lines.
pub(super) struct Page {
    console: Console,
    text: String,
}

impl Page {
    pub(super) fn new(console: Console) -> Self {
        Self {
            console,
            text: String::new(),
        }
    }

    pub(super) fn verbose(&self) -> bool {
        self.console.verbose
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A word in a style, or bare.
    pub(super) fn paint(&self, style: Style, text: impl Display) -> String {
        if self.console.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    /// An empty line between parts, never two and none at the top.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A line as it stands. The caller has cleaned it.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A paragraph with a painted beginning, wrapped with a hanging indent.
    pub(super) fn headline(&mut self, lead: &str, style: Style, text: &str, hang: usize) {
        let whole = format!("{lead}{text}");
        let painted = self.paint(style, lead);
        for (index, line) in self.wrapped(&whole, "", &" ".repeat(hang)).into_iter().enumerate() {
            match line.strip_prefix(lead).filter(|_| index == 0) {
                Some(rest) => self.line(&format!("{painted}{rest}")),
                None => self.line(&line),
            }
        }
    }

    /// A label and its text, wrapped. Nothing where the text is empty.
    pub(super) fn field(&mut self, indent: usize, label: &str, text: &str) {
        let text = foreign::line(text, 2000);
        if text.is_empty() {
            return;
        }
        let hang = " ".repeat(indent + LABEL);
        let wrapped = self.wrapped(&text, &hang, &hang);
        for (index, line) in wrapped.into_iter().enumerate() {
            if index == 0 {
                self.labelled(indent, label, line.trim_start());
            } else {
                self.line(&line);
            }
        }
    }

    /// A label and text that is copied rather than read: never wrapped.
    pub(super) fn verbatim(&mut self, indent: usize, label: &str, text: &str, max_chars: usize, max_lines: usize) {
        let text = foreign::block(text, max_chars);
        let hang = " ".repeat(indent + LABEL);
        let lines: Vec<&str> = text.trim_end().split('\n').collect();
        for (index, line) in lines.iter().take(max_lines).enumerate() {
            match index {
                0 if line.is_empty() && lines.len() == 1 => return,
                0 => self.labelled(indent, label, line),
                _ => self.line(&format!("{hang}{line}")),
            }
        }
        if lines.len() > max_lines {
            self.line(&format!("{hang}… {} more lines", lines.len() - max_lines));
        }
    }

    /// A list under a label, one item a line, with what was left out said at the end.
    pub(super) fn list(&mut self, indent: usize, label: &str, items: &[&str], shown: usize) {
        let hang = " ".repeat(indent + LABEL);
        for (index, item) in items.iter().take(shown).enumerate() {
            let item = foreign::line(item, 200);
            if index == 0 {
                self.labelled(indent, label, &item);
            } else {
                self.line(&format!("{hang}{item}"));
            }
        }
        if items.len() > shown {
            self.line(&format!("{hang}and {} more", items.len() - shown));
        }
    }

    fn labelled(&mut self, indent: usize, label: &str, text: &str) {
        let padded = format!("{label:<LABEL$}");
        let label = self.paint(FAINT, padded);
        self.line(&format!("{}{label}{text}", " ".repeat(indent)));
    }

    fn wrapped(&self, text: &str, first: &str, next: &str) -> Vec<String> {
        let options = textwrap::Options::new(self.console.width.max(MIN_WIDTH))
            .initial_indent(first)
            .subsequent_indent(next)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::wrap(text, options)
            .into_iter()
            .map(std::borrow::Cow::into_owned)
            .collect()
    }
}
