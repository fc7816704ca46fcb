//! `launchgate`, the program.

use std::process::ExitCode;

use clap::Parser as _;
use launchgate::cli::Cli;
use launchgate::commands;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(commands::run(cli))
}
