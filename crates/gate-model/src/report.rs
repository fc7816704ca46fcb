//! The whole run as one value: what JSON holds and every other report is made from.

use serde::{Deserialize, Serialize};

use crate::{
    AccessCell, BaselineReport, CaseResult, Coverage, FullScan, Leftover, Notice, OperationLatency, OutcomeKind,
    SourceReport, Verdict,
};

/// Version of the JSON shape. Fields may be added under one version; a change of meaning is a new version.
pub const REPORT_VERSION: u32 = 1;

/// Everything that a run found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunReport {
    /// See [`REPORT_VERSION`].
    pub version: u32,
    /// The program's version.
    pub tool: String,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// The target's base URL, without credentials.
    pub target: String,
    /// The plan's file, where there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan: Option<String>,
    /// What the run says.
    pub verdict: Verdict,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// Cases by outcome.
    pub counts: Counts,
    /// What was tested of what there is.
    pub coverage: Coverage,
    /// Who the sessions turned out to be.
    pub identities: Vec<IdentityReport>,
    /// Every case, ordered by id.
    pub cases: Vec<CaseResult>,
    /// Who may do what, as far as this run saw: ordered by path, method and relation.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub access: Vec<AccessCell>,
    /// The run beside the baseline of its repository, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineReport>,
    /// How old the last run over everything is; none where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub full_scan: Option<FullScan>,
    /// Latency per operation.
    pub latency: Vec<OperationLatency>,
    /// What was looked at for secrets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<SourceReport>,
    /// Remarks.
    pub notices: Vec<Notice>,
    /// What stayed behind.
    pub leftovers: Vec<Leftover>,
    /// Requests that were sent, logins and clean-up included.
    pub requests_sent: u64,
}

/// Cases by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Proven.
    pub pass: usize,
    /// With findings.
    pub fail: usize,
    /// Tried, not decided.
    pub inconclusive: usize,
    /// An input is missing.
    pub not_testable: usize,
    /// Left out by choice.
    pub skipped: usize,
}

impl Counts {
    /// Counts cases.
    pub fn of(cases: &[CaseResult]) -> Self {
        let mut counts = Self::default();
        for case in cases {
            match case.outcome.kind() {
                OutcomeKind::Pass => counts.pass += 1,
                OutcomeKind::Fail => counts.fail += 1,
                OutcomeKind::Inconclusive => counts.inconclusive += 1,
                OutcomeKind::NotTestable => counts.not_testable += 1,
                OutcomeKind::Skipped => counts.skipped += 1,
            }
        }
        counts
    }

    /// All cases.
    pub fn total(&self) -> usize {
        self.pass + self.fail + self.inconclusive + self.not_testable + self.skipped
    }

    /// Cases that came to a verdict.
    pub fn decided(&self) -> usize {
        self.pass + self.fail
    }
}

/// Who a session turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdentityReport {
    /// The plan's name for it.
    pub name: String,
    /// Its tenant.
    pub tenant: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Whether the session was proven to be that user.
    pub proven: bool,
    /// How, or why not.
    pub how: String,
}
