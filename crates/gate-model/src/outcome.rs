//! What a case can come to. Five words, because "not refused" and "not tried" are not the same thing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Evidence, Finding};

/// The answer to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Outcome {
    /// Proven, with the proof in words: what the control showed before and after.
    Pass {
        /// What was shown, such as "alice was served before and after, mallory was answered 404 with a live session".
        proof: String,
    },
    /// At least one finding.
    Fail {
        /// Never empty.
        findings: Vec<Finding>,
    },
    /// Tried and not decided.
    Inconclusive {
        /// Why.
        undecided: Undecided,
    },
    /// The plan lacks an input. Lowers coverage; changes no exit code.
    NotTestable {
        /// What is missing and the line to add.
        missing: Missing,
    },
    /// Left out by the user's choice.
    Skipped {
        /// Whose choice.
        reason: SkipReason,
    },
}

/// An outcome without its contents, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// Proven.
    Pass,
    /// A finding.
    Fail,
    /// Tried, not decided.
    Inconclusive,
    /// An input is missing.
    NotTestable,
    /// Left out by choice.
    Skipped,
}

impl Outcome {
    /// The kind alone.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Pass { .. } => OutcomeKind::Pass,
            Self::Fail { .. } => OutcomeKind::Fail,
            Self::Inconclusive { .. } => OutcomeKind::Inconclusive,
            Self::NotTestable { .. } => OutcomeKind::NotTestable,
            Self::Skipped { .. } => OutcomeKind::Skipped,
        }
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NotTestable => "not testable",
            Self::Skipped => "skipped",
        })
    }
}

/// Why a case stayed open. Cases with the same cause and detail are one line in every report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Undecided {
    /// The kind of reason.
    pub cause: Cause,
    /// What happened, as a fragment: `mallory was answered 500, which is neither served nor denied`.
    pub detail: String,
    /// The plan line, as YAML to paste, that would settle it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settle: Option<String>,
    /// The exchanges that show it, at most a few.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<Evidence>,
}

impl Undecided {
    /// A reason without a remedy.
    pub fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self {
            cause,
            detail: detail.into(),
            settle: None,
            evidence: Vec::new(),
        }
    }

    /// Adds the plan line that would settle it.
    pub fn settled_by(mut self, yaml: impl Into<String>) -> Self {
        self.settle = Some(yaml.into());
        self
    }

    /// Adds an exchange that shows it.
    pub fn shown_by(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
}

/// The kinds of reason for which a case stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The target could not be reached at all.
    TargetDown,
    /// A login failed.
    LoginFailed,
    /// An identity could not be proven to be who the plan says, or two identities are the same user.
    IdentityUnproven,
    /// A session died during the case and could not be kept alive.
    SessionLost,
    /// The control did not succeed: the entitled caller was not served.
    ControlFailed,
    /// The control stopped holding between its two looks.
    ControlLost,
    /// The answer to the probe is neither served nor denied.
    NeitherAnswer,
    /// The target throttled the run, and went on doing so.
    Throttled,
    /// An exchange failed below HTTP: refused, reset, timed out.
    Transport,
    /// The state could not be read back after a write.
    ReadBack,
    /// An object that the case needs could not be created or found.
    ObjectMissing,
    /// Two looks at the same thing disagreed.
    Flaky,
    /// A passive check saw too little to conclude.
    NothingSeen,
    /// Too few samples, or too noisy.
    TooFewSamples,
    /// The request budget was used up.
    Budget,
    /// The run's deadline passed.
    Deadline,
    /// The run was interrupted.
    Interrupted,
    /// Something could not be scanned for secrets: a repository without its history, an encrypted part.
    NotScanned,
    /// A case was listed and nobody gave a verdict.
    NoVerdict,
}

impl Cause {
    /// Whether a baseline may accept it. A dead target, a failed login or an unproven identity never can be.
    pub fn acceptable(self) -> bool {
        !matches!(
            self,
            Self::TargetDown | Self::LoginFailed | Self::IdentityUnproven | Self::NoVerdict
        )
    }

    /// A short headline for grouping.
    pub fn headline(self) -> &'static str {
        match self {
            Self::TargetDown => "the target cannot be reached",
            Self::LoginFailed => "a login failed",
            Self::IdentityUnproven => "an identity is not proven",
            Self::SessionLost => "a session was lost",
            Self::ControlFailed => "the control did not succeed",
            Self::ControlLost => "the control was lost",
            Self::NeitherAnswer => "the answer is neither served nor denied",
            Self::Throttled => "the target throttled the run",
            Self::Transport => "the exchange failed",
            Self::ReadBack => "the state could not be read back",
            Self::ObjectMissing => "no object to test with",
            Self::Flaky => "two looks disagreed",
            Self::NothingSeen => "too little was seen",
            Self::TooFewSamples => "too few samples",
            Self::Budget => "the request budget was used up",
            Self::Deadline => "the deadline passed",
            Self::Interrupted => "the run was interrupted",
            Self::NotScanned => "something was not scanned",
            Self::NoVerdict => "no verdict was given",
        }
    }
}

/// What the plan lacks, and the line to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Missing {
    /// What is missing, as a fragment.
    pub what: String,
    /// YAML to paste into the plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub add: Option<String>,
}

/// Whose choice it was to leave a case out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "by", content = "detail", rename_all = "kebab-case")]
pub enum SkipReason {
    /// `--only` or `--skip`.
    Flag(String),
    /// A line of the plan.
    Plan(String),
    /// Secrets are not available, as on a fork.
    NoSecrets(String),
    /// Unsafe methods are not allowed off loopback without `writes: true`.
    WritesNotAllowed(String),
    /// SIGINT or SIGTERM.
    Interrupted,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "left out by {flag}"),
            Self::Plan(line) => write!(f, "left out by the plan: {line}"),
            Self::NoSecrets(what) => write!(f, "secrets are not available: {what}"),
            Self::WritesNotAllowed(what) => write!(f, "writes are not allowed on this target: {what}"),
            Self::Interrupted => f.write_str("interrupted before it was decided"),
        }
    }
}
