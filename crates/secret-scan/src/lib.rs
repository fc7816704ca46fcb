//! Finds secrets in files, git objects and text: offline, without child processes, with rules as data.
//!
//! The way of a byte: one automaton over all keywords looks at it (`prefilter`); near a keyword the rules behind it are
//! tried (`layer`), a match is judged by its structure, its randomness and its place (`judge`), and what is encoded is decoded
//! and goes the same way. Everything is bounded: depth, decoded bytes, matches of a text, the window of a rule.
//!
//! The crate knows nothing of the gate that uses it. It never prints, and a [`SecretValue`] does not show itself.

mod allow;
mod artefact;
mod assignment;
mod decode;
mod env_files;
mod finding;
mod fingerprint;
mod git;
mod judge;
mod layer;
mod plant;
mod prefilter;
mod rule;
mod scanner;
mod suppression;
mod tree;

pub use allow::{AllowError, AllowList};
pub use decode::Decoder;
pub use env_files::{EnvFault, EnvFile, Environment, Variable, check_env_files};
pub use finding::{CommitInfo, Finding, Level, Reason, SecretValue};
pub use fingerprint::{Fingerprint, FingerprintKey};
#[cfg(fuzzing)]
pub use git::fuzzing;
pub use git::{file_at, merge_base, root_of, scan_history, scan_range, scan_since, scan_staged};
pub use judge::Setting;
pub use plant::Plant;
pub use rule::{Catalog, Check, Confidence, Example, Find, RuleDefinition, RuleError, RuleFile, Text, Texts};
pub use scanner::{ScanOptions, Scanned, Scanner};
pub use suppression::{Standing, Suppression, SuppressionError, Suppressions};
pub use tree::{Scan, ScanError, Skipped, Stats, TreeOptions, Unscanned, scan_tree};
