//! A run as text: what people read on a console, what JUnit readers and code scanning read, what programs read, and latency.
//!
//! A [`gate_model::RunReport`] goes in, text comes out. Nothing here judges, sends or decides; a report never changes the
//! verdict. Whatever a target wrote is foreign text and passes `foreign` before it reaches a reader.

mod console;
mod context;
mod coverage;
mod error;
mod foreign;
mod full_scan;
mod github;
mod gitlab;
mod group;
mod html;
mod json;
mod junit;
mod kind;
mod latency;
mod markdown;
mod metrics;
mod numbers;
mod paste;
mod place;
mod remedy;
#[cfg(test)]
mod sample;
mod sarif;
mod standing;
mod telling;
mod template;
mod write;

pub use console::Console;
pub use context::Context;
pub use error::ReportError;
pub use group::{Reason, RootCause, root_causes};
pub use json::{MAX_RESULT_BYTES, read_json};
pub use kind::{ReportFile, ReportKind, directory_files, render};
pub use write::write_atomically;
