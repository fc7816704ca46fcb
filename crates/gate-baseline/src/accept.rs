//! Accepting a run: what was observed becomes the matrix, what is red is accepted on terms.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{Acceptance, CaseResult, Cause, OperationId, Outcome, RunReport, Severity, Verdict};
use time::Date;

use crate::case_key::Keys;
use crate::observe::cell_of;
use crate::words::day;
use crate::{Accepted, Baseline, CellLine, Gap, What};

/// On what terms something red is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Why.
    pub reason: String,
    /// Who answers for it: a team or a role.
    pub owner: String,
    /// The last day on which it counts.
    pub expires: Date,
}

/// A baseline that takes in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepting {
    /// The new baseline.
    pub baseline: Baseline,
    /// Cases that are accepted and were not before.
    pub added: Vec<String>,
    /// Cases that were accepted and are not needed any more.
    pub dropped: Vec<String>,
}

/// Why a run cannot be accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AcceptError {
    /// Nothing was tried.
    #[error("the run came to no result, so that there is nothing to accept")]
    NoResult,
    /// Some cases are open for a reason that can never be accepted.
    #[error("{} can never be accepted: {}", .0, .1.join(", "))]
    Never(&'static str, Vec<String>),
    /// Something is red, and no terms are given.
    #[error(
        "{} {} red and not accepted yet: say on what terms with --reason, --owner and --expires: {}",
        .0.len(),
        if .0.len() == 1 { "case is" } else { "cases are" },
        shown(.0)
    )]
    Terms(Vec<String>),
    /// The last day is over already.
    #[error("the last day {0} is over")]
    Over(String),
}

/// Cases that a message names.
const MAX_SHOWN: usize = 10;

fn shown(cases: &[String]) -> String {
    let more = cases.len().saturating_sub(MAX_SHOWN);
    let mut text = cases.iter().take(MAX_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Takes a run into a baseline. What the run did not try (left out by a flag) stays as it was; what is red keeps the terms on
/// which it is accepted already, and else gets new ones.
///
/// # Errors
/// Where the run proves too little to accept anything, or something red has no terms.
pub fn accept(
    report: &RunReport,
    old: Option<&Baseline>,
    terms: Option<&Terms>,
    today: Date,
) -> Result<Accepting, AcceptError> {
    match report.verdict {
        Verdict::Proven | Verdict::Regression => {}
        Verdict::Undecided if report.counts.inconclusive > 0 => {}
        _ => return Err(AcceptError::NoResult),
    }
    never(report)?;
    if let Some(terms) = terms.filter(|terms| terms.expires < today) {
        return Err(AcceptError::Over(day(terms.expires)));
    }
    let empty = Baseline::default();
    let old = old.unwrap_or(&empty);
    let keys = Keys::of(report);
    let mut baseline = Baseline {
        access: access(report, old),
        accepted: Vec::new(),
        decided: decided(report, old, &keys),
    };
    let (accepted, added) = accepted(report, old, terms, today, &keys)?;
    baseline.accepted = accepted;
    baseline.sort();
    let still: BTreeSet<&str> = baseline.accepted.iter().map(|line| line.case.as_str()).collect();
    let dropped: BTreeSet<&String> = old.accepted.iter().map(|line| &line.case).collect();
    let dropped = dropped
        .into_iter()
        .filter(|case| !still.contains(case.as_str()))
        .cloned()
        .collect();
    Ok(Accepting {
        baseline,
        added,
        dropped,
    })
}

fn never(report: &RunReport) -> Result<(), AcceptError> {
    let mut by_cause: BTreeMap<Cause, Vec<String>> = BTreeMap::new();
    for result in &report.cases {
        if let Outcome::Inconclusive { undecided } = &result.outcome
            && !undecided.cause.acceptable()
        {
            by_cause
                .entry(undecided.cause)
                .or_default()
                .push(result.case.id.to_string());
        }
    }
    match by_cause.into_iter().next() {
        Some((cause, cases)) => Err(AcceptError::Never(cause.headline(), vec![shown(&cases)])),
        None => Ok(()),
    }
}

/// The cells of the run, and those of operations that it knows and did not see.
fn access(report: &RunReport, old: &Baseline) -> Vec<CellLine> {
    let cases = report.cases.iter().filter_map(|result| result.case.operation.as_ref());
    let known: BTreeSet<&OperationId> = cases.chain(report.access.iter().map(|cell| &cell.operation)).collect();
    let mut asked = BTreeSet::new();
    for result in &report.cases {
        if let Some((relation, operation, _)) = cell_of(&result.case) {
            asked.insert((relation, operation));
        }
    }
    let seen: BTreeSet<_> = report
        .access
        .iter()
        .map(|cell| (&cell.relation, &cell.operation))
        .collect();
    let unseen = old.access.iter().filter(|line| {
        let seen = seen.contains(&(&line.relation, &line.operation));
        let is_control = matches!(line.relation, gate_model::Relation::Role(_));
        !seen && known.contains(&line.operation) && (is_control || asked.contains(&(&line.relation, &line.operation)))
    });
    let mut access: Vec<CellLine> = report.access.iter().map(CellLine::from).collect();
    access.extend(unseen.cloned());
    access
}

/// Cases that came to a verdict and are no cells; those that were named before and did not, this time.
fn decided(report: &RunReport, old: &Baseline, keys: &Keys) -> Vec<(String, Option<gate_model::Location>)> {
    let mut decided = BTreeSet::new();
    for result in report.cases.iter().filter(|result| cell_of(&result.case).is_none()) {
        let key = keys.key(&result.case);
        if matches!(result.outcome, Outcome::Pass { .. } | Outcome::Fail { .. }) || old.names(&key) {
            decided.insert(key);
        }
    }
    decided.into_iter().map(|key| (key, None)).collect()
}

/// What a case needs to be accepted for.
fn wanted(result: &CaseResult, was_decided: bool) -> Vec<What> {
    match &result.outcome {
        Outcome::Fail { findings } => {
            let mut worst: BTreeMap<Option<OperationId>, Severity> = BTreeMap::new();
            for finding in findings {
                let at = finding.operation.clone().filter(|_| result.case.operation.is_none());
                let severity = worst.entry(at).or_insert(finding.severity);
                *severity = (*severity).max(finding.severity);
            }
            worst
                .into_iter()
                .map(|(at, severity)| What::Finding { at, severity })
                .collect()
        }
        Outcome::Inconclusive { undecided } => vec![What::Open(Gap::Cause(undecided.cause))],
        Outcome::NotTestable { .. } if was_decided => vec![What::Open(Gap::NotTestable)],
        Outcome::Skipped { .. } if was_decided && !crate::weigh::left_out_by_choice(result) => {
            vec![What::Open(Gap::Skipped)]
        }
        Outcome::Pass { .. } | Outcome::NotTestable { .. } | Outcome::Skipped { .. } => Vec::new(),
    }
}

fn accepted(
    report: &RunReport,
    old: &Baseline,
    terms: Option<&Terms>,
    today: Date,
    keys: &Keys,
) -> Result<(Vec<Accepted>, Vec<String>), AcceptError> {
    let mut lines: BTreeMap<(String, What), Accepted> = BTreeMap::new();
    let (mut added, mut lacking) = (BTreeSet::new(), BTreeSet::new());
    let mut tried = BTreeSet::new();
    for result in &report.cases {
        let case = keys.key(&result.case);
        if !crate::weigh::left_out_by_choice(result) {
            tried.insert(case.clone());
        }
        let was_decided = old.names(&case)
            || cell_of(&result.case).is_some_and(|(relation, operation, _)| old.cell(relation, operation).is_some());
        for what in wanted(result, was_decided) {
            let from = old.accepted.partition_point(|line| line.case < case);
            let mut here = old.accepted[from..].iter().take_while(|line| line.case == case);
            let known = here.find(|line| line.counts_on(today) && (line.what == what || covers(&line.what, &what)));
            match (known, terms) {
                (Some(line), _) => {
                    lines.insert((case.clone(), line.what.clone()), line.clone());
                }
                (None, Some(terms)) => {
                    added.insert(case.clone());
                    lines.insert((case.clone(), what.clone()), line(case.clone(), what, terms));
                }
                (None, None) => {
                    lacking.insert(case.clone());
                }
            }
        }
    }
    if !lacking.is_empty() {
        return Err(AcceptError::Terms(lacking.into_iter().collect()));
    }
    // What was not tried now stays accepted.
    for line in old
        .accepted
        .iter()
        .filter(|line| !tried.contains(&line.case) && line.counts_on(today))
    {
        lines.insert((line.case.clone(), line.what.clone()), line.clone());
    }
    Ok((lines.into_values().collect(), added.into_iter().collect()))
}

/// Whether a line for one thing covers another: a finding at the same place that is no worse.
fn covers(line: &What, wanted: &What) -> bool {
    match (line, wanted) {
        (
            What::Finding { at, severity },
            What::Finding {
                at: place,
                severity: found,
            },
        ) => at == place && found <= severity,
        _ => false,
    }
}

fn line(case: String, what: What, terms: &Terms) -> Accepted {
    Accepted {
        case,
        what,
        terms: Acceptance {
            reason: terms.reason.clone(),
            owner: terms.owner.clone(),
            expires: day(terms.expires),
            source: None,
        },
        until: terms.expires,
    }
}
