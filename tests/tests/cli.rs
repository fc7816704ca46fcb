//! The command line as users meet it: the built program, its exit codes and its words. Each file of `tests/cli` is a case.

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[path = "cli/api.rs"]
mod api;
#[path = "cli/case.rs"]
mod case;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/stage.rs"]
mod stage;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each case is a server and a gate of its own.
    arguments.test_threads.get_or_insert(2);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cli");
    let cases = stage::cases(&folder).unwrap_or_else(|error| panic!("{error}"));
    assert!(cases.len() >= 30, "only {} cases were found", cases.len());
    let trials = cases
        .into_iter()
        .map(|(name, case)| Trial::test(name, move || Ok(stage::play(&case)?)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
