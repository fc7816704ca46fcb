//! `launchgate`, the program.

use std::process::ExitCode;

use launchgate::{commands, invocation};

fn main() -> ExitCode {
    let cli = invocation::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    ExitCode::from(commands::run(cli))
}
