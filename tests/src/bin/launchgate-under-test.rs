//! The program, built with the tests: Cargo tells a test where the binaries of its own package are, and of no other.

use std::process::ExitCode;

use launchgate::{commands, invocation};

fn main() -> ExitCode {
    let cli = invocation::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    ExitCode::from(commands::run(cli))
}
