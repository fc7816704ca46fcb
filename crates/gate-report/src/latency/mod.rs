//! Latency per operation: for programs, for people, and for whatever plots HdrHistogram files.

pub(crate) mod hgrm;
pub(crate) mod histogram;
pub(crate) mod json;
pub(crate) mod markdown;
mod together;

pub(crate) use together::together;

use gate_model::{LatencyPhase, OperationLatency};

/// The word for a phase.
pub(crate) fn phase(phase: LatencyPhase) -> &'static str {
    match phase {
        LatencyPhase::Sampled => "sampled",
        LatencyPhase::Run => "run",
    }
}

/// Whether the p95 keeps its budget; `None` without a budget or without exchanges.
pub(crate) fn within_budget(latency: &OperationLatency) -> Option<bool> {
    let budget = latency.budget.as_ref()?;
    (latency.count > 0).then_some(latency.p95_ms <= budget.p95_ms)
}
