//! The document as a whole.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Method, Operation, SecurityScheme};
use crate::notice::Notice;

/// Which specification the document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum SpecVersion {
    /// Swagger 2.0.
    #[serde(rename = "2.0")]
    Swagger2,
    /// OpenAPI 3.0.x.
    #[serde(rename = "3.0")]
    OpenApi30,
    /// OpenAPI 3.1.x, and later 3.x read as 3.1.
    #[serde(rename = "3.1")]
    OpenApi31,
}

/// Everything read from a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// `info.title`, empty when missing.
    pub title: String,
    /// The specification followed.
    pub version: SpecVersion,
    /// Path part of the first server (or `basePath`) without a trailing slash; `None` when it is the root.
    pub base_path: Option<String>,
    /// All server addresses in order, variables replaced by their defaults; may be relative.
    pub servers: Vec<String>,
    /// The operations in document order.
    pub operations: Vec<Operation>,
    /// What was odd.
    pub notices: Vec<Notice>,
    /// How callers may identify themselves, by name.
    pub security_schemes: IndexMap<String, SecurityScheme>,
}

impl Document {
    /// The operation with this method and path template, as written in the document.
    pub fn operation(&self, method: Method, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|op| op.method == method && op.path == path)
    }

    /// The operation with this `operationId`.
    pub fn operation_by_id(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|op| op.operation_id.as_deref() == Some(id))
    }
}
