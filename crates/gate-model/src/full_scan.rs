//! How old the last run over everything is: a pull request asks a part, and the night asks the rest.

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// The last run over everything, as the run that reports it knew of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FullScan {
    /// What is to be thought of it.
    pub standing: FullScanStanding,
    /// Seconds that may pass between two of them, by the plan.
    pub allowed_s: u64,
    /// The last one before this run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<EarlierScan>,
    /// Why this run is none itself, as a fragment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partial: Option<String>,
}

/// What is to be thought of the age of the last run over everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FullScanStanding {
    /// This run is one.
    ThisRun,
    /// The last one is no older than the plan allows.
    Recent,
    /// The last one is older than the plan allows.
    Overdue,
    /// None is known.
    Unknown,
}

/// An earlier run over everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EarlierScan {
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// Seconds from then to the begin of the run that reports it.
    pub age_s: u64,
    /// What it said.
    pub verdict: Verdict,
}
