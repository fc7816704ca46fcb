//! From the cases of a run to the cells of its access matrix.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{AccessCell, AccessSource, Case, CaseResult, OperationId, Outcome, Relation};

/// An operation that somebody with these roles was served as a control, on what is his own or nobody's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// The operation.
    pub operation: OperationId,
    /// The roles, as relations name them.
    pub roles: String,
}

/// Checks whose pass is a refusal.
const REFUSED: [&str; 4] = [
    "auth/anonymous",
    "access/read-other-tenant",
    "access/write-other-tenant",
    "access/role-denied",
];
/// Checks whose pass is a service.
const SERVED: [&str; 1] = ["access/granted-refused"];

/// The cell that a case is about, and whether the relation is served where the case passes.
pub(crate) fn cell_of(case: &Case) -> Option<(&Relation, &OperationId, bool)> {
    let check = case.check.as_str();
    let served = SERVED.contains(&check);
    if !served && !REFUSED.contains(&check) {
        return None;
    }
    Some((case.relation.as_ref()?, case.operation.as_ref()?, served))
}

/// The cells that a run saw, ordered by path, method and relation. Where two cases disagree, whoever was served is.
///
/// A control counts only where some case of its operation was decided, which needs that the control held. `declared` are
/// cells that the plan or the document opens, so that nobody was there to be refused.
pub fn observe(
    cases: &[CaseResult],
    controls: &BTreeSet<Granted>,
    declared: impl IntoIterator<Item = (Relation, OperationId)>,
) -> Vec<AccessCell> {
    let mut cells: BTreeMap<(String, String, Relation), AccessCell> = BTreeMap::new();
    let mut put = |relation: &Relation, operation: &OperationId, may: bool, how: AccessSource| {
        let key = (
            operation.path().to_owned(),
            operation.method().to_owned(),
            relation.clone(),
        );
        let cell = cells.entry(key).or_insert_with(|| AccessCell {
            relation: relation.clone(),
            operation: operation.clone(),
            may,
            how,
        });
        cell.may |= may;
    };
    let mut decided = BTreeSet::new();
    for result in cases {
        let Some((relation, operation, served)) = cell_of(&result.case) else {
            continue;
        };
        let may = match &result.outcome {
            Outcome::Pass { .. } => served,
            Outcome::Fail { .. } => !served,
            Outcome::Inconclusive { .. } | Outcome::NotTestable { .. } | Outcome::Skipped { .. } => continue,
        };
        decided.insert(operation);
        put(relation, operation, may, AccessSource::Observed);
    }
    for granted in controls.iter().filter(|granted| decided.contains(&granted.operation)) {
        let relation = Relation::Role(granted.roles.clone());
        put(&relation, &granted.operation, true, AccessSource::Observed);
    }
    for (relation, operation) in declared {
        put(&relation, &operation, true, AccessSource::Declared);
    }
    cells.into_values().collect()
}
