//! The commands, one file each.

mod baseline;
mod check;
mod compare;
mod demo;
#[cfg(test)]
mod demo_client;
mod explain;
mod generate;
mod init;
mod list;
mod passwords;
mod rehearsal;
mod report;
mod run;
mod secrets;
mod sweep;
mod trend;
mod unfinished;
mod users;

use std::future::Future;

use gate_model::Verdict;

use crate::cli::{Cli, Command};
use crate::load::LoadError;
use crate::output;

/// Runs a command and gives the exit code.
pub fn run(cli: Cli) -> u8 {
    let coloured = output::stderr_is_coloured(cli.color);
    trace(cli.verbose, coloured);
    let console = output::console(cli.color, cli.verbose);
    match cli.command {
        Command::Init(args) => wait(init::init(args), coloured),
        Command::Run(args) => wait(run::run(args, console), coloured),
        Command::Check(args) => wait(check::check(&args), coloured),
        Command::List(args) => wait(list::list(&args), coloured),
        Command::Explain { id } => explain::explain(id.as_deref()),
        Command::Schema => generate::schema(),
        Command::Report { result, reports } => report::report(&result, &reports, &console),
        Command::Baseline { command } => wait(async move { baseline::run(&command) }, coloured),
        Command::Compare {
            old,
            new,
            fail_on,
            reports,
        } => wait(
            async move { compare::compare(&old, new.as_deref(), fail_on, &reports, &console) },
            coloured,
        ),
        Command::Demo(args) => wait(demo::demo(args, console), coloured),
        Command::Secrets(args) => secrets::secrets(&args, &console),
        Command::Sweep(args) => wait(sweep::sweep(&args), coloured),
        Command::Completions { shell } => generate::completions(shell),
        Command::Man => generate::man(),
    }
}

/// Where a run keeps its journal and the target's output.
pub(crate) const WORK_FOLDER: &str = ".launchgate";

fn wait(command: impl Future<Output = Result<u8, LoadError>>, coloured: bool) -> u8 {
    // One thread: requests are many and small, and handing each to another thread costs more than it brings.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("error: failed to start: {error}"));
            return Verdict::Unusable.exit_code();
        }
    };
    match runtime.block_on(command) {
        Ok(code) => code,
        Err(error) => {
            let code = match &error {
                LoadError::Wrong(_) | LoadError::Unreadable(_) => Verdict::Unusable,
                LoadError::TargetSilent(_) => Verdict::Undecided,
            };
            output::complain(&match error {
                LoadError::Wrong(diagnostics) => diagnostics.render(coloured),
                other => format!("error: {other}"),
            });
            code.exit_code()
        }
    }
}

/// Diagnostics on stderr: `-vv` for decisions, `-vvv` for bytes; `LAUNCHGATE_LOG` for more.
fn trace(verbose: u8, coloured: bool) {
    let level = match verbose {
        0 | 1 => "warn",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("LAUNCHGATE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("warn,{}", ours(level))));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(coloured)
        .finish();
    // Set once a process; a second time is a test that runs commands in one process.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn ours(level: &str) -> String {
    let crates = [
        "launchgate",
        "gate_plan",
        "gate_init",
        "gate_openapi",
        "gate_exchange",
        "gate_objects",
        "gate_check",
        "gate_engine",
        "check_leak",
        "check_secrets",
        "secret_scan",
    ];
    crates.map(|name| format!("{name}={level}")).join(",")
}
