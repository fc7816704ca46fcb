//! The mutation matrix: what each hole and each oddity of the demo does to the verdicts of the gate.
//!
//! `tests/matrix.yml` says what is expected; this runs the whole gate in process against a fresh demo per row and compares.
//! It knows no check: what a row is about stands in the file alone.

mod drive;
mod expect;
mod hints;
mod overlay;
mod redaction;
mod repository;
mod rows;
mod token;

pub use drive::{Ran, Started, drive};
pub use expect::Expectations;
pub use redaction::leaks;
pub use repository::{Repository, fresh_token, git};
pub use rows::{Clean, Kind, Many, Matrix, Row};
