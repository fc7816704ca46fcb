//! Groups that run once more: what was left undecided because a session was lost, or because the target throttled the run,
//! says nothing of the target while others run beside it.

use std::collections::HashMap;
use std::time::Duration;

use gate_check::{Lane, Verdict, logged_in};
use gate_model::{CaseId, Cause, Outcome};

use crate::run::{Finished, Results, Stage};

/// Times that one group runs again.
const TRIES: usize = 2;
/// Groups that stay open when they run again, after which no more of them do: the target ends each session.
const MAX_IN_VAIN: usize = 3;
/// What all that runs again may take together before nothing more does.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Groups that run again in one run.
const MAX_GROUPS: usize = 48;
/// What a limiter is given to open again before each try; what it asks for itself is waited out by each request.
const PAUSES: [Duration; TRIES] = [Duration::from_millis(1_200), Duration::from_secs(3)];

/// What waits to run again, and what may still do so.
pub(crate) struct Again<'a> {
    stage: Stage<'a>,
    held: Vec<Finished>,
    /// Requests that the run may still plan.
    requests: u64,
    groups: usize,
    in_vain: usize,
    took: Duration,
}

impl<'a> Again<'a> {
    /// At the begin of a run that may plan so many requests more.
    pub(crate) fn new(stage: Stage<'a>, requests: u64) -> Self {
        Self {
            stage,
            held: Vec::new(),
            requests,
            groups: MAX_GROUPS,
            in_vain: 0,
            took: Duration::ZERO,
        }
    }

    /// Takes the results of a group, or keeps it until nothing runs beside it.
    pub(crate) fn take(&mut self, finished: Finished, results: &mut Results<'_>) {
        if self.wants(&finished) {
            self.held.push(finished);
        } else {
            results.finish(finished);
        }
    }

    /// Runs again what was kept, one group at a time.
    pub(crate) async fn repeat(&mut self, results: &mut Results<'_>) {
        for finished in std::mem::take(&mut self.held) {
            let finished = if self.wants(&finished) {
                self.run(finished).await
            } else {
                finished
            };
            results.finish(finished);
        }
    }

    /// Whether a group is worth another run: something of it was interfered with, and it leaves no limit used up.
    fn wants(&self, finished: &Finished) -> bool {
        self.groups > 0
            && self.in_vain < MAX_IN_VAIN
            && self.took < MAX_TIME
            && finished.group.requests <= self.requests
            && matches!(finished.group.lane, Lane::Making | Lane::Shared | Lane::Account)
            && !self.stage.is_over()
            && is_open(&finished.verdicts)
    }

    /// Runs a group again, alone, until nothing of it is interfered with. What was decided before stays; a breach that only
    /// a later run saw counts too.
    async fn run(&mut self, mut finished: Finished) -> Finished {
        let ctx = self.stage.ctx;
        self.groups -= 1;
        for pause in PAUSES {
            let causes: Vec<Cause> = finished.verdicts.iter().filter_map(interfered).collect();
            if causes.is_empty() || finished.group.requests > self.requests || self.stage.is_over() {
                break;
            }
            self.requests -= finished.group.requests;
            tracing::debug!(cases = finished.group.cases.len(), ?causes, "a group runs again");
            if causes.contains(&Cause::Throttled) {
                ctx.clock.sleep(pause).await;
            }
            for actor in ctx.spec.actors() {
                // Whoever cannot log in any more is found out by what needs him.
                let _ = logged_in(ctx, &actor.name).await;
            }
            let later = self.stage.run(finished.group.clone()).await;
            finished.took += later.took;
            self.took += later.took;
            finished.verdicts = merged(finished.verdicts, later.verdicts);
        }
        self.in_vain += usize::from(is_open(&finished.verdicts));
        finished
    }
}

fn is_open(verdicts: &[Verdict]) -> bool {
    verdicts.iter().any(|verdict| interfered(verdict).is_some())
}

/// What others' doings left a case undecided for, if anything.
fn interfered(verdict: &Verdict) -> Option<Cause> {
    match verdict.outcome() {
        Outcome::Inconclusive { undecided } if matches!(undecided.cause, Cause::SessionLost | Cause::Throttled) => {
            Some(undecided.cause)
        }
        _ => None,
    }
}

/// The verdicts after another run.
fn merged(first: Vec<Verdict>, second: Vec<Verdict>) -> Vec<Verdict> {
    let mut later: HashMap<CaseId, Verdict> = second
        .into_iter()
        .map(|verdict| (verdict.case().clone(), verdict))
        .collect();
    first
        .into_iter()
        .map(|verdict| match later.remove(verdict.case()) {
            Some(second) if interfered(&verdict).is_some() || is_breach(&second) => second,
            _ => verdict,
        })
        .collect()
}

fn is_breach(verdict: &Verdict) -> bool {
    matches!(verdict.outcome(), Outcome::Fail { .. })
}
