//! What can go wrong between a run and its report.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A report that could not be made, read or written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// No report has this name.
    #[error(
        "no report is called `{0}`; there are junit, json, sarif, latency-json, latency-md, latency-hgrm, html, summary, comment, annotations, outputs, gl-codequality, gl-dast, gl-secrets, gl-load-performance and metrics"
    )]
    UnknownKind(String),
    /// The JUnit document could not be put together.
    #[error("JUnit report: {0}")]
    Junit(String),
    /// The run could not be written as JSON.
    #[error("JSON report: {0}")]
    Json(#[source] serde_json::Error),
    /// A result file is not what this program writes.
    #[error("not a launchgate result: {0}")]
    NotAResult(#[source] serde_json::Error),
    /// A result file of another version of the format.
    #[error("the result has format version {found}; this program reads version {known}")]
    Version {
        /// The version that the file states.
        found: u64,
        /// The version that this program reads.
        known: u32,
    },
    /// A result file is larger than is read.
    #[error("the result has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// The histogram of an operation cannot be decoded.
    #[error("latency histogram of `{operation}`: {reason}")]
    Histogram {
        /// The operation, cleaned for print.
        operation: String,
        /// Why not.
        reason: String,
    },
    /// A file could not be written. Nothing half-written is left behind.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}
