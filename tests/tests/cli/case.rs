//! A case of the command line as data: what is there, what is run, and what must come of it.
//!
//! In arguments, variables, files and expectations `[url]` is the demo's address, `[address]` the same without the scheme,
//! `[dir]` the case's own folder, `[plan]` the demo's plan for that address, `[token NAME]` a fresh token of a user, `[secret]` a token that nobody
//! issued and that no output may show five bytes of, and `[kept NAME]` what an earlier run was asked to keep.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A file of `tests/cli`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The demo, where the case needs one.
    pub demo: Option<Server>,
    /// Files by their path in the case's folder; a path that ends with `/` is an empty folder.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What is run, in order.
    pub run: Vec<Run>,
}

/// A demo API of the case's own, on a free port.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Holes that are open.
    pub holes: Vec<String>,
    /// Oddities.
    pub sabotage: Vec<String>,
    /// Milliseconds before each answer.
    pub delay_ms: u64,
    /// Whether it is stopped before the first command, so that nothing listens on its port.
    pub dead: bool,
}

/// One run of the program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Files that are written before, by their path in the case's folder.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What git does before, after the files were written; words are parted by spaces.
    #[serde(default)]
    pub git: Vec<String>,
    /// What is kept of stdout for later runs: the first group of a pattern, by a name.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// The arguments.
    pub args: Vec<String>,
    /// The only environment variables, beside `PATH`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The folder it is run in, below the case's own.
    #[serde(default)]
    pub folder: String,
    /// A signal that is sent while it runs.
    pub signal: Option<Signal>,
    /// Whether nobody reads its output.
    #[serde(default)]
    pub closed_stdout: bool,
    /// The exit code; none where a signal ends it.
    pub exit: Option<i32>,
    /// What stdout says.
    #[serde(default)]
    pub stdout: Text,
    /// What stderr says.
    #[serde(default)]
    pub stderr: Text,
    /// What files say; paths are below the case's folder.
    #[serde(default)]
    pub written: BTreeMap<String, Text>,
    /// Files and folders that must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Whether the run must have left nothing on the demo: no user finds a mark of the gate in any list.
    pub left_nothing: Option<bool>,
    /// Whether the output may hold secrets of the demo: its plan does.
    #[serde(default)]
    pub shows_secrets: bool,
}

/// A signal that is sent as soon as the demo has seen so many requests of this run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// `INT`, `TERM` or `KILL`.
    pub name: String,
    /// Requests, counted from the start of the program.
    pub after_requests: u64,
    /// Whether to wait, too, until one of the gate's objects is on the demo.
    #[serde(default)]
    pub after_object: bool,
}

/// What a text must be. Nothing is expected by default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Text {
    /// The whole text.
    pub exact: Option<String>,
    /// It holds each of these.
    pub has: Vec<String>,
    /// It holds none of these.
    pub lacks: Vec<String>,
    /// It is the same as that of an earlier run, counted from 0.
    pub same_as: Option<usize>,
}
