//! From outcomes to the verdict of the run and its exit code. Pure: reports and baselines re-label, they never re-judge.

use serde::{Deserialize, Serialize};

use crate::{CaseResult, Outcome, Severity};

/// What the run says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Exit 0: every case that ran was proven.
    Proven,
    /// Exit 1: at least one regression.
    Regression,
    /// Exit 2: the command line or the plan is wrong.
    Unusable,
    /// Exit 3: nothing ran.
    NothingRan,
    /// Exit 4: no regression, but something could not be decided.
    Undecided,
    /// Exit 5: a requested report could not be written.
    ReportNotWritten,
}

/// Which findings count as a regression. Never hides the exit codes 2 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Findings of this severity or worse.
    Severity(Severity),
    /// No finding fails the run.
    Never,
}

impl Default for FailOn {
    fn default() -> Self {
        Self::Severity(Severity::Low)
    }
}

impl Verdict {
    /// Judges a run by its cases. A run in which nothing was decided or tried is [`Verdict::NothingRan`].
    pub fn of(cases: &[CaseResult], fail_on: FailOn) -> Self {
        let counts_as_failure = |severity: Severity| match fail_on {
            FailOn::Severity(least) => severity >= least,
            FailOn::Never => false,
        };
        let (mut tried, mut undecided) = (false, false);
        for case in cases {
            match &case.outcome {
                Outcome::Fail { findings } => {
                    tried = true;
                    if findings.iter().any(|finding| counts_as_failure(finding.severity)) {
                        return Self::Regression;
                    }
                }
                Outcome::Inconclusive { .. } => {
                    tried = true;
                    undecided = true;
                }
                Outcome::Pass { .. } => tried = true,
                Outcome::NotTestable { .. } | Outcome::Skipped { .. } => {}
            }
        }
        match (tried, undecided) {
            (false, _) => Self::NothingRan,
            (true, true) => Self::Undecided,
            (true, false) => Self::Proven,
        }
    }

    /// The process exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::Regression => 1,
            Self::Unusable => 2,
            Self::NothingRan => 3,
            Self::Undecided => 4,
            Self::ReportNotWritten => 5,
        }
    }

    /// One or two words for a headline.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Proven => "PROVEN",
            Self::Regression => "REGRESSION",
            Self::Unusable => "UNUSABLE",
            Self::NothingRan => "NOTHING RAN",
            Self::Undecided => "UNDECIDED",
            Self::ReportNotWritten => "REPORT NOT WRITTEN",
        }
    }
}
