//! How old the last run over everything is.

use std::time::Duration;

use gate_model::{EarlierScan, FullScan, FullScanStanding, RunReport, Verdict};

use super::{History, moment};

/// Why a run is none over everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Partial {
    /// Flags left checks out.
    Selection,
    /// It had no secrets.
    Fork,
    /// It was called off.
    Interrupted,
    /// It was made without the profile of such runs.
    Profile(String),
    /// It decided nothing.
    NoResult,
}

impl std::fmt::Display for Partial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Selection => f.write_str("--only or --skip left checks out"),
            Self::Fork => f.write_str("it has no secrets (a fork)"),
            Self::Interrupted => f.write_str("it was interrupted"),
            Self::Profile(name) => write!(f, "it is without the profile {name}"),
            Self::NoResult => f.write_str("it decided nothing"),
        }
    }
}

impl Partial {
    /// What a run itself says about it: one that decided nothing is over nothing.
    pub fn of_result(report: &RunReport) -> Option<Self> {
        let result = matches!(
            report.verdict,
            Verdict::Proven | Verdict::Regression | Verdict::Undecided
        );
        (!result || report.counts.decided() == 0).then_some(Self::NoResult)
    }
}

/// How old the last run over everything is, seen from this one. A line from the future says nothing: a clock was wrong, or
/// somebody wants the scan to look young for ever.
pub fn full_scan(history: &History, report: &RunReport, partial: Option<&Partial>, allowed: Duration) -> FullScan {
    let now = moment(&report.started_at);
    let earlier = now.and_then(|now| {
        let run = history.last_full(report.plan.as_deref(), now)?;
        Some(EarlierScan {
            started_at: run.started_at.clone(),
            age_s: u64::try_from((now - run.began()?).whole_seconds()).ok()?,
            verdict: run.verdict,
        })
    });
    let standing = match (partial, &earlier) {
        (None, _) => FullScanStanding::ThisRun,
        (Some(_), None) => FullScanStanding::Unknown,
        (Some(_), Some(run)) if run.age_s > allowed.as_secs() => FullScanStanding::Overdue,
        (Some(_), Some(_)) => FullScanStanding::Recent,
    };
    FullScan {
        standing,
        allowed_s: allowed.as_secs(),
        earlier,
        partial: partial.map(ToString::to_string),
    }
}
