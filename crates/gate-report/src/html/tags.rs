//! HTML on its way. Tags are ours and written as they stand; every other text is cleaned and escaped here.

use crate::foreign;

/// Bytes of a page; sections that would go beyond are cut short and say so.
const LIMIT: usize = 8 << 20;

/// A page on its way.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Markup of ours. Nothing foreign may be part of it.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// A text on one line.
    pub(super) fn text(&mut self, text: &str, max: usize) {
        escape(&foreign::line(text, max), &mut self.0);
    }

    /// An element with a text.
    pub(super) fn element(&mut self, tag: &str, text: &str, max: usize) {
        self.raw(&format!("<{tag}>"));
        self.text(text, max);
        self.raw(&format!("</{}>\n", tag.split(' ').next().unwrap_or(tag)));
    }

    /// A text with its lines.
    pub(super) fn lines(&mut self, text: &str, max: usize) {
        if text.trim().is_empty() {
            return;
        }
        self.raw("<pre>");
        escape(&foreign::block(text, max), &mut self.0);
        self.raw("</pre>\n");
    }

    /// A term and what it stands for, where there is something.
    pub(super) fn field(&mut self, term: &str, text: &str, max: usize) {
        if !text.trim().is_empty() {
            self.raw(&format!("<dt>{term}</dt><dd>"));
            self.text(text, max);
            self.raw("</dd>\n");
        }
    }

    /// How many were left out of a list.
    pub(super) fn more(&mut self, all: usize, most: usize, what: &str) {
        if all > most {
            self.raw(&format!(
                "<p class=\"more\">and {} more {what}; the JSON report holds all</p>\n",
                all - most
            ));
        }
    }

    /// Whether there is room for another entry.
    pub(super) fn has_room(&self) -> bool {
        self.0.len() < LIMIT
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}
