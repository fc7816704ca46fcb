//! A run as a line, and the lines that stay when it is added.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use gate_model::{Finding, OperationId, Outcome, RunReport};
use time::{Duration, OffsetDateTime};

use super::{
    HISTORY_VERSION, History, KeptAccess, KeptFailure, KeptGap, KeptOperations, KeptP95, KeptRun, MAX_DAYS,
    MAX_HISTORY_BYTES, MAX_RUNS,
};
use crate::case_key::Keys;
use crate::weigh::left_out_by_choice;

impl KeptRun {
    /// What is kept of a run.
    pub fn of(report: &RunReport, profile: Option<&str>, full: bool) -> Self {
        let coverage = &report.coverage;
        let mut run = Self {
            version: HISTORY_VERSION,
            tool: report.tool.clone(),
            started_at: report.started_at.clone(),
            duration_ms: report.duration_ms,
            plan: report.plan.as_deref().map(plan_name),
            profile: profile.map(str::to_owned),
            full,
            verdict: report.verdict,
            counts: report.counts,
            operations: KeptOperations {
                known: coverage.operations,
                tested: coverage.tested,
                public: coverage.public,
            },
            requests_sent: report.requests_sent,
            p95: Vec::new(),
            passed: Vec::new(),
            failed: Vec::new(),
            undecided: Vec::new(),
            not_testable: Vec::new(),
            skipped: Vec::new(),
            access: BTreeMap::new(),
        };
        for one in &report.latency {
            if let Some(budget) = &one.budget {
                run.p95.push(KeptP95 {
                    operation: one.operation.clone(),
                    ms: one.p95_ms,
                    budget_ms: budget.p95_ms,
                    count: one.count,
                });
            }
        }
        let keys = Keys::of(report);
        for result in &report.cases {
            let case = keys.key(&result.case);
            match &result.outcome {
                Outcome::Pass { .. } => run.passed.push(case),
                Outcome::Fail { findings } => run.fail(&case, findings, result.case.operation.is_none()),
                Outcome::Inconclusive { undecided } => run.undecided.push(KeptGap {
                    case,
                    cause: undecided.cause,
                }),
                Outcome::NotTestable { .. } => run.not_testable.push(case),
                Outcome::Skipped { .. } if left_out_by_choice(result) => {}
                Outcome::Skipped { .. } => run.skipped.push(case),
            }
        }
        for cell in &report.access {
            let of: &mut KeptAccess = run.access.entry(cell.relation.to_string()).or_default();
            let list = if cell.may { &mut of.may } else { &mut of.may_not };
            list.push(cell.operation.clone());
        }
        run
    }

    /// A case with findings: one line for each place, the worst of its findings.
    fn fail(&mut self, case: &str, findings: &[Finding], without_operation: bool) {
        let mut worst: BTreeMap<Option<&OperationId>, &Finding> = BTreeMap::new();
        for finding in findings {
            let at = finding.operation.as_ref().filter(|_| without_operation);
            let known = worst.entry(at).or_insert(finding);
            if finding.severity > known.severity {
                *known = finding;
            }
        }
        self.failed.extend(worst.into_iter().map(|(at, finding)| KeptFailure {
            case: case.to_owned(),
            severity: finding.severity,
            impact: finding.impact,
            at: at.cloned(),
        }));
    }

    fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

impl History {
    /// The history with one more run, as text. The oldest go first where there are more than may be kept, in number, age or
    /// bytes; the last run over everything of each plan stays as long as its age allows it. Lines that could not be read are gone.
    pub fn with(mut self, run: KeptRun, now: OffsetDateTime) -> String {
        let oldest = now - Duration::days(MAX_DAYS);
        self.runs.push(run);
        self.runs.retain(|run| run.began().is_some_and(|began| began >= oldest));
        self.runs.sort_by_key(KeptRun::began);
        let mut lines: Vec<(bool, String)> = Vec::new();
        let mut full_of: Vec<Option<&str>> = Vec::new();
        for (from_the_end, run) in self.runs.iter().rev().enumerate() {
            let plan = run.plan.as_deref();
            let is_last_full = run.full && !full_of.contains(&plan);
            if is_last_full {
                full_of.push(plan);
            }
            lines.push((from_the_end == 0 || is_last_full, run.line()));
        }
        lines.reverse();
        let mut bytes: usize = lines.iter().map(|(_, line)| line.len()).sum();
        let mut count = lines.len();
        let mut must_go = |stays: bool, line: &str| {
            let go = !stays && (count > MAX_RUNS || bytes > MAX_HISTORY_BYTES);
            if go {
                count -= 1;
                bytes -= line.len();
            }
            go
        };
        let mut text = String::new();
        for (stays, line) in &lines {
            if !must_go(*stays, line) {
                text.push_str(line);
            }
        }
        text
    }
}

/// The plan as a line names it: its path from where the run was, or its name alone; folders of a machine tell who works there.
pub(super) fn plan_name(plan: &str) -> String {
    let slashes = plan.replace('\\', "/");
    let path = Path::new(&slashes);
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
            }
        }
    }
    if parts.first().is_some_and(|part| part.ends_with(':')) {
        parts.drain(..parts.len() - 1);
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::plan_name;

    #[test]
    fn a_plan_outside_of_the_folder_is_its_name_alone() {
        for (plan, name) in [
            ("launchgate.yml", "launchgate.yml"),
            ("./ci/gate.yml", "ci/gate.yml"),
            ("/home/somebody/api/launchgate.yml", "launchgate.yml"),
            ("../api/launchgate.yml", "launchgate.yml"),
            ("C:\\Users\\somebody\\gate.yml", "gate.yml"),
        ] {
            assert_eq!(plan_name(plan), name);
        }
    }
}
