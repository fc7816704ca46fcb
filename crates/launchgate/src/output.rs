//! Writes reports and prints the console's text.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use gate_model::{RunReport, Verdict};
use gate_report::{Console, Context, directory_files, render, write_atomically};

use crate::cli::{ColorWhen, ReportArgs};

/// How the console looks.
pub(crate) fn console(color: ColorWhen, verbose: u8) -> Console {
    Console {
        color: is_coloured(color, std::io::stdout().is_terminal()),
        verbose: verbose > 0,
        ..Console::default()
    }
}

/// Whether what goes to stderr has colours.
pub(crate) fn stderr_is_coloured(color: ColorWhen) -> bool {
    is_coloured(color, std::io::stderr().is_terminal())
}

/// The flag wins, then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether the stream is a terminal.
fn is_coloured(color: ColorWhen, terminal: bool) -> bool {
    match color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => by_environment(terminal),
    }
}

fn by_environment(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    set("CLICOLOR_FORCE") || terminal
}

/// Writes the reports that were asked for, all of them, before anything is said about the verdict. Returns the messages
/// of those that could not be written.
pub(crate) fn write_reports(report: &RunReport, args: &ReportArgs) -> Vec<String> {
    let mut failed = Vec::new();
    let mut write = |path: &Path, bytes: &[u8]| {
        if let Err(error) = write_atomically(path, bytes) {
            failed.push(error.to_string());
        }
    };
    let mut wrong = Vec::new();
    let context = match args.report.is_empty() && args.report_dir.is_none() {
        true => Context::default(),
        false => context(),
    };
    for (kind, path) in &args.report {
        match render(*kind, report, &context) {
            Ok(bytes) => write(path, &bytes),
            Err(error) => wrong.push(format!("failed to make the {kind} report: {error}")),
        }
    }
    if let Some(folder) = &args.report_dir {
        match directory_files(report, &context) {
            Ok(files) => files
                .iter()
                .for_each(|file| write(&folder.join(&file.path), &file.bytes)),
            Err(error) => wrong.push(format!("failed to make the reports: {error}")),
        }
    }
    failed.extend(wrong);
    failed
}

/// Prints a text on stdout. A closed pipe is no error: whoever closed it has read enough.
#[allow(clippy::print_stdout)]
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        tracing::debug!(%error, "stdout is closed");
    }
}

/// Prints a message on stderr.
pub(crate) fn complain(text: &str) {
    let mut stderr = std::io::stderr().lock();
    if let Err(error) = writeln!(stderr, "{text}") {
        tracing::debug!(%error, "stderr is closed");
    }
}

/// What reports say beside the run.
fn context() -> Context {
    Context {
        pages: crate::checks::pages(),
        below: crate::secrets_place::below_root(Path::new(".")),
    }
}

/// Shows a finished run and gives its exit code.
pub(crate) fn finish(report: &RunReport, reports: &ReportArgs, console: &Console) -> u8 {
    finish_as(report, reports, &console.render(report))
}

/// Shows a finished run as this text and gives its exit code.
pub(crate) fn finish_as(report: &RunReport, reports: &ReportArgs, text: &str) -> u8 {
    finish_after(report, reports, text, Vec::new())
}

/// The same, where something that was asked for could not be written already: these are the messages.
pub(crate) fn finish_after(report: &RunReport, reports: &ReportArgs, text: &str, mut failed: Vec<String>) -> u8 {
    failed.extend(write_reports(report, reports));
    print(text);
    for message in &failed {
        complain(&format!("error: {message}"));
    }
    // A missing report never hides a regression.
    if failed.is_empty() || report.verdict == Verdict::Regression {
        report.verdict.exit_code()
    } else {
        Verdict::ReportNotWritten.exit_code()
    }
}
