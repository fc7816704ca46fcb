//! The flags of `launchgate secrets`.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use gate_model::FailOn;

use super::{ReportArgs, fail_on};

/// `launchgate secrets`.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SecretsArgs {
    /// Accept a finding.
    #[command(subcommand)]
    pub command: Option<SecretsCommand>,
    /// What is looked at.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Findings that fail the run: note, low, medium, high, critical, never. Exit codes 2 to 5 are not affected.
    #[arg(long, value_name = "SEVERITY", env = "LAUNCHGATE_FAIL_ON", value_parser = fail_on, default_value = "low")]
    pub fail_on: FailOn,
    /// Reports.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// What else can be done about secrets.
#[derive(Clone, Debug, Subcommand)]
pub enum SecretsCommand {
    /// Accept a finding, with a reason and an end: adds a line to `.launchgate-secrets`.
    Accept(AcceptArgs),
}

/// `launchgate secrets accept`.
#[derive(Args, Clone, Debug)]
pub struct AcceptArgs {
    /// The fingerprint that a report shows.
    pub fingerprint: String,
    /// Why it is no danger.
    #[arg(long, value_name = "TEXT", env = "LAUNCHGATE_REASON")]
    pub reason: String,
    /// The last day on which it counts, such as `2027-06-30`, or how long, such as `90d`.
    #[arg(long, value_name = "DAY", env = "LAUNCHGATE_EXPIRES", default_value = "180d")]
    pub expires: String,
    /// Where it is found.
    #[command(flatten)]
    pub scan: ScanArgs,
}

/// What is looked at: without a flag the working tree, and in a pull request of GitHub or GitLab its commits.
#[derive(Args, Clone, Debug, Default)]
pub struct ScanArgs {
    /// The folder or file; the current folder without it.
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// The working tree, and nothing else unless it is named too.
    #[arg(long, env = "LAUNCHGATE_TREE", value_parser = BoolishValueParser::new())]
    pub tree: bool,
    /// What is staged for the next commit.
    #[arg(long, env = "LAUNCHGATE_STAGED", value_parser = BoolishValueParser::new())]
    pub staged: bool,
    /// The commits since a revision.
    #[arg(long, value_name = "REV", env = "LAUNCHGATE_SINCE", conflicts_with = "base")]
    pub since: Option<String>,
    /// The commits of a pull request against this base, such as `origin/main`. In CI it is found without the flag.
    #[arg(long, value_name = "REV", env = "LAUNCHGATE_BASE")]
    pub base: Option<String>,
    /// The last commit of the pull request.
    #[arg(long, value_name = "REV", env = "LAUNCHGATE_HEAD", default_value = "HEAD")]
    pub head: String,
    /// Every commit of the repository.
    #[arg(long, env = "LAUNCHGATE_HISTORY", value_parser = BoolishValueParser::new())]
    pub history: bool,
    /// A log (also `--log`). May be given often.
    #[arg(long, alias = "log", value_name = "FILE", env = "LAUNCHGATE_LOGS", value_delimiter = ',', num_args = 1..)]
    pub logs: Vec<PathBuf>,
    /// A build artefact or mobile bundle. May be given often.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_ARTIFACT", value_delimiter = ',', num_args = 1..)]
    pub artifact: Vec<PathBuf>,
    /// The environment files below the folder, compared with each other.
    #[arg(long, env = "LAUNCHGATE_ENV", value_parser = BoolishValueParser::new())]
    pub env: bool,
}
