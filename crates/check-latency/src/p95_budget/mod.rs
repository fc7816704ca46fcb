//! `latency/p95-budget`: does the 95th percentile of an operation stay within its budget?

mod percentile;
mod sample;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gate_check::{Check, Contribution, FindingText, Group, Lane, Subject, subject_of};
use gate_model::{Case, CheckPage, IdentityName, LatencyBudget, LatencyPhase, Missing, OperationId, OperationLatency};
use gate_spec::{Effect, Operation, Spec};

/// The budget of reads where the plan says nothing.
const READ_BUDGET: Duration = Duration::from_millis(300);
/// The budget of writes where the plan says nothing.
const WRITE_BUDGET: Duration = Duration::from_millis(800);
/// Reads that are sampled where the plan names none.
const MAX_READS: usize = 8;
/// Wall time of all sampling.
const ALL_SAMPLING: Duration = Duration::from_secs(60);

/// What was sampled, for the reports.
#[derive(Debug, Default)]
pub struct SampleBoard {
    sampled: Mutex<Vec<OperationLatency>>,
    began: Mutex<Option<Instant>>,
}

impl SampleBoard {
    /// What has been sampled so far.
    pub fn take(&self) -> Vec<OperationLatency> {
        std::mem::take(&mut *self.sampled.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, latency: OperationLatency) {
        self.sampled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(latency);
    }

    /// When sampling has to end; the clock starts with the first call.
    fn deadline(&self, now: Instant) -> Instant {
        *self
            .began
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(now)
            + ALL_SAMPLING
    }
}

/// The check.
pub struct P95Budget {
    page: Arc<CheckPage>,
    board: Arc<SampleBoard>,
}

/// One operation with its budget.
#[derive(Clone)]
struct Wanted {
    case: Case,
    operation: OperationId,
    identity: Option<IdentityName>,
    budget: Duration,
    /// Whether the plan names the operation: it then has to be decided.
    named: bool,
    text: Arc<FindingText>,
    board: Arc<SampleBoard>,
}

impl P95Budget {
    /// The check with its page.
    pub fn new(board: Arc<SampleBoard>) -> Self {
        let page = CheckPage::parse(include_str!("check.md")).expect("the page of the check is complete");
        Self {
            page: Arc::new(page),
            board,
        }
    }

    fn wanted(&self, spec: &Spec, operation: &Operation, text: &Arc<FindingText>) -> Wanted {
        let line = spec
            .settings
            .latency
            .iter()
            .filter_map(|line| {
                let best = line
                    .operations
                    .iter()
                    .filter(|pattern| pattern.matches(&operation.id))
                    .map(|p| p.specificity())
                    .max()?;
                Some((best, line))
            })
            .max_by_key(|(specificity, _)| *specificity)
            .map(|(_, line)| line);
        let default = if operation.method().is_safe() {
            READ_BUDGET
        } else {
            WRITE_BUDGET
        };
        let source = line
            .and_then(|line| line.source.clone())
            .or_else(|| operation.source.clone());
        Wanted {
            case: Case::new(&self.page.id)
                .with_operation(&operation.id)
                .with_source(source),
            operation: operation.id.clone(),
            identity: line.and_then(|line| line.identity.clone()),
            budget: line.map_or(default, |line| line.p95),
            named: line.is_some(),
            text: Arc::clone(text),
            board: Arc::clone(&self.board),
        }
    }
}

impl Check for P95Budget {
    fn page(&self) -> &Arc<CheckPage> {
        &self.page
    }

    fn contribute(&self, spec: &Spec) -> Contribution {
        let text = Arc::new(FindingText {
            page: Arc::clone(&self.page),
            verb: "wait",
        });
        let mut contribution = Contribution::default();
        for operation in chosen(spec) {
            let wanted = self.wanted(spec, operation, &text);
            if let Some(missing) = cannot_sample(spec, operation) {
                contribution.not_testable.push((wanted.case, missing));
                continue;
            }
            contribution.groups.push(Group {
                cases: vec![wanted.case.clone()],
                lane: Lane::Quiet,
                requests: sample::EXPECTED_REQUESTS,
                run: Arc::new(move |ctx| {
                    let wanted = wanted.clone();
                    Box::pin(async move { vec![sample::decide(ctx, &wanted).await] })
                }),
            });
        }
        contribution
    }
}

/// The operations that the plan names, else the reads that a run uses most: of each kind of object its list and the object itself.
fn chosen(spec: &Spec) -> Vec<&Operation> {
    let usable = |operation: &&Operation| operation.skip.is_none() && operation.effect != Effect::Dangerous;
    if !spec.settings.latency.is_empty() {
        let named = |operation: &&Operation| {
            spec.settings
                .latency
                .iter()
                .any(|line| line.operations.iter().any(|pattern| pattern.matches(&operation.id)))
        };
        return spec.operations.values().filter(usable).filter(named).collect();
    }
    let mut reads: Vec<(usize, usize, &Operation)> = spec
        .operations
        .values()
        .filter(usable)
        .filter(|operation| operation.method() == gate_spec::Method::Get && operation.unknown_params().next().is_none())
        .filter(|operation| operation.public.is_none())
        .map(|operation| {
            let (round, kind) = turn_of(spec, operation);
            (round, kind, operation)
        })
        .collect();
    // A second list of a kind, or a second read, waits until each kind had its first.
    let mut seen = HashSet::new();
    for (round, kind, _) in &mut reads {
        if *round < REST && !seen.insert((*round, *kind)) {
            *round = REST;
        }
    }
    reads.sort_by_key(|(round, kind, _)| {
        if *round < REST {
            (0, *kind, *round)
        } else {
            (*round, *kind, 0)
        }
    });
    reads
        .into_iter()
        .take(MAX_READS)
        .map(|(.., operation)| operation)
        .collect()
}

/// What comes after the list and the read of each kind.
const REST: usize = 2;

/// When a read has its turn, and the kind of object that it shows.
fn turn_of(spec: &Spec, operation: &Operation) -> (usize, usize) {
    let kind = |name| spec.resources.get_index_of(name).unwrap_or(usize::MAX);
    match subject_of(spec, operation) {
        Subject::List(kinds) if kinds.len() == 1 => (0, kind(&kinds[0])),
        Subject::Read(name) => (1, kind(&name)),
        Subject::Guard => (REST + 1, 0),
        _ => (REST + 2, 0),
    }
}

fn cannot_sample(spec: &Spec, operation: &Operation) -> Option<Missing> {
    let missing = |what: &str| {
        Some(Missing {
            what: format!("{}: {what}", operation.id),
            add: None,
        })
    };
    if !operation.method().is_safe() && !spec.writes_allowed() {
        return missing("writes are not allowed on this target");
    }
    match operation.effect {
        Effect::Delete => missing("a removal needs an object for each sample, and is not sampled"),
        Effect::EndsSession | Effect::ChangesCaller | Effect::IssuesCredentials => {
            missing("it would change the sessions of the run, and is not sampled")
        }
        _ => None,
    }
}

/// A row of the report.
fn row(wanted: &Wanted, summary: &percentile::Summary, not_2xx: u64) -> OperationLatency {
    OperationLatency {
        operation: wanted.operation.clone(),
        phase: LatencyPhase::Sampled,
        count: summary.count as u64,
        not_2xx,
        p50_ms: summary.p50_ms,
        p95_ms: summary.p95_ms,
        p99_ms: summary.p99_ms,
        max_ms: summary.max_ms,
        budget: Some(LatencyBudget {
            p95_ms: wanted.budget.as_secs_f64() * 1000.0,
        }),
        histogram: summary.histogram.clone(),
    }
}
