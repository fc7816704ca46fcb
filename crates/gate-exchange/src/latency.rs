//! Records how long successful exchanges took, per operation.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gate_model::OperationId;
use hdrhistogram::Histogram;

use crate::{Exchange, Purpose};

/// What was seen of one operation during the run, beside other traffic.
#[derive(Clone, Debug)]
pub struct OperationSamples {
    /// The operation.
    pub operation: OperationId,
    /// Durations of 2xx exchanges in microseconds, three digits, resizing itself.
    pub histogram: Histogram<u32>,
    /// Exchanges with another status than 2xx.
    pub not_2xx: u64,
}

/// Collects the exchanges of a run; logins and latency samples are left out.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    seen: Mutex<HashMap<OperationId, (Histogram<u32>, u64)>>,
}

impl Recorder {
    pub(crate) fn record(&self, exchange: &Exchange) {
        if matches!(exchange.sent.purpose, Purpose::Login | Purpose::Sample) {
            return;
        }
        let Some(operation) = &exchange.sent.operation else {
            return;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.contains_key(operation) {
            let histogram = Histogram::new(3).expect("three significant digits are within the bounds of the crate");
            seen.insert(operation.clone(), (histogram, 0));
        }
        if let Some((histogram, not_2xx)) = seen.get_mut(operation) {
            if exchange.is_success() {
                let micros = u64::try_from(exchange.duration.as_micros()).unwrap_or(u64::MAX);
                let _ = histogram.record(micros.clamp(1, 86_400_000_000));
            } else {
                *not_2xx += 1;
            }
        }
    }

    /// Everything so far, ordered by operation.
    pub(crate) fn samples(&self) -> Vec<OperationSamples> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut samples: Vec<OperationSamples> = seen
            .iter()
            .map(|(operation, (histogram, not_2xx))| OperationSamples {
                operation: operation.clone(),
                histogram: histogram.clone(),
                not_2xx: *not_2xx,
            })
            .collect();
        samples.sort_by(|a, b| a.operation.cmp(&b.operation));
        samples
    }
}
