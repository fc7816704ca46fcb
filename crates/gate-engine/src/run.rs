//! Runs a planned run: lane by lane, groups beside each other where the lane allows it.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use gate_check::{Ctx, Group, Lane, Verdict};
use gate_model::{Case, CaseId, CaseResult, Cause, EventSink, Outcome, RunEvent, SkipReason, Undecided};

use crate::again::Again;
use crate::{Cancel, Planned};

/// Bounds of a run.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// When the run has to end.
    pub deadline: Instant,
    /// Requests that the groups may be expected to cost together.
    pub requests: u64,
}

/// Runs everything that is planned and returns one result per case. Every listed case has one: what nobody decided is
/// inconclusive, what a cancelled run did not reach is skipped as interrupted.
///
/// `ready` says why nothing may be sent at all (a login failed, the target is down); every case that needs the target then has
/// that reason.
pub async fn run(
    ctx: &Ctx<'_>,
    mut planned: Planned,
    bounds: Bounds,
    cancel: &Cancel,
    ready: Result<(), Undecided>,
    sink: &dyn EventSink,
) -> Vec<CaseResult> {
    let mut results = Results {
        sink,
        results: Vec::with_capacity(planned.cases() + planned.not_testable.len() + planned.skipped.len()),
    };
    for (case, missing) in planned.not_testable {
        results.put(case, Outcome::NotTestable { missing }, Duration::ZERO);
    }
    for (case, reason) in planned.skipped {
        results.put(case, Outcome::Skipped { reason }, Duration::ZERO);
    }
    if let Err(reason) = ready {
        let (stopped, local): (Vec<Group>, Vec<Group>) =
            planned.groups.into_iter().partition(|group| group.lane.needs_target());
        let cases = stopped
            .into_iter()
            .flat_map(|group| group.cases)
            .chain(std::mem::take(&mut planned.watched));
        for case in cases {
            results.put(
                case,
                Outcome::Inconclusive {
                    undecided: reason.clone(),
                },
                Duration::ZERO,
            );
        }
        planned.groups = local;
        planned.watchers = Vec::new();
    }
    let mut left = bounds.requests;
    let mut lanes: HashMap<Lane, Vec<Group>> = HashMap::new();
    for group in planned.groups {
        if group.requests > left {
            let reason = Undecided::new(
                Cause::Budget,
                format!(
                    "the run would need more than the {} requests that it may send",
                    bounds.requests
                ),
            )
            .settled_by(format!("limits: {{ requests: {} }}", bounds.requests * 2));
            for case in group.cases {
                results.put(
                    case,
                    Outcome::Inconclusive {
                        undecided: reason.clone(),
                    },
                    Duration::ZERO,
                );
            }
            continue;
        }
        left -= group.requests;
        lanes.entry(group.lane).or_default().push(group);
    }
    let stage = Stage {
        ctx,
        deadline: bounds.deadline,
        cancel,
    };
    let mut again = Again::new(stage, left);
    let mut running = FuturesUnordered::new();
    for lane in Lane::ORDER {
        let groups = lanes.remove(&lane).unwrap_or_default();
        let serial = lane.is_serial();
        if serial {
            // Nobody waits for time to pass while sessions end.
            while let Some(finished) = running.next().await {
                again.take(finished, &mut results);
            }
            again.repeat(&mut results).await;
        }
        for group in groups {
            running.push(stage.run(group));
            if serial && let Some(finished) = running.next().await {
                again.take(finished, &mut results);
                again.repeat(&mut results).await;
            }
        }
        // The next lane may begin as soon as those that are left only wait for time to pass.
        while running.len() > ctx.turns.waiting() {
            tokio::select! {
                Some(finished) = running.next() => again.take(finished, &mut results),
                () = ctx.turns.changed() => {}
            }
        }
    }
    while let Some(finished) = running.next().await {
        results.finish(finished);
    }
    let began = Instant::now();
    let verdicts: Vec<Verdict> = planned
        .watchers
        .iter()
        .flat_map(|watcher| watcher.conclude(ctx))
        .collect();
    if cancel.is_set() {
        let reason = Outcome::Skipped {
            reason: SkipReason::Interrupted,
        };
        // What was seen is a finding all the same; what was not seen proves nothing in a run that was cut short.
        let (failed, _): (Vec<Verdict>, Vec<Verdict>) = verdicts
            .into_iter()
            .partition(|verdict| matches!(verdict.outcome(), Outcome::Fail { .. }));
        results.settle(planned.watched, failed, began.elapsed(), &reason);
    } else {
        results.settle(planned.watched, verdicts, began.elapsed(), &no_verdict());
    }
    results.results
}

/// A group that ran.
pub(crate) struct Finished {
    /// What ran.
    pub(crate) group: Group,
    /// What it decided.
    pub(crate) verdicts: Vec<Verdict>,
    /// How long it had its turn.
    pub(crate) took: Duration,
    /// The outcome of what it did not decide.
    otherwise: Outcome,
}

/// What groups run on, and when they have to end.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) ctx: &'a Ctx<'a>,
    deadline: Instant,
    cancel: &'a Cancel,
}

impl Stage<'_> {
    /// Whether nothing may begin any more.
    pub(crate) fn is_over(&self) -> bool {
        self.cancel.is_set() || Instant::now() >= self.deadline
    }

    /// Runs a group once it has a turn.
    pub(crate) async fn run(self, group: Group) -> Finished {
        let Self { ctx, deadline, cancel } = self;
        let mut began = Instant::now();
        let decide = async {
            let _turn = ctx.turns.take().await;
            began = Instant::now();
            AssertUnwindSafe((group.run)(ctx)).catch_unwind().await
        };
        let (verdicts, otherwise) = tokio::select! {
            biased;
            () = cancel.wait() => (Vec::new(), Outcome::Skipped { reason: SkipReason::Interrupted }),
            () = tokio::time::sleep_until(deadline.into()) => (Vec::new(), out_of_time()),
            decided = decide => match decided {
                Ok(verdicts) => (verdicts, no_verdict()),
                Err(_) => (Vec::new(), Outcome::Inconclusive {
                    undecided: Undecided::new(Cause::NoVerdict, "the check failed inside; this is a defect of launchgate"),
                }),
            },
        };
        Finished {
            group,
            verdicts,
            took: began.elapsed(),
            otherwise,
        }
    }
}

fn no_verdict() -> Outcome {
    Outcome::Inconclusive {
        undecided: Undecided::new(Cause::NoVerdict, "the case was listed and nobody decided it"),
    }
}

fn out_of_time() -> Outcome {
    Outcome::Inconclusive {
        undecided: Undecided::new(Cause::Deadline, "the run's deadline passed before the case was decided")
            .settled_by("limits: { deadline: 30m }"),
    }
}

/// Results as they come.
pub(crate) struct Results<'s> {
    sink: &'s dyn EventSink,
    results: Vec<CaseResult>,
}

impl Results<'_> {
    fn put(&mut self, case: Case, outcome: Outcome, took: Duration) {
        let result = CaseResult {
            case,
            outcome,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        };
        let result = Arc::new(result);
        self.sink.take(&RunEvent::Decided(Arc::clone(&result)));
        self.results.push(Arc::unwrap_or_clone(result));
    }

    /// The results of a group.
    pub(crate) fn finish(&mut self, finished: Finished) {
        let Finished {
            group,
            verdicts,
            took,
            otherwise,
        } = finished;
        self.settle(group.cases, verdicts, took, &otherwise);
    }

    /// Gives each case its verdict, and those without one the outcome for such.
    fn settle(&mut self, cases: Vec<Case>, verdicts: Vec<Verdict>, took: Duration, otherwise: &Outcome) {
        let mut outcomes: HashMap<CaseId, Outcome> = verdicts.into_iter().map(Verdict::into_parts).collect();
        let share = took / u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX);
        for case in cases {
            let outcome = outcomes.remove(&case.id).unwrap_or_else(|| otherwise.clone());
            self.put(case, outcome, share);
        }
    }
}
