//! Percentiles of samples, and how sure they are.

use std::time::Duration;

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer as _, V2Serializer};

/// What the samples come to. Milliseconds; nearest rank.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) count: usize,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
    pub(super) histogram: String,
    sorted: Vec<Duration>,
}

impl Summary {
    pub(super) fn of(samples: &[Duration]) -> Self {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let rank = |share: f64| {
            let index = ((share * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
            sorted.get(index).copied().map_or(0.0, ms)
        };
        Self {
            count: sorted.len(),
            p50_ms: rank(0.50),
            p95_ms: rank(0.95),
            p99_ms: rank(0.99),
            max_ms: sorted.last().copied().map_or(0.0, ms),
            histogram: histogram(&sorted),
            sorted,
        }
    }

    /// The 95 % confidence interval of the 95th percentile, in milliseconds, by order statistics: the ranks between which
    /// a binomial count with p = 0.95 falls in 95 of 100 cases (normal approximation; 100 samples are the least).
    pub(super) fn p95_interval_ms(&self) -> (f64, f64) {
        let n = self.sorted.len() as f64;
        let spread = 1.96 * (n * 0.95 * 0.05).sqrt();
        let at = |rank: f64| {
            let index = (rank.clamp(1.0, n) as usize).saturating_sub(1);
            self.sorted
                .get(index)
                .map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
        };
        (at((n * 0.95 - spread).floor()), at((n * 0.95 + spread).ceil()))
    }
}

/// HdrHistogram V2 in base64, microseconds.
fn histogram(samples: &[Duration]) -> String {
    let Ok(mut histogram) = Histogram::<u32>::new(3) else {
        return String::new();
    };
    for sample in samples {
        let micros = u64::try_from(sample.as_micros())
            .unwrap_or(u64::MAX)
            .clamp(1, 86_400_000_000);
        // The histogram grows by itself; a value that it cannot hold is beyond a day.
        if histogram.record(micros).is_err() {
            return String::new();
        }
    }
    let mut bytes = Vec::new();
    match V2Serializer::new().serialize(&histogram, &mut bytes) {
        Ok(_) => base64::engine::general_purpose::STANDARD.encode(bytes),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_nearest_and_the_interval_holds_the_percentile() {
        let samples: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let summary = Summary::of(&samples);
        assert_eq!(
            (summary.p50_ms, summary.p95_ms, summary.p99_ms, summary.max_ms),
            (50.0, 95.0, 99.0, 100.0)
        );
        let (low, high) = summary.p95_interval_ms();
        assert_eq!((low, high), (90.0, 100.0));
        assert_eq!(Summary::of(&[]).p95_ms, 0.0);
    }
}
