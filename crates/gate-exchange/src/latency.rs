//! Records how long successful exchanges took, per operation.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gate_model::OperationId;
use hdrhistogram::Histogram;

use crate::{Exchange, Purpose};

/// Durations of one operation that are kept one by one; where there are more they go into a histogram, which takes 8 KiB.
const FEW: usize = 64;

/// What was seen of one operation during the run, beside other traffic.
#[derive(Clone, Debug)]
pub struct OperationSamples {
    /// The operation.
    pub operation: OperationId,
    durations: Durations,
    /// Exchanges with another status than 2xx.
    pub not_2xx: u64,
}

impl OperationSamples {
    /// Durations of 2xx exchanges in microseconds, three digits, resizing itself.
    pub fn histogram(&self) -> Histogram<u32> {
        match &self.durations {
            Durations::Few(micros) => histogram_of(micros),
            Durations::Many(histogram) => histogram.clone(),
        }
    }

    /// How many 2xx exchanges there were.
    pub fn count(&self) -> u64 {
        match &self.durations {
            Durations::Few(micros) => micros.len() as u64,
            Durations::Many(histogram) => histogram.len(),
        }
    }
}

/// In microseconds.
#[derive(Clone, Debug)]
enum Durations {
    Few(Vec<u64>),
    Many(Histogram<u32>),
}

impl Durations {
    fn add(&mut self, micros: u64) {
        match self {
            Self::Few(few) => {
                few.push(micros);
                if few.len() > FEW {
                    *self = Self::Many(histogram_of(few));
                }
            }
            Self::Many(histogram) => put(histogram, micros),
        }
    }
}

fn histogram_of(micros: &[u64]) -> Histogram<u32> {
    let mut histogram = Histogram::new(3).expect("three significant digits are within the bounds of the crate");
    micros.iter().for_each(|micros| put(&mut histogram, *micros));
    histogram
}

fn put(histogram: &mut Histogram<u32>, micros: u64) {
    // It resizes itself, so that nothing within a day is refused.
    let _ = histogram.record(micros.clamp(1, 86_400_000_000));
}

/// Collects the exchanges of a run; logins and latency samples are left out.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    seen: Mutex<HashMap<OperationId, (Durations, u64)>>,
}

impl Recorder {
    pub(crate) fn record(&self, exchange: &Exchange) {
        if matches!(exchange.sent.purpose, Purpose::Login | Purpose::Sample | Purpose::Limit) {
            return;
        }
        let Some(operation) = &exchange.sent.operation else {
            return;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (durations, not_2xx) = match seen.get_mut(operation) {
            Some(known) => known,
            None => seen.entry(operation.clone()).or_insert((Durations::Few(Vec::new()), 0)),
        };
        if exchange.is_success() {
            durations.add(u64::try_from(exchange.duration.as_micros()).unwrap_or(u64::MAX));
        } else {
            *not_2xx += 1;
        }
    }

    /// Everything so far, ordered by operation.
    pub(crate) fn samples(&self) -> Vec<OperationSamples> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut samples: Vec<OperationSamples> = seen
            .iter()
            .map(|(operation, (durations, not_2xx))| OperationSamples {
                operation: operation.clone(),
                durations: durations.clone(),
                not_2xx: *not_2xx,
            })
            .collect();
        samples.sort_by(|a, b| a.operation.cmp(&b.operation));
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_say_the_same() {
        for count in [0, 1, FEW as u64, FEW as u64 + 1, 500] {
            let micros: Vec<u64> = (0..count).map(|index| index * index * 37 % 90_001).collect();
            let mut durations = Durations::Few(Vec::new());
            micros.iter().for_each(|micros| durations.add(*micros));
            assert_eq!(matches!(durations, Durations::Many(_)), micros.len() > FEW);
            let samples = OperationSamples {
                operation: "GET /".into(),
                durations,
                not_2xx: 0,
            };
            assert_eq!((samples.histogram(), samples.count()), (histogram_of(&micros), count));
        }
    }
}
