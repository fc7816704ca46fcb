//! A line as a run again: what is compared, shown and rendered like any other.

use gate_model::{
    AccessCell, AccessSource, Case, CaseId, CaseResult, CheckId, Coverage, Finding, Fingerprint, Missing, OperationId,
    Outcome, REPORT_VERSION, Relation, RunReport, SkipReason, Undecided,
};

use super::KeptRun;

/// Methods that an operation begins with.
const METHODS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY",
];

impl KeptRun {
    /// The run as far as it was kept: outcomes without their evidence, nobody's name, no target.
    pub fn report(&self) -> RunReport {
        let not_kept = || "the evidence of this run was not kept".to_owned();
        let mut cases: Vec<CaseResult> = Vec::new();
        let mut put = |case: &str, outcome: Outcome| {
            cases.push(CaseResult {
                case: case_of(case),
                outcome,
                duration_ms: 0,
            });
        };
        for case in &self.passed {
            put(case, Outcome::Pass { proof: not_kept() });
        }
        for (case, findings) in self.findings() {
            put(case, Outcome::Fail { findings });
        }
        for gap in &self.undecided {
            let undecided = Undecided::new(gap.cause, not_kept());
            put(&gap.case, Outcome::Inconclusive { undecided });
        }
        for case in &self.not_testable {
            let missing = Missing {
                what: "an input of the plan, which was not kept".to_owned(),
                add: None,
            };
            put(case, Outcome::NotTestable { missing });
        }
        for case in &self.skipped {
            let reason = SkipReason::Plan("the reason was not kept".to_owned());
            put(case, Outcome::Skipped { reason });
        }
        cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
        RunReport {
            version: REPORT_VERSION,
            tool: self.tool.clone(),
            started_at: self.started_at.clone(),
            duration_ms: self.duration_ms,
            target: "a target that was not kept".to_owned(),
            plan: self.plan.clone(),
            verdict: self.verdict,
            exit_code: self.verdict.exit_code(),
            counts: self.counts,
            coverage: Coverage {
                operations: self.operations.known,
                tested: self.operations.tested,
                public: self.operations.public,
                ..Coverage::default()
            },
            identities: Vec::new(),
            cases,
            access: self.cells(),
            baseline: None,
            full_scan: None,
            // One percentile is no distribution.
            latency: Vec::new(),
            sources: Vec::new(),
            notices: Vec::new(),
            leftovers: Vec::new(),
            requests_sent: self.requests_sent,
        }
    }

    /// The findings of each case. Lines of a case stand beside each other.
    fn findings(&self) -> Vec<(&str, Vec<Finding>)> {
        let mut all: Vec<(&str, Vec<Finding>)> = Vec::new();
        for failure in &self.failed {
            let case = case_of(&failure.case);
            let finding = Finding {
                check: case.check.clone(),
                case: case.id.clone(),
                title: failure.case.clone(),
                severity: failure.severity,
                impact: failure.impact,
                operation: failure.at.clone().or(case.operation),
                actor: String::new(),
                owner: None,
                detail: "the evidence of this run was not kept".to_owned(),
                evidence: Vec::new(),
                remediation: format!("`launchgate explain {}` says what it is and how to mend it", case.check),
                references: Vec::new(),
                secret: None,
                source: None,
                root_cause: failure.case.clone(),
                fingerprint: Fingerprint::of(&[&failure.case]),
            };
            match all.last_mut() {
                Some((last, findings)) if *last == failure.case => findings.push(finding),
                _ => all.push((&failure.case, vec![finding])),
            }
        }
        all
    }

    fn cells(&self) -> Vec<AccessCell> {
        let mut cells = Vec::new();
        for (relation, operations) in &self.access {
            for (may, list) in [(true, &operations.may), (false, &operations.may_not)] {
                cells.extend(list.iter().map(|operation| AccessCell {
                    relation: Relation::from(relation.clone()),
                    operation: operation.clone(),
                    may,
                    how: AccessSource::Observed,
                }));
            }
        }
        cells.sort_by(|left, right| {
            let key = |cell: &AccessCell| (cell.operation.path().to_owned(), cell.operation.method().to_owned());
            key(left)
                .cmp(&key(right))
                .then_with(|| left.relation.cmp(&right.relation))
        });
        cells
    }
}

/// The case that a line names. Its parts are read from the name, which stays what it is.
fn case_of(name: &str) -> Case {
    let (check, rest) = name.split_once(' ').unwrap_or((name, ""));
    let mut case = Case::new(&CheckId::new(check));
    let (what, relation) = match rest.rsplit_once("as ") {
        Some((what, relation)) if what.is_empty() || what.ends_with(' ') => (what.trim_end(), Some(relation)),
        _ => (rest, None),
    };
    let is_operation = what
        .split_once(' ')
        .is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with('/'));
    if is_operation {
        case = case.with_operation(&OperationId::new(what));
    }
    if let Some(relation) = relation.filter(|_| is_operation) {
        case = case.with_relation(Relation::from(relation.to_owned()));
    }
    case.id = CaseId::new(name);
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_case_are_read_from_its_name() {
        let case = case_of("access/read-other-tenant GET /as {x}/y as same-tenant:viewer");
        assert_eq!(case.operation, Some(OperationId::new("GET /as {x}/y")));
        assert_eq!(case.relation, Some(Relation::SameTenant("viewer".to_owned())));
        let case = case_of("secrets/working-tree");
        assert_eq!((case.operation, case.relation), (None, None));
        let case = case_of("access/plan-case reads as nobody");
        assert_eq!(case.id.as_str(), "access/plan-case reads as nobody");
        assert_eq!((case.operation, case.relation), (None, None));
    }
}
