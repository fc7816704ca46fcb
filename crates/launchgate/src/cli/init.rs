//! The flags of `launchgate init`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

/// `launchgate init`. What is missing is asked for on a terminal.
#[derive(Args, Clone, Debug, Default)]
pub struct InitArgs {
    /// The address of the running API.
    #[arg(long, value_name = "URL", env = "LAUNCHGATE_URL")]
    pub url: Option<String>,
    /// Its OpenAPI document: a file, a URL, or a path on the API. Without it the usual paths of the API are looked at.
    #[arg(long, value_name = "DOC", env = "LAUNCHGATE_OPENAPI")]
    pub openapi: Option<String>,
    /// The e-mail address or name by which one user logs in.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_USER_A")]
    pub user_a: Option<String>,
    /// His password; better in the environment.
    #[arg(long, value_name = "TEXT", env = "LAUNCHGATE_PASSWORD_A", hide_env_values = true)]
    pub password_a: Option<String>,
    /// The e-mail address or name of a user who must not see the objects of the first.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_USER_B")]
    pub user_b: Option<String>,
    /// His password; better in the environment.
    #[arg(long, value_name = "TEXT", env = "LAUNCHGATE_PASSWORD_B", hide_env_values = true)]
    pub password_b: Option<String>,
    /// Instead of a login: the token of one user.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LAUNCHGATE_TOKEN_A",
        hide_env_values = true,
        conflicts_with = "user_a"
    )]
    pub token_a: Option<String>,
    /// Instead of a login: the token of the other.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "LAUNCHGATE_TOKEN_B",
        hide_env_values = true,
        conflicts_with = "user_b"
    )]
    pub token_b: Option<String>,
    /// The header that tokens go into as they are; without it, `Authorization: Bearer`.
    #[arg(long, value_name = "NAME", env = "LAUNCHGATE_TOKEN_HEADER")]
    pub token_header: Option<String>,
    /// The file to write.
    #[arg(long, value_name = "FILE", env = "LAUNCHGATE_PLAN", default_value = "launchgate.yml")]
    pub plan: PathBuf,
    /// Do not try what was derived: make no objects (on loopback one of each kind is made, and removed again), ask nothing as the users.
    #[arg(long, env = "LAUNCHGATE_NO_REHEARSAL", value_parser = BoolishValueParser::new())]
    pub no_rehearsal: bool,
    /// Replace the file, where there is one.
    #[arg(long, env = "LAUNCHGATE_FORCE", value_parser = BoolishValueParser::new())]
    pub force: bool,
}
