//! What was tested of what there is, and why the rest was not.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{Case, CaseResult, CredentialCoverage, OperationId, Outcome};

/// Operations that a report names one by one.
const MAX_NAMED: usize = 1_000;
/// Bytes of a reason.
const MAX_REASON_BYTES: usize = 400;

/// What was tested of what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Coverage {
    /// Operations that are known.
    pub operations: usize,
    /// Operations with at least one decided case.
    pub tested: usize,
    /// Operations that are public by declaration.
    pub public: usize,
    /// Operations without a decided case, with the reason, at most 1,000.
    pub untested: Vec<(OperationId, String)>,
    /// Each operation with what became of it, at most 1,000.
    #[serde(default)]
    pub by_operation: Vec<OperationCoverage>,
    /// The same counted for each family of checks, by name.
    #[serde(default)]
    pub families: Vec<FamilyCoverage>,
    /// The same for each kind of bad credential, from what was sent; empty where nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub credentials: Vec<CredentialCoverage>,
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperationCoverage {
    /// The operation.
    pub operation: OperationId,
    /// What became of it.
    pub state: CoverageState,
    /// Why it was not tested; why it is public.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Families of checks that decided a case of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub families: Vec<String>,
}

/// What became of an operation, what says most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// At least one case was decided.
    Tested,
    /// Cases were tried, and none was decided.
    Undecided,
    /// An input is missing.
    NotTestable,
    /// Left out by choice.
    Skipped,
    /// Anybody may call it, and no check asks more.
    Public,
    /// No check asks about it.
    Unasked,
}

impl std::fmt::Display for CoverageState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tested => "tested",
            Self::Undecided => "undecided",
            Self::NotTestable => "not testable",
            Self::Skipped => "skipped",
            Self::Public => "public",
            Self::Unasked => "not asked about",
        })
    }
}

/// What one family of checks tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FamilyCoverage {
    /// Its name: `auth`.
    pub family: String,
    /// Operations with at least one decided case.
    pub tested: usize,
    /// Operations that were tried, none of their cases decided.
    pub undecided: usize,
    /// Operations for which an input is missing.
    pub not_testable: usize,
    /// Operations that were left out by choice.
    pub skipped: usize,
    /// Operations that no case of the family is about.
    pub unasked: usize,
}

/// An operation as the plan and the document know it.
#[derive(Clone, Debug)]
pub struct KnownOperation {
    /// The operation.
    pub id: OperationId,
    /// Why anybody may call it, where anybody may.
    pub public: Option<String>,
}

/// What became of a case, or is to become of it, as far as coverage goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    state: CoverageState,
    reason: Option<String>,
}

impl Fate {
    /// It is decided, or is to be.
    pub fn decided() -> Self {
        Self {
            state: CoverageState::Tested,
            reason: None,
        }
    }

    /// An input is missing.
    pub fn not_testable(what: &str) -> Self {
        Self {
            state: CoverageState::NotTestable,
            reason: Some(what.to_owned()),
        }
    }

    /// It is left out.
    pub fn skipped(reason: impl ToString) -> Self {
        Self {
            state: CoverageState::Skipped,
            reason: Some(reason.to_string()),
        }
    }

    /// What an outcome means.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Pass { .. } | Outcome::Fail { .. } => Self::decided(),
            Outcome::Inconclusive { undecided } => Self {
                state: CoverageState::Undecided,
                reason: Some(undecided.detail.clone()),
            },
            Outcome::NotTestable { missing } => Self::not_testable(&missing.what),
            Outcome::Skipped { reason } => Self::skipped(reason),
        }
    }
}

impl Coverage {
    /// The coverage of a run.
    pub fn of_results(known: &[KnownOperation], results: &[CaseResult]) -> Self {
        let fates = results.iter().map(|result| (&result.case, Fate::of(&result.outcome)));
        Self::of(known, fates)
    }

    /// The coverage of cases with what became of each, or is to become.
    pub fn of<'c>(known: &[KnownOperation], fates: impl IntoIterator<Item = (&'c Case, Fate)>) -> Self {
        let mut whole: HashMap<&OperationId, Fate> = HashMap::new();
        let mut families: BTreeMap<&str, HashMap<&OperationId, CoverageState>> = BTreeMap::new();
        for (case, fate) in fates {
            let Some(operation) = &case.operation else { continue };
            let states = families.entry(case.check.family()).or_default();
            let state = states.entry(operation).or_insert(fate.state);
            *state = (*state).min(fate.state);
            match whole.get_mut(operation) {
                Some(known) if known.state <= fate.state => {}
                Some(known) => *known = fate,
                None => {
                    whole.insert(operation, fate);
                }
            }
        }
        let by_operation: Vec<OperationCoverage> = known
            .iter()
            .map(|operation| {
                let (state, reason) = state(operation, whole.get(&operation.id));
                let decided = |states: &HashMap<&OperationId, CoverageState>| {
                    states.get(&operation.id) == Some(&CoverageState::Tested)
                };
                let families = families.iter().filter(|(_, states)| decided(states));
                OperationCoverage {
                    operation: operation.id.clone(),
                    state,
                    reason: reason.map(shortened),
                    families: families.map(|(family, _)| (*family).to_owned()).collect(),
                }
            })
            .collect();
        let untested = by_operation
            .iter()
            .zip(known)
            .filter(|(one, known)| one.state != CoverageState::Tested && known.public.is_none())
            .map(|(one, _)| (one.operation.clone(), one.reason.clone().unwrap_or_default()))
            .take(MAX_NAMED)
            .collect();
        Self {
            operations: known.len(),
            tested: count(&by_operation, CoverageState::Tested),
            public: known.iter().filter(|operation| operation.public.is_some()).count(),
            untested,
            families: families
                .iter()
                .map(|(family, states)| of_family(family, known, states))
                .collect(),
            by_operation: by_operation.into_iter().take(MAX_NAMED).collect(),
            credentials: Vec::new(),
        }
    }

    /// How many operations are in a state, of those that are named.
    pub fn count(&self, state: CoverageState) -> usize {
        count(&self.by_operation, state)
    }
}

fn count(operations: &[OperationCoverage], state: CoverageState) -> usize {
    operations.iter().filter(|one| one.state == state).count()
}

/// What became of an operation, and why.
fn state(operation: &KnownOperation, fate: Option<&Fate>) -> (CoverageState, Option<String>) {
    match (fate, &operation.public) {
        (Some(fate), _) if fate.state == CoverageState::Tested => (CoverageState::Tested, None),
        (_, Some(why)) => (CoverageState::Public, Some(why.clone())),
        (Some(fate), None) => (fate.state, fate.reason.clone()),
        (None, None) => (CoverageState::Unasked, Some("no check asks about it".to_owned())),
    }
}

fn of_family(family: &str, known: &[KnownOperation], states: &HashMap<&OperationId, CoverageState>) -> FamilyCoverage {
    let count = |state: Option<CoverageState>| {
        known
            .iter()
            .filter(|operation| states.get(&operation.id).copied() == state)
            .count()
    };
    FamilyCoverage {
        family: family.to_owned(),
        tested: count(Some(CoverageState::Tested)),
        undecided: count(Some(CoverageState::Undecided)),
        not_testable: count(Some(CoverageState::NotTestable)),
        skipped: count(Some(CoverageState::Skipped)),
        unasked: count(None),
    }
}

fn shortened(mut reason: String) -> String {
    if reason.len() > MAX_REASON_BYTES {
        let end = (0..=MAX_REASON_BYTES)
            .rev()
            .find(|at| reason.is_char_boundary(*at))
            .unwrap_or(0);
        reason.truncate(end);
        reason.push('…');
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CheckId;

    fn known(id: &str, public: Option<&str>) -> KnownOperation {
        KnownOperation {
            id: OperationId::new(id),
            public: public.map(str::to_owned),
        }
    }

    #[test]
    fn each_operation_has_one_state_and_its_reason() {
        let case =
            |check: &str, operation: &str| Case::new(&CheckId::new(check)).with_operation(&OperationId::new(operation));
        let cases = [
            (case("auth/a", "GET /a"), Fate::not_testable("no key")),
            (case("auth/b", "GET /a"), Fate::decided()),
            (case("access/a", "GET /a"), Fate::skipped("writes")),
            (case("auth/a", "GET /b"), Fate::skipped("--skip")),
            (case("auth/b", "GET /b"), Fate::not_testable("no key")),
            (case("webhook/a", "POST /hook"), Fate::decided()),
            (Case::new(&CheckId::new("auth/c")), Fate::decided()),
            (case("auth/a", "GET /elsewhere"), Fate::decided()),
        ];
        let known = [
            known("GET /a", None),
            known("GET /b", None),
            known("GET /c", None),
            known("GET /health", Some("the document says so")),
            known("POST /hook", Some("signed by its caller")),
        ];
        let coverage = Coverage::of(&known, cases.iter().map(|(case, fate)| (case, fate.clone())));
        let states: Vec<CoverageState> = coverage.by_operation.iter().map(|one| one.state).collect();
        use CoverageState::{NotTestable, Public, Tested, Unasked};
        assert_eq!(states, [Tested, NotTestable, Unasked, Public, Tested]);
        assert_eq!((coverage.operations, coverage.tested, coverage.public), (5, 2, 2));
        assert_eq!(coverage.by_operation[0].families, ["auth"]);
        assert_eq!(coverage.by_operation[3].reason.as_deref(), Some("the document says so"));
        let untested: Vec<&str> = coverage.untested.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(untested, ["no key", "no check asks about it"]);
        let auth = coverage
            .families
            .iter()
            .find(|one| one.family == "auth")
            .expect("a family");
        assert_eq!(
            (auth.tested, auth.not_testable, auth.skipped, auth.unasked),
            (1, 1, 0, 3)
        );
        let access = &coverage.families[0];
        assert_eq!(
            (access.family.as_str(), access.skipped, access.unasked),
            ("access", 1, 4)
        );
    }

    #[test]
    fn an_older_result_is_read() {
        let old = r#"{"operations": 3, "tested": 1, "public": 1, "untested": []}"#;
        let coverage: Coverage = serde_json::from_str(old).expect("a coverage");
        assert!(coverage.by_operation.is_empty() && coverage.families.is_empty());
    }
}
