//! A place in a file of the user's repository: the plan or the OpenAPI document.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// File, line and column; what a report points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// The file as the user named it, relative where he did so; forward slashes.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl Location {
    /// A place; line and column count from 1.
    pub fn new(file: impl AsRef<str>, line: u32, column: u32) -> Self {
        Self {
            file: Arc::from(file.as_ref()),
            line: line.max(1),
            column: column.max(1),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
