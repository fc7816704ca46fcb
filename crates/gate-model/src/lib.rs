//! The words of launchgate as plain data: cases, outcomes, findings, evidence, run events and the run report.
//!
//! Every other crate speaks in these types. Nothing here knows YAML, HTTP clients, checks or reports.

mod access;
mod baseline;
mod case;
mod check_page;
mod coverage;
mod credential_class;
mod event;
mod evidence;
mod finding;
mod found_secret;
mod full_scan;
mod id;
mod latency;
mod location;
mod notice;
mod outcome;
mod redact;
mod relation;
mod report;
mod secret;
mod source;
mod verdict;

pub use access::{AccessCell, AccessSource};
pub use baseline::{
    Acceptance, BASELINE_VERSION, BaselineCounts, BaselineRemark, BaselineRemarkKind, BaselineReport, CaseStanding,
    RemarkWeight, Standing,
};
pub use case::{Case, CaseResult};
pub use check_page::{CheckPage, PageError};
pub use coverage::{Coverage, CoverageState, FamilyCoverage, Fate, KnownOperation, OperationCoverage};
pub use credential_class::{CredentialClass, CredentialCoverage};
pub use event::{EventSink, RunEvent};
pub use evidence::Evidence;
pub use finding::{Finding, Fingerprint, Impact, Severity};
pub use found_secret::{FoundCommit, FoundSecret};
pub use full_scan::{EarlierScan, FullScan, FullScanStanding};
pub use id::{CaseId, CheckId, IdentityName, OperationId, ResourceName, TenantName};
pub use latency::{LatencyBudget, LatencyPhase, OperationLatency};
pub use location::Location;
pub use notice::{Leftover, Notice, NoticeLevel};
pub use outcome::{Cause, Missing, Outcome, OutcomeKind, SkipReason, Undecided};
pub use redact::{Redactor, SharedRedactor};
pub use relation::Relation;
pub use report::{Counts, IdentityReport, REPORT_VERSION, RunReport};
pub use secret::Secret;
pub use source::{NotScanned, RemarkKind, SourceRemark, SourceReport};
pub use verdict::{FailOn, Verdict};
