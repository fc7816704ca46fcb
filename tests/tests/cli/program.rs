//! The program under test.

use std::path::Path;

/// Its path. Cargo built it with the tests.
pub fn path() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_launchgate-under-test"))
}
