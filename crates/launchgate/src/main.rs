//! `launchgate`, the program.

use std::process::ExitCode;

use launchgate::{commands, invocation};

/// A run makes and drops many small texts; the system's allocators, musl's above all, take several times as long for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = invocation::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    ExitCode::from(commands::run(cli))
}
