//! What an operation answers.

use std::sync::Arc;

use serde::Serialize;

use super::{BodyField, Kind};

/// The list inside a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    /// The object members that lead to it; empty when the whole response is the list.
    pub path: Vec<String>,
    /// The fields of its items.
    pub fields: Arc<[BodyField]>,
}

/// One response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    /// `200`, `2XX` or `default`.
    pub status: String,
    /// The media types offered.
    pub media_types: Vec<String>,
    /// What the body is: an object, an array, or anything.
    pub kind: Kind,
    /// The schema's name, when it has one.
    pub ref_name: Option<String>,
    /// The fields to a depth of two objects; for a list, the fields of its items.
    pub fields: Arc<[BodyField]>,
    /// The list it is or wraps (`{"items": [...]}`), when it looks like one.
    pub list: Option<List>,
    /// The names of the headers declared.
    pub headers: Vec<String>,
}

impl Response {
    /// Whether the whole body is a list.
    pub fn is_array(&self) -> bool {
        self.kind == Kind::Array
    }

    /// Whether the status says success: 2xx.
    pub fn is_success(&self) -> bool {
        self.status.starts_with('2')
    }
}
