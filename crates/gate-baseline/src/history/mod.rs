//! What earlier runs came to: one JSON value a line, the oldest first, of runs over the same plan or several.
//!
//! A line holds what two runs are compared by and nothing else: cases by what they came to, the access matrix, 95th percentiles.
//! No evidence, no hosts, no names of users, so that it can be kept for a year in a cache that many may read. Whoever can write
//! to that cache can write lines; nothing of them ever changes a verdict, and everything is bounded and checked when it is read.

mod again;
mod age;
mod keep;
mod read;

use std::collections::BTreeMap;

use gate_model::{Cause, Counts, Impact, OperationId, RunReport, Severity, Verdict};
use serde::{Deserialize, Serialize};

pub use age::{Partial, full_scan};

/// Version of the shape of a line. Fields may be added under one version; a change of meaning is a new one.
pub const HISTORY_VERSION: u32 = 1;
/// Bytes of a history that is read or written.
pub const MAX_HISTORY_BYTES: usize = 16 << 20;
/// Runs that are kept.
pub const MAX_RUNS: usize = 400;
/// Days that a run is kept.
pub const MAX_DAYS: i64 = 400;

/// One run, as a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptRun {
    /// See [`HISTORY_VERSION`].
    pub version: u32,
    /// The program's version.
    pub tool: String,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// The plan's file from the folder of the run; its name alone where it is outside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan: Option<String>,
    /// The profile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub profile: Option<String>,
    /// Whether it was a run over everything.
    pub full: bool,
    /// What it said.
    pub verdict: Verdict,
    /// Cases by outcome.
    pub counts: Counts,
    /// Operations that were known, tested, and public.
    pub operations: KeptOperations,
    /// Requests that were sent.
    pub requests_sent: u64,
    /// 95th percentiles of what has a budget.
    #[serde(default)]
    pub p95: Vec<KeptP95>,
    /// Cases that passed, by what the baseline calls them.
    #[serde(default)]
    pub passed: Vec<String>,
    /// Cases with findings.
    #[serde(default)]
    pub failed: Vec<KeptFailure>,
    /// Cases that were not decided.
    #[serde(default)]
    pub undecided: Vec<KeptGap>,
    /// Cases that lacked an input.
    #[serde(default)]
    pub not_testable: Vec<String>,
    /// Cases that the plan left out. What a flag left out is not kept.
    #[serde(default)]
    pub skipped: Vec<String>,
    /// The access matrix: relation, then operations that it may and may not call.
    #[serde(default)]
    pub access: BTreeMap<String, KeptAccess>,
}

/// Operations that were known, tested, and public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptOperations {
    /// Known.
    pub known: usize,
    /// With a decided case.
    pub tested: usize,
    /// Public by declaration.
    pub public: usize,
}

/// The 95th percentile of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptP95 {
    /// The operation.
    pub operation: OperationId,
    /// Milliseconds.
    pub ms: f64,
    /// Its budget in milliseconds.
    pub budget_ms: f64,
    /// Samples.
    pub count: u64,
}

/// A case with findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptFailure {
    /// The case.
    pub case: String,
    /// How bad the worst finding is.
    pub severity: Severity,
    /// What it does.
    pub impact: Impact,
    /// The operation, where the case is about none itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<OperationId>,
}

/// A case that was not decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptGap {
    /// The case.
    pub case: String,
    /// Why.
    pub cause: Cause,
}

/// What a relation may and may not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptAccess {
    /// It is served.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub may: Vec<OperationId>,
    /// It is refused.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub may_not: Vec<OperationId>,
}

/// The runs of a history, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Lines that this version reads.
    pub runs: Vec<KeptRun>,
    /// How many lines are none: cut off, forged, or of another version.
    pub unreadable: usize,
}

/// Why a text is no history.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HistoryError {
    /// It is larger than any that this program writes.
    #[error("{bytes} bytes; at most {MAX_HISTORY_BYTES} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not one line is a run.
    #[error("no line is a run of launchgate")]
    NotAHistory,
}

impl History {
    /// The last run over everything of a plan that began no later than a moment.
    pub fn last_full(&self, plan: Option<&str>, until: time::OffsetDateTime) -> Option<&KeptRun> {
        let mut runs = self.of_plan(plan).rev();
        runs.find(|run| run.full && run.began().is_some_and(|began| began <= until))
    }

    /// The run that another one is to be compared with: the last one over everything of its plan, or else the last one that
    /// decided something. A line of that other run itself is not meant.
    pub fn before(&self, now: &RunReport) -> Option<&KeptRun> {
        let until = moment(&now.started_at)?;
        let earlier = |run: &&KeptRun| run.began().is_some_and(|began| began <= until) && !run.is_of(now);
        let mut runs = self.of_plan(now.plan.as_deref()).rev().filter(earlier);
        let mut full = runs.clone();
        full.find(|run| run.full)
            .or_else(|| runs.find(|run| run.counts.decided() > 0))
    }

    /// The runs of a plan.
    pub fn of_plan(&self, plan: Option<&str>) -> impl DoubleEndedIterator<Item = &KeptRun> + Clone {
        let plan = plan.map(keep::plan_name);
        self.runs.iter().filter(move |run| run.plan == plan)
    }
}

impl KeptRun {
    /// When it began.
    pub fn began(&self) -> Option<time::OffsetDateTime> {
        moment(&self.started_at)
    }

    /// Whether this is the line of a run.
    fn is_of(&self, report: &RunReport) -> bool {
        self.started_at == report.started_at
            && self.duration_ms == report.duration_ms
            && self.requests_sent == report.requests_sent
    }
}

/// Reads a moment as reports write it, RFC 3339; none where it is something else.
pub fn moment(text: &str) -> Option<time::OffsetDateTime> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}
