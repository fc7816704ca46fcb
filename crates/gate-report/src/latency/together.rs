//! All operations of a run as one histogram.

use gate_model::{LatencyPhase, RunReport};
use hdrhistogram::Histogram;

use super::histogram;
use crate::{ReportError, foreign};

/// The successful exchanges of all operations.
pub(crate) struct Together {
    /// When they were made.
    pub(crate) phase: LatencyPhase,
    /// How many operations have any.
    pub(crate) operations: usize,
    /// In microseconds; `None` where there are none.
    pub(crate) histogram: Option<Histogram<u64>>,
}

/// Merges them. Sampled exchanges are preferred: those of the run were made beside other traffic, and the two do not mix.
pub(crate) fn together(report: &RunReport) -> Result<Together, ReportError> {
    let sampled = report.latency.iter().any(|one| one.phase == LatencyPhase::Sampled);
    let phase = if sampled {
        LatencyPhase::Sampled
    } else {
        LatencyPhase::Run
    };
    let mut together = Together {
        phase,
        operations: 0,
        histogram: None,
    };
    for latency in report.latency.iter().filter(|one| one.phase == phase) {
        let Some(one) = histogram::decode(latency)? else {
            continue;
        };
        together.operations += 1;
        match &mut together.histogram {
            None => together.histogram = Some(one),
            Some(sum) => {
                sum.auto(true);
                sum.add(&one).map_err(|error| ReportError::Histogram {
                    operation: foreign::line(latency.operation.as_str(), 200),
                    reason: error.to_string(),
                })?;
            }
        }
    }
    Ok(together)
}
