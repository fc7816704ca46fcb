//! Compares what a run came to with what its row expects.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{CaseResult, Outcome, OutcomeKind, RunReport};
use gate_report::{Reason, RootCause};

use super::rows::EVERY;
use super::{Clean, Kind, Matrix, Ran, Row, Started, hints, leaks};

/// The exit code of a plan that is wrong.
const UNUSABLE: u8 = 2;
/// Checks that compare what is written and ask the target nothing: their findings have a line instead of an exchange.
const SENDS_NOTHING: [&str; 1] = ["access/uncovered-operation"];
/// Complaints of one kind that are written out.
const MAX_LINES: usize = 40;

/// What the file as a whole expects, for the rows that lean on each other.
pub struct Expectations {
    clean: Clean,
    every_red: BTreeSet<String>,
}

impl Expectations {
    /// Of the whole file.
    pub fn of(matrix: &Matrix) -> Self {
        Self {
            clean: matrix.clean.clone(),
            every_red: matrix.every_red(),
        }
    }

    /// What is wrong with a run, nothing where it is as its row expects.
    pub fn complaints(&self, kind: Kind, row: &Row, ran: &Ran) -> Vec<String> {
        let mut complaints = Vec::new();
        let seconds = row.seconds.unwrap_or(180);
        if ran.took.as_secs_f64() > seconds as f64 {
            complaints.push(format!("took {:.1?}; {seconds} s are allowed", ran.took));
        }
        match &ran.started {
            Started::Wrong(why) if row.exit == [UNUSABLE] => says(row, why, &mut complaints),
            Started::Silent(why) if row.down => says(row, why, &mut complaints),
            Started::Wrong(why) | Started::Silent(why) => complaints.push(format!("did not run: {why}")),
            Started::Report(_) if row.down => complaints.push("ran against a server that was stopped".to_owned()),
            Started::Report(report) => {
                complaints.extend(leaks(report, &ran.secrets));
                complaints.extend(consistent(report));
                complaints.extend(hints::complaints(row, report));
                match kind {
                    Kind::NeverGreen => self.never_green(row, report, &mut complaints),
                    Kind::Clean | Kind::Hole | Kind::Combined | Kind::Sound => {
                        self.exact(kind, row, report, &mut complaints);
                    }
                }
                if kind != Kind::NeverGreen {
                    tidy(report, ran, &mut complaints);
                }
            }
        }
        complaints
    }

    fn red(&self, row: &Row) -> BTreeSet<String> {
        let each = row.red.0.iter().flat_map(|case| {
            if case == EVERY {
                self.every_red.iter().cloned().collect()
            } else {
                vec![case.clone()]
            }
        });
        each.collect()
    }

    /// Exactly these cases are red, everything else is as in the clean row.
    fn exact(&self, kind: Kind, row: &Row, report: &RunReport, complaints: &mut Vec<String>) {
        let red = self.red(row);
        let usual = [u8::from(!red.is_empty())];
        exit(report, if row.exit.is_empty() { &usual } else { &row.exit }, complaints);
        let known: BTreeSet<&str> = report.cases.iter().map(|result| result.case.id.as_str()).collect();
        for case in red.iter().chain(row.unlike_clean.keys()) {
            if !known.iter().any(|known| matches(case, known)) {
                complaints.push(format!("the row names {case}, which is no case of the run"));
            }
        }
        let mut lines = Vec::new();
        for result in &report.cases {
            let expected = self.expected(row, &red, result);
            if result.outcome.kind() != expected && !may_pass(row, result) && !says_nothing(&red, result) {
                lines.push(format!(
                    "{} is {}, expected {expected}",
                    result.case.id,
                    told(&result.outcome)
                ));
            }
        }
        shorten(lines, complaints);
        if kind == Kind::Clean {
            let pass = report.counts.pass;
            if pass != self.clean.pass || pass == 0 {
                complaints.push(format!("{pass} cases passed, expected {}", self.clean.pass));
            }
            for case in &self.clean.not_testable {
                if !known.contains(case.as_str()) {
                    complaints.push(format!("the clean row names {case}, which is no case of the run"));
                }
            }
        }
    }

    fn expected(&self, row: &Row, red: &BTreeSet<String>, result: &CaseResult) -> OutcomeKind {
        let case = result.case.id.as_str();
        if let Some((_, unlike)) = row.unlike_clean.iter().find(|(pattern, _)| matches(pattern, case)) {
            unlike.outcome
        } else if is_among(red, case) {
            OutcomeKind::Fail
        } else if (!row.latency && result.case.check.family() == "latency")
            || (!row.recovery && result.case.check.as_str() == "rate-limit/recovery")
        {
            OutcomeKind::Skipped
        } else if is_among(self.not_testable(row), case) {
            OutcomeKind::NotTestable
        } else {
            OutcomeKind::Pass
        }
    }

    /// The cases that the plan lacks an input for, with the tokens of the row.
    fn not_testable(&self, row: &Row) -> &BTreeSet<String> {
        let tokens = row.config().kind_of_tokens();
        self.clean
            .not_testable_with
            .get(tokens.name())
            .unwrap_or(&self.clean.not_testable)
    }

    /// Nothing is called a regression that is none, nothing passes whose control fell, and the run is not green.
    fn never_green(&self, row: &Row, report: &RunReport, complaints: &mut Vec<String>) {
        let (red, holed) = (self.red(row), !row.hole.0.is_empty());
        let usual: &[u8] = if holed { &[1, 4] } else { &[4] };
        exit(report, if row.exit.is_empty() { usual } else { &row.exit }, complaints);
        let mut lines = Vec::new();
        for result in &report.cases {
            let case = result.case.id.as_str();
            let wrong = match result.outcome.kind() {
                // What is open must not be called closed, however broken the server is.
                OutcomeKind::Pass if holed => is_among(&red, case) && !may_pass(row, result),
                OutcomeKind::Pass => !may_pass(row, result) && !reads_the_token(result) && !is_spared(row, result),
                OutcomeKind::Fail => !is_among(&red, case),
                OutcomeKind::Inconclusive | OutcomeKind::NotTestable | OutcomeKind::Skipped => false,
            };
            if wrong {
                lines.push(format!("{case} is {}", told(&result.outcome)));
            }
        }
        shorten(lines, complaints);
        let reasons: Vec<String> = report.cases.iter().filter_map(reason).collect();
        for text in &row.says.0 {
            if !reasons.iter().any(|reason| reason.contains(text.as_str())) {
                complaints.push(format!(
                    "no undecided case says {text:?}; they say: {}",
                    tally(&reasons)
                ));
            }
        }
        let groups = gate_report::root_causes(report);
        let open = |group: &&RootCause<'_>| matches!(group.reason, Reason::Undecided { .. });
        let causes = groups.iter().filter(open).count();
        if row.causes.is_some_and(|most| causes > most) {
            complaints.push(format!("{causes} root causes are shown: {}", tally(&reasons)));
        }
    }
}

/// Whether a case about credentials is undecided because its operation is open to everybody, which is red by itself.
fn says_nothing(red: &BTreeSet<String>, result: &CaseResult) -> bool {
    let Outcome::Inconclusive { undecided } = &result.outcome else {
        return false;
    };
    if result.case.check.family() == "session" {
        return undecided
            .detail
            .contains("see auth/anonymous and access/read-other-tenant")
            && !red.is_empty();
    }
    let Some(operation) = &result.case.operation else {
        return false;
    };
    let open = format!("auth/anonymous {operation} as anonymous");
    result.case.check.family() == "auth" && undecided.detail.contains("see auth/anonymous") && is_among(red, &open)
}

/// Whether a case is about the token itself: it passes wherever its session is served, whatever else the server does.
fn reads_the_token(result: &CaseResult) -> bool {
    matches!(
        result.case.check.as_str(),
        "auth/token-lifetime" | "auth/weak-signing-secret"
    )
}

/// Whether a case is about limits of logins, which every oddity spares as long as the server lives: their control is that everybody
/// is still logged in.
fn is_spared(row: &Row, result: &CaseResult) -> bool {
    let dies = row.sabotage.0.iter().any(|name| name.starts_with("dies-after"));
    result.case.check.family() == "rate-limit" && !dies
}

/// Whether one of the patterns means a case.
fn is_among(patterns: &BTreeSet<String>, case: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, case))
}

/// Whether a case passes, and its row has a reason why it may.
fn may_pass(row: &Row, result: &CaseResult) -> bool {
    let case = result.case.id.as_str();
    result.outcome.kind() == OutcomeKind::Pass && row.may_pass.keys().any(|pattern| matches(pattern, case))
}

/// Whether what stopped a run says what the row asks for.
fn says(row: &Row, why: &str, complaints: &mut Vec<String>) {
    for text in &row.says.0 {
        if !why.contains(text.as_str()) {
            complaints.push(format!("does not say {text:?} but {why:?}"));
        }
    }
}

fn exit(report: &RunReport, expected: &[u8], complaints: &mut Vec<String>) {
    if !expected.contains(&report.exit_code) {
        complaints.push(format!("exit code {}, expected {expected:?}", report.exit_code));
    }
}

/// The reason of an undecided case, with the line that would settle it.
fn reason(result: &CaseResult) -> Option<String> {
    match &result.outcome {
        Outcome::Inconclusive { undecided } => Some(format!(
            "{:?}: {} [settle: {}]",
            undecided.cause,
            undecided.detail,
            undecided.settle.as_deref().unwrap_or("-")
        )),
        _ => None,
    }
}

fn tally(reasons: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let lines: Vec<String> = counts
        .iter()
        .map(|(reason, count)| format!("\n    {count} x {reason}"))
        .collect();
    lines.concat()
}

/// An outcome with what it says.
fn told(outcome: &Outcome) -> String {
    let kind = outcome.kind();
    match outcome {
        Outcome::Pass { proof } => format!("{kind} ({proof})"),
        Outcome::Fail { findings } => {
            let said: Vec<String> = findings
                .iter()
                .map(|finding| format!("{}: {}", finding.title, finding.detail))
                .collect();
            format!("{kind} ({})", said.join("; "))
        }
        Outcome::Inconclusive { undecided } => format!("{kind} ({:?}: {})", undecided.cause, undecided.detail),
        Outcome::NotTestable { missing } => format!("{kind} ({})", missing.what),
        Outcome::Skipped { reason } => format!("{kind} ({reason})"),
    }
}

/// What is true of every report: counts, verdict and findings that fit.
fn consistent(report: &RunReport) -> Vec<String> {
    let mut complaints = Vec::new();
    if report.counts != gate_model::Counts::of(&report.cases) {
        complaints.push("the counts are not those of the cases".to_owned());
    }
    let mut ids = BTreeSet::new();
    for result in &report.cases {
        if !ids.insert(result.case.id.as_str()) {
            complaints.push(format!("{} is there twice", result.case.id));
        }
        match &result.outcome {
            Outcome::Fail { findings }
                if findings.is_empty()
                    || (findings
                        .iter()
                        .any(|finding| finding.evidence.is_empty() && finding.secret.is_none())
                        && !SENDS_NOTHING.contains(&result.case.check.as_str())) =>
            {
                complaints.push(format!("{} fails without evidence", result.case.id));
            }
            Outcome::Pass { proof } if proof.is_empty() => {
                complaints.push(format!("{} passes without a proof", result.case.id));
            }
            _ => {}
        }
    }
    complaints
}

/// The demo is left as it was found.
fn tidy(report: &RunReport, ran: &Ran, complaints: &mut Vec<String>) {
    for leftover in &report.leftovers {
        complaints.push(format!(
            "left behind: {} {} of {}: {}",
            leftover.resource, leftover.path, leftover.owner, leftover.reason
        ));
    }
    let (before, after) = &ran.rows;
    let mut lines = Vec::new();
    for (row, text) in after {
        match before.get(row) {
            None => lines.push(format!("the demo has a new {row}: {text}")),
            Some(old) if old != text => lines.push(format!("the demo's {row} was changed: {old} -> {text}")),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|row| !after.contains_key(*row));
    lines.extend(gone.map(|row| format!("the demo lost its {row}")));
    shorten(lines, complaints);
}

fn shorten(lines: Vec<String>, complaints: &mut Vec<String>) {
    let more = lines.len().saturating_sub(MAX_LINES);
    complaints.extend(lines.into_iter().take(MAX_LINES));
    if more > 0 {
        complaints.push(format!("and {more} more"));
    }
}

/// Whether a case fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, case: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| case.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}
