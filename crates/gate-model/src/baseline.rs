//! What a run is beside what its repository knows of it: new, known or fixed.

use serde::{Deserialize, Serialize};

use crate::{CaseId, Location};

/// Version of the shape of [`BaselineReport`]. Fields may be added under one version.
pub const BASELINE_VERSION: u32 = 1;

/// A run beside the baseline of its repository. Re-labels outcomes; never changes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineReport {
    /// See [`BASELINE_VERSION`].
    pub version: u32,
    /// The file, as the user named it.
    pub file: String,
    /// Where waivers were read from: the file itself, or its version at the base of a pull request.
    pub waivers_from: String,
    /// Cases by their standing.
    pub counts: BaselineCounts,
    /// Cases that are new, known or fixed, ordered by id.
    pub cases: Vec<CaseStanding>,
    /// What else there is to say, those that turn the run red first.
    pub remarks: Vec<BaselineRemark>,
}

/// Cases by their standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineCounts {
    /// Red and not accepted.
    pub new: usize,
    /// Red and accepted.
    pub known: usize,
    /// Accepted, and no longer red.
    pub fixed: usize,
}

/// How a case stands beside the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaseStanding {
    /// The case.
    pub case: CaseId,
    /// How it stands.
    pub standing: Standing,
    /// The line that accepts it, or did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<Acceptance>,
}

/// New, known or fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Red and not accepted.
    New,
    /// Red and accepted: it does not fail the run.
    Known,
    /// Accepted, and no longer red.
    Fixed,
}

/// Why something red is accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Acceptance {
    /// Why.
    pub reason: String,
    /// Who answers for it: a team or a role.
    pub owner: String,
    /// The last day on which it counts, `2027-01-31`.
    pub expires: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
}

/// A remark about the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineRemark {
    /// What kind.
    pub kind: BaselineRemarkKind,
    /// What, as a fragment: `same-tenant:viewer may now DELETE /projects/{id}`.
    pub text: String,
    /// The line that it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
}

/// The kinds of remarks, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BaselineRemarkKind {
    /// Somebody may do what he might not before.
    MorePermissive,
    /// A case that was decided before is not decided any more.
    Lost,
    /// The file says less than it does at the base.
    Shrunk,
    /// The file is there at the base, and not here.
    Missing,
    /// The base of the pull request could not be read.
    BaseUnknown,
    /// A line accepts something until a day that is over.
    Expired,
    /// A line accepts what this run does not show.
    Unused,
    /// Somebody may no longer do what he might before.
    LessPermissive,
    /// Something was observed that the file does not hold yet.
    Unrecorded,
}

/// What a remark does to the verdict of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemarkWeight {
    /// Nothing: it wants to be known.
    Note,
    /// The run is not proven (exit code 4).
    Undecided,
    /// The run is a regression (exit code 1).
    Regression,
}

impl BaselineRemarkKind {
    /// What it does to the verdict.
    pub fn weight(self) -> RemarkWeight {
        match self {
            Self::MorePermissive => RemarkWeight::Regression,
            Self::Lost | Self::Shrunk | Self::Missing | Self::BaseUnknown => RemarkWeight::Undecided,
            Self::Expired | Self::Unused | Self::LessPermissive | Self::Unrecorded => RemarkWeight::Note,
        }
    }

    /// A few words for a headline.
    pub fn headline(self) -> &'static str {
        match self {
            Self::MorePermissive => "more permissive than the baseline",
            Self::Lost => "decided before, and not any more",
            Self::Shrunk => "the baseline says less than at the base",
            Self::Missing => "the baseline is missing",
            Self::BaseUnknown => "the base cannot be read",
            Self::Expired => "expired",
            Self::Unused => "unused",
            Self::LessPermissive => "less permissive than the baseline",
            Self::Unrecorded => "not in the baseline yet",
        }
    }
}

impl BaselineReport {
    /// How a case stands, where it is new, known or fixed.
    pub fn standing(&self, case: &CaseId) -> Option<&CaseStanding> {
        let at = self.cases.binary_search_by(|known| known.case.cmp(case)).ok()?;
        self.cases.get(at)
    }

    /// Remarks that turn the run red.
    pub fn red(&self) -> impl Iterator<Item = &BaselineRemark> {
        self.remarks
            .iter()
            .filter(|remark| remark.kind.weight() != RemarkWeight::Note)
    }
}
