//! The command line. Every flag is also an environment variable `LAUNCHGATE_<FLAG>`; a flag wins over it, and both win
//! over the plan.

mod init;
mod secrets;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gate_demo::{Hole, Sabotage, Tokens};
use gate_model::{FailOn, Severity};
use gate_report::ReportKind;

pub use init::InitArgs;
pub use secrets::{AcceptArgs, ScanArgs, SecretsArgs, SecretsCommand};

/// A CI security regression gate: proves on every push that nobody reaches what is not theirs.
#[derive(Debug, Parser)]
#[command(name = "launchgate", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to colour: `NO_COLOR` and `CLICOLOR_FORCE` are honoured.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, env = "LAUNCHGATE_COLOR")]
    pub color: ColorWhen,
    /// Show everything: passed cases, whole exchanges, all notices. Twice: diagnostics on stderr.
    #[arg(long, short, global = true, action = clap::ArgAction::Count, env = "LAUNCHGATE_VERBOSE")]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a first plan from an OpenAPI document and the logins of two users, which are tried.
    Init(InitArgs),
    /// Run the gate against a target.
    Run(RunArgs),
    /// Check the plan without any traffic.
    Check(PlanArgs),
    /// Show what would run: cases, ids, lanes, cost, and what is not testable and why.
    List(ListArgs),
    /// Explain a check: question, control, outcomes, remedy.
    Explain {
        /// The check's id; without one, all ids are listed.
        id: Option<String>,
    },
    /// Print the JSON Schema of the plan.
    Schema,
    /// Render the result of an earlier run.
    Report {
        /// The JSON result of a run.
        result: PathBuf,
        /// What to write.
        #[command(flatten)]
        reports: ReportArgs,
    },
    /// The baseline of the repository: what is known and accepted, in `launchgate.baseline.yml`.
    Baseline {
        /// What to do with it.
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Compare two runs: what is new, known and fixed, and who gained access. Exit codes are those of a run.
    Compare {
        /// The JSON result of the older run, or a history that holds it.
        old: PathBuf,
        /// The JSON result of the newer run, or a history whose last run it is; without it the last run of the first one.
        new: Option<PathBuf>,
        /// New findings that count: note, low, medium, high, critical, never.
        #[arg(long, value_name = "SEVERITY", env = "LAUNCHGATE_FAIL_ON", value_parser = fail_on, default_value = "low")]
        fail_on: FailOn,
        /// What to write.
        #[command(flatten)]
        reports: ReportArgs,
    },
    /// Run the gate against the embedded demo API.
    Demo(DemoArgs),
    /// Look for secrets in the repository and beside it, without a plan and without a target.
    Secrets(SecretsArgs),
    /// Remove what a killed run left behind, from its journal.
    Sweep(SweepArgs),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, and where the environment asks for it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Which plan, and how it is read.
#[derive(Args, Clone, Debug, Default)]
pub struct PlanArgs {
    /// The plan; without it `launchgate.yml` or `.github/launchgate.yml`, here or in a folder above, up to the repository's root.
    #[arg(value_name = "PLAN")]
    pub path: Option<PathBuf>,
    /// The plan, as a flag.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_PLAN", conflicts_with = "path")]
    pub plan: Option<PathBuf>,
    /// The profile of the plan whose changes apply.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_PROFILE")]
    pub profile: Option<String>,
    /// Environment variables that the plan may read beside `LAUNCHGATE_*` and those named in credentials.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_ALLOW_ENV", value_delimiter = ',')]
    pub allow_env: Vec<String>,
    /// The run has no secrets (a fork): cases that need them are skipped, visibly.
    #[arg(long, env = "LAUNCHGATE_FORK", value_parser = BoolishValueParser::new())]
    pub fork: bool,
}

/// Which reports to write.
#[derive(Args, Clone, Debug, Default)]
pub struct ReportArgs {
    /// Write a report: junit, json, sarif, html, summary, comment, annotations, outputs, gl-codequality, gl-dast, gl-secrets, gl-load-performance, metrics, latency-json, latency-md, latency-hgrm. May be given often.
    #[arg(long, value_name = "KIND=PATH", env = "LAUNCHGATE_REPORT", value_delimiter = ',', value_parser = report)]
    pub report: Vec<(ReportKind, PathBuf)>,
    /// Write every kind of report into a folder.
    #[arg(long, value_name = "DIR", env = "LAUNCHGATE_REPORT_DIR")]
    pub report_dir: Option<PathBuf>,
}

/// Bounds and selection of a run; these win over the plan.
#[derive(Args, Clone, Debug, Default)]
pub struct GateArgs {
    /// Only these checks: ids or families.
    #[arg(long, value_name = "ID", env = "LAUNCHGATE_ONLY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks: ids or families.
    #[arg(long, value_name = "ID", env = "LAUNCHGATE_SKIP", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Findings that fail the run: note, low, medium, high, critical, never. Exit codes 2 to 5 are not affected.
    #[arg(long, value_name = "SEVERITY", env = "LAUNCHGATE_FAIL_ON", value_parser = fail_on, default_value = "low")]
    pub fail_on: FailOn,
    /// Exchanges under way at once.
    #[arg(long, value_name = "N", env = "LAUNCHGATE_JOBS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Wall time of the whole run, such as `10m`.
    #[arg(long, value_name = "TIME", env = "LAUNCHGATE_DEADLINE", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Requests of the whole run.
    #[arg(long, value_name = "N", env = "LAUNCHGATE_MAX_REQUESTS")]
    pub max_requests: Option<u64>,
    /// Wall time of one request, such as `15s`.
    #[arg(long, value_name = "TIME", env = "LAUNCHGATE_TIMEOUT", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Speak to these hosts only; narrows what the plan allows.
    #[arg(long, value_name = "HOST", env = "LAUNCHGATE_ALLOW_HOST", value_delimiter = ',')]
    pub allow_host: Vec<String>,
    /// Send everything through this HTTP proxy (Burp, mitmproxy, Charles): `http://127.0.0.1:8888`.
    #[arg(long, value_name = "URL", env = "LAUNCHGATE_PROXY")]
    pub proxy: Option<String>,
    /// No progress bar.
    #[arg(long, env = "LAUNCHGATE_NO_PROGRESS", value_parser = BoolishValueParser::new())]
    pub no_progress: bool,
}

/// `launchgate run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Without a plan: the address of the API.
    #[arg(long, value_name = "URL", env = "LAUNCHGATE_URL")]
    pub url: Option<String>,
    /// Whether the address was given as a flag, which makes this a run without a plan whatever plans there are.
    #[arg(skip)]
    pub url_is_typed: bool,
    /// Without a plan: the OpenAPI document: a file, a URL, or a path on the API.
    #[arg(long, value_name = "DOC", env = "LAUNCHGATE_OPENAPI")]
    pub openapi: Option<String>,
    /// Without a plan: the token of one user.
    #[arg(long, value_name = "TOKEN", env = "LAUNCHGATE_TOKEN_A", hide_env_values = true)]
    pub token_a: Option<String>,
    /// Without a plan: the token of a user of another tenant.
    #[arg(long, value_name = "TOKEN", env = "LAUNCHGATE_TOKEN_B", hide_env_values = true)]
    pub token_b: Option<String>,
    /// Without a plan: the header that takes the token as it is; without it, `Authorization: Bearer`.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_TOKEN_HEADER")]
    pub token_header: Option<String>,
    /// A fork run in which nothing but skipped cases is left fails instead of passing with a banner.
    #[arg(long, env = "LAUNCHGATE_REQUIRE_SECRETS", value_parser = BoolishValueParser::new())]
    pub require_secrets: bool,
    /// The baseline.
    #[command(flatten)]
    pub baseline: BaselineArgs,
    /// Add the run to this file, a line for each, and say how old the last one over everything is.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_RUN_HISTORY")]
    pub run_history: Option<PathBuf>,
    /// Bounds and selection.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Reports.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// Which baseline.
#[derive(Args, Clone, Debug, Default)]
pub struct BaselineFile {
    /// The baseline; without it `launchgate.baseline.yml` beside the plan, where it is there.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_BASELINE")]
    pub baseline: Option<PathBuf>,
}

/// The baseline of a run, and its version at the base of a pull request.
#[derive(Args, Clone, Debug, Default)]
pub struct BaselineArgs {
    /// Which.
    #[command(flatten)]
    pub file: BaselineFile,
    /// Of a pull request: the file as it is at the base, where waivers count from. Without it, it is read from git.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_BASELINE_BASE", conflicts_with = "base")]
    pub baseline_base: Option<PathBuf>,
    /// Of a pull request: the branch or commit that it goes to. Without it, what the CI service says.
    #[arg(long, value_name = "REV", env = "LAUNCHGATE_BASE")]
    pub base: Option<String>,
}

/// `launchgate baseline`.
#[derive(Clone, Debug, Subcommand)]
pub enum BaselineCommand {
    /// Take a run into the baseline: what was observed, and what is red on terms.
    Accept {
        /// The JSON result of the run.
        result: PathBuf,
        /// Which baseline.
        #[command(flatten)]
        file: BaselineFile,
        /// The terms.
        #[command(flatten)]
        terms: TermsArgs,
    },
    /// Show who may do what, and what is accepted until when.
    Show {
        /// Which baseline.
        #[command(flatten)]
        file: BaselineFile,
    },
    /// Take out what is accepted and over, and with a result what passes in it.
    Prune {
        /// The JSON result of a run.
        result: Option<PathBuf>,
        /// Which baseline.
        #[command(flatten)]
        file: BaselineFile,
    },
}

/// On what terms something red is accepted.
#[derive(Args, Clone, Debug, Default)]
pub struct TermsArgs {
    /// Why it is accepted.
    #[arg(long, value_name = "TEXT", env = "LAUNCHGATE_REASON")]
    pub reason: Option<String>,
    /// Who answers for it: a team or a role.
    #[arg(long, value_name = "TEXT", env = "LAUNCHGATE_OWNER")]
    pub owner: Option<String>,
    /// The last day on which it counts: `2027-01-31`, or `90d` from today.
    #[arg(long, value_name = "DAY", env = "LAUNCHGATE_EXPIRES")]
    pub expires: Option<String>,
}

/// `launchgate list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// The plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Only these checks: ids or families.
    #[arg(long, value_name = "ID", env = "LAUNCHGATE_ONLY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks: ids or families.
    #[arg(long, value_name = "ID", env = "LAUNCHGATE_SKIP", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// As JSON.
    #[arg(long, env = "LAUNCHGATE_JSON", value_parser = BoolishValueParser::new())]
    pub json: bool,
}

/// `launchgate demo`.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DemoArgs {
    /// Serve it, or list its holes.
    #[command(subcommand)]
    pub command: Option<DemoCommand>,
    /// How the demo API behaves.
    #[command(flatten)]
    pub server: DemoServerArgs,
    /// The baseline; only one that a flag names.
    #[command(flatten)]
    pub baseline: BaselineArgs,
    /// Bounds and selection.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Reports.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// How the demo API behaves.
#[derive(Args, Clone, Debug, Default)]
pub struct DemoServerArgs {
    /// Open a security hole; `launchgate demo holes` lists them. May be given often.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_HOLE", value_delimiter = ',')]
    pub hole: Vec<Hole>,
    /// Make the server broken or odd without opening a hole. May be given often.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_SABOTAGE", value_delimiter = ',')]
    pub sabotage: Vec<Sabotage>,
    /// What a login gives: `hs256`, `rs256`, `es256`, `eddsa`, `opaque` or `cookie`. A hole that needs others brings them.
    #[arg(long, value_name = "KIND", env = "LAUNCHGATE_TOKENS", default_value_t)]
    pub tokens: Tokens,
    /// Sign refresh tokens too, where access tokens are signed.
    #[arg(long, env = "LAUNCHGATE_SIGNED_REFRESH", value_parser = BoolishValueParser::new())]
    pub signed_refresh: bool,
    /// Serve this many more operations, generated.
    #[arg(long, value_name = "N", env = "LAUNCHGATE_SYNTHETIC", default_value_t = 0)]
    pub synthetic: usize,
    /// Wait before each answer, such as `10ms`.
    #[arg(long, value_name = "TIME", env = "LAUNCHGATE_DELAY", value_parser = duration, default_value = "0ms")]
    pub delay: Duration,
}

/// What else can be done with the demo.
#[derive(Clone, Debug, Subcommand)]
pub enum DemoCommand {
    /// Serve the demo API until interrupted.
    Serve {
        /// Where to listen; port 0 takes a free one.
        #[arg(long, env = "LAUNCHGATE_LISTEN", default_value = "127.0.0.1:8787")]
        listen: std::net::SocketAddr,
        /// How it behaves.
        #[command(flatten)]
        server: DemoServerArgs,
    },
    /// List the holes that can be opened.
    Holes,
    /// Print the demo's plan.
    Plan {
        /// What a login gives.
        #[arg(long, value_name = "KIND", env = "LAUNCHGATE_TOKENS", default_value_t)]
        tokens: Tokens,
    },
}

/// `launchgate sweep`.
#[derive(Args, Clone, Debug)]
pub struct SweepArgs {
    /// The plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Only show what would be removed.
    #[arg(long, env = "LAUNCHGATE_DRY_RUN", value_parser = BoolishValueParser::new())]
    pub dry_run: bool,
}

fn report(text: &str) -> Result<(ReportKind, PathBuf), String> {
    let (kind, path) = text
        .split_once('=')
        .ok_or("expected KIND=PATH, such as junit=reports/junit.xml")?;
    if path.is_empty() {
        return Err("the path after `=` is empty".to_owned());
    }
    Ok((kind.parse().map_err(|error| format!("{error}"))?, PathBuf::from(path)))
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write 90s or 10m"))
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    Ok(match text {
        "never" => FailOn::Never,
        "note" => FailOn::Severity(Severity::Note),
        "low" => FailOn::Severity(Severity::Low),
        "medium" => FailOn::Severity(Severity::Medium),
        "high" => FailOn::Severity(Severity::High),
        "critical" => FailOn::Severity(Severity::Critical),
        _ => return Err("use note, low, medium, high, critical or never".to_owned()),
    })
}
