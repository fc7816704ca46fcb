//! Reads the command line together with its environment variables.
//!
//! CI systems set variables that nobody filled in to the empty text, so that an empty variable is no value. And a variable
//! such as `LAUNCHGATE_URL` may be there for the plan to read: by itself it does not turn a run with a plan into one without.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command as Clap, CommandFactory as _, FromArgMatches as _};

use crate::cli::{Cli, Command, RunArgs};

/// Reads the arguments, the program's name first.
///
/// # Errors
/// The help, the version, or what is wrong, for [`clap::Error::exit`].
pub fn read<T>(arguments: impl IntoIterator<Item = T>) -> Result<Cli, clap::Error>
where
    T: Into<OsString> + Clone,
{
    let matches = without_empty_variables(Cli::command()).try_get_matches_from(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let (Command::Run(run), Some(("run", given))) = (&mut cli.command, matches.subcommand()) {
        judge_address(run, given)?;
    }
    Ok(cli)
}

/// The commands, blind to variables that are set to the empty text.
fn without_empty_variables(command: Clap) -> Clap {
    let names: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let command = command.mut_args(|argument| {
        let empty = argument
            .get_env()
            .and_then(std::env::var_os)
            .is_some_and(|value| value.is_empty());
        if empty { argument.env(None) } else { argument }
    });
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, without_empty_variables)
    })
}

/// An address on the command line is a run without a plan. One from the environment is, where there is no plan.
fn judge_address(run: &mut RunArgs, given: &ArgMatches) -> Result<(), clap::Error> {
    let typed = |id: &str| given.value_source(id) == Some(ValueSource::CommandLine);
    run.url_is_typed = typed("url");
    let wrong = |kind: ErrorKind, text: &str| Err(Cli::command().error(kind, text));
    if run.url_is_typed && (typed("path") || typed("plan")) {
        return wrong(
            ErrorKind::ArgumentConflict,
            "--url is for a run without a plan; leave out one of the two",
        );
    }
    if run.url_is_typed && (run.token_a.is_none() || run.token_b.is_none()) {
        return wrong(
            ErrorKind::MissingRequiredArgument,
            "--url needs --token-a and --token-b: tokens of two users who must not see each other's objects",
        );
    }
    if run.url.is_none() && (typed("openapi") || typed("token_header")) {
        return wrong(
            ErrorKind::MissingRequiredArgument,
            "--openapi and --token-header are for a run without a plan; add --url",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_sound() {
        Cli::command().debug_assert();
    }

    /// `--allow-env` is `LAUNCHGATE_ALLOW_ENV`, and so on, for every flag of every command.
    #[test]
    fn every_flag_is_a_variable_too() {
        fn walk(command: &Clap, wrong: &mut Vec<String>) {
            for argument in command.get_arguments() {
                let Some(flag) = argument.get_long().filter(|flag| !["help", "version"].contains(flag)) else {
                    continue;
                };
                let wanted = format!("LAUNCHGATE_{}", flag.replace('-', "_").to_uppercase());
                if argument.get_env().is_none_or(|name| name != wanted.as_str()) {
                    wrong.push(format!("{} --{flag}", command.get_name()));
                }
            }
            command.get_subcommands().for_each(|command| walk(command, wrong));
        }
        let mut wrong = Vec::new();
        walk(&Cli::command(), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn an_address_and_a_plan_exclude_each_other() {
        let error = read(["launchgate", "run", "p.yml", "--url", "http://127.0.0.1:1"]).expect_err("both");
        assert!(error.to_string().contains("without a plan"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn an_address_needs_two_tokens() {
        let error =
            read(["launchgate", "run", "--url", "http://127.0.0.1:1", "--token-a", "t"]).expect_err("one token");
        assert!(error.to_string().contains("--token-b"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}
