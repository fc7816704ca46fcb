//! The scan without a plan, a target or an engine: `launchgate secrets`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use gate_check::Check as _;
use gate_model::{CaseResult, CheckPage};
use gate_spec::SecretSettings;

use crate::desk::Desk;
use crate::known_values::KnownValues;
use crate::source::{Source, sources};
use crate::{source_check, verdict};

/// Decides every source, one after another, with the same control as in a run.
pub fn alone(desk: &Arc<Desk>, sources: &[Source]) -> Vec<CaseResult> {
    let checks = source_check::all(desk);
    let mut results: Vec<CaseResult> = Vec::new();
    for check in &checks {
        for source in sources.iter().filter(|source| source.kind == check.kind) {
            let case = check.case(source);
            if results.iter().any(|known| known.case.id == case.id) {
                continue;
            }
            let began = Instant::now();
            let decide = AssertUnwindSafe(|| check.decide(source, &case, KnownValues::default()));
            let verdict = catch_unwind(decide).unwrap_or_else(|_| verdict::failed_inside(&case.id));
            let (_, outcome) = verdict.into_parts();
            results.push(CaseResult {
                case,
                outcome,
                duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        }
    }
    results
}

/// Decides the sources that a plan asks for, where there is no run that could.
pub fn of_plan(desk: &Arc<Desk>, settings: &SecretSettings) -> Vec<CaseResult> {
    alone(desk, &sources(desk, settings))
}

/// The pages of this family.
pub fn pages() -> Vec<Arc<CheckPage>> {
    let desk = Arc::default();
    source_check::all(&desk)
        .iter()
        .map(|check| Arc::clone(check.page()))
        .collect()
}
