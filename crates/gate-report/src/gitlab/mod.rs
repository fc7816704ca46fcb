//! The reports that GitLab reads beside JUnit, in the versions of its schemas that it has known for years.

pub(crate) mod code_quality;
pub(crate) mod dast;
mod envelope;
pub(crate) mod load_performance;
pub(crate) mod secret_detection;

use crate::foreign;

/// A text fit for a reader, never empty.
fn text(text: &str, max: usize) -> String {
    match foreign::line(text, max) {
        line if line.is_empty() => "-".to_owned(),
        line => line,
    }
}

#[cfg(test)]
mod tests;
