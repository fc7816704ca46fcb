//! The baseline as plain data.

use gate_model::{Acceptance, AccessCell, Cause, Location, OperationId, Relation, Severity};
use time::Date;

/// What a repository knows of its API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Who may do what, ordered by path, method and relation; none twice.
    pub access: Vec<CellLine>,
    /// What is red and accepted for a while, ordered by case.
    pub accepted: Vec<Accepted>,
    /// Cases that came to a verdict and are no cells of the matrix, ordered.
    pub decided: Vec<(String, Option<Location>)>,
}

/// A line of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellLine {
    /// Who asks.
    pub relation: Relation,
    /// What.
    pub operation: OperationId,
    /// Whether he is served.
    pub may: bool,
    /// Where it stands; none where it was not read from a file.
    pub source: Option<Location>,
}

/// Something red that is accepted for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The case; names relations and roles in place of identities.
    pub case: String,
    /// What of it.
    pub what: What,
    /// Why, who answers for it, until when, and where that stands.
    pub terms: Acceptance,
    /// The last day on which it counts.
    pub until: Date,
}

/// What of a case is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A finding that is no worse than this.
    Finding {
        /// Where, in a case that is about no operation itself.
        at: Option<OperationId>,
        /// The worst that is accepted.
        severity: Severity,
    },
    /// That it is not decided.
    Open(Gap),
}

/// Why a case is not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// It was tried.
    Cause(Cause),
    /// The plan lacks an input.
    NotTestable,
    /// The plan leaves it out, or nothing asks it any more.
    Skipped,
}

impl Accepted {
    /// Whether it still counts.
    pub fn counts_on(&self, today: Date) -> bool {
        today <= self.until
    }
}

impl From<&AccessCell> for CellLine {
    fn from(cell: &AccessCell) -> Self {
        Self {
            relation: cell.relation.clone(),
            operation: cell.operation.clone(),
            may: cell.may,
            source: None,
        }
    }
}

impl CellLine {
    /// Whether it is about the same relation and operation.
    pub fn is_about(&self, relation: &Relation, operation: &OperationId) -> bool {
        self.relation == *relation && self.operation == *operation
    }

    /// What the lines of the matrix are ordered by.
    pub(crate) fn order(&self) -> (&str, &str, &Relation) {
        (self.operation.path(), self.operation.method(), &self.relation)
    }
}

impl Baseline {
    /// The line about a relation and an operation.
    pub fn cell(&self, relation: &Relation, operation: &OperationId) -> Option<&CellLine> {
        let wanted = (operation.path(), operation.method(), relation);
        let at = self.access.binary_search_by(|line| line.order().cmp(&wanted)).ok()?;
        self.access.get(at)
    }

    /// Whether a case is named as decided.
    pub fn names(&self, key: &str) -> bool {
        self.decided
            .binary_search_by(|(known, _)| known.as_str().cmp(key))
            .is_ok()
    }

    /// Puts everything into its order.
    pub(crate) fn sort(&mut self) {
        self.access.sort_by(|left, right| left.order().cmp(&right.order()));
        self.accepted
            .sort_by(|left, right| (&left.case, &left.what).cmp(&(&right.case, &right.what)));
        self.decided.sort();
    }
}
