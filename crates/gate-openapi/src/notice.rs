//! What was odd in a document and what it cost: one field, one operation, never the document.

use std::collections::HashSet;

use serde::Serialize;

use crate::model::Location;

/// What kind of oddity a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// A path or an operation could not be read and is missing from the result.
    Skipped,
    /// A part (a field, parameter, response) was ignored or is read as "anything".
    Ignored,
    /// A reference leads nowhere, out of the document or in a circle.
    Reference,
    /// Something was wrong and its meaning plain, so it was read as meant.
    Repaired,
    /// Declared twice.
    Duplicate,
    /// No sample value that follows the schema could be built.
    Sample,
    /// A bound of [`crate::Limits`] was reached.
    Limit,
}

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it cost.
    pub kind: NoticeKind,
    /// Where: the operation or part being read.
    pub location: Location,
    /// A lowercase sentence without its period.
    pub message: String,
}

/// Collects notices, each only once and not more than the limit.
#[derive(Debug, Default)]
pub(crate) struct NoticeLog {
    list: Vec<Notice>,
    seen: HashSet<String>,
    left_out: usize,
    limit: usize,
}

impl NoticeLog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Adds a notice unless the same `key` was noticed before.
    pub(crate) fn add(&mut self, key: String, kind: NoticeKind, location: &Location, message: String) {
        if self.list.len() >= self.limit {
            self.left_out += 1;
            return;
        }
        if self.seen.insert(key) {
            self.list.push(Notice {
                kind,
                location: location.clone(),
                message,
            });
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Notice> {
        if self.left_out > 0 {
            self.list.push(Notice {
                kind: NoticeKind::Limit,
                location: Location::default(),
                message: format!("{} further notices are left out", self.left_out),
            });
        }
        self.list
    }
}
