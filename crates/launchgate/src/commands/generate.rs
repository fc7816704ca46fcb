//! What is generated from the program itself: schema, completions, manual page.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::output;

/// Prints the JSON Schema of the plan.
pub(super) fn schema() -> u8 {
    output::print(&format!("{:#}\n", gate_plan::json_schema()));
    0
}

/// Prints shell completions.
pub(super) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "launchgate", &mut text);
    output::print(&String::from_utf8_lossy(&text));
    0
}

/// Prints the manual page.
pub(super) fn man() -> u8 {
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(Cli::command()).render(&mut text) {
        output::complain(&format!("error: failed to render the manual page: {error}"));
        return gate_model::Verdict::Unusable.exit_code();
    }
    output::print(&String::from_utf8_lossy(&text));
    0
}
