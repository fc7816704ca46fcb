//! Latency as reports carry it.

use serde::{Deserialize, Serialize};

use crate::OperationId;

/// The successful exchanges of one operation, as percentiles and as a histogram that can be merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperationLatency {
    /// The operation.
    pub operation: OperationId,
    /// `sampled` on the quiet target before the run, or seen during the `run` beside other traffic.
    pub phase: LatencyPhase,
    /// Successful exchanges.
    pub count: u64,
    /// Exchanges with another status than 2xx; kept out of the percentiles.
    pub not_2xx: u64,
    /// Median, in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile, in milliseconds.
    pub p95_ms: f64,
    /// 99th percentile, in milliseconds.
    pub p99_ms: f64,
    /// The slowest, in milliseconds.
    pub max_ms: f64,
    /// The budget that was judged, where there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub budget: Option<LatencyBudget>,
    /// HdrHistogram V2 with deflate-free encoding, base64, values in microseconds. Lossless merge across runs.
    pub histogram: String,
}

/// When the exchanges were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LatencyPhase {
    /// Alone, on a quiet target, warm-up discarded.
    Sampled,
    /// During the run, beside other traffic.
    Run,
}

/// A p95 budget.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LatencyBudget {
    /// The 95th percentile that may not be exceeded, in milliseconds.
    pub p95_ms: f64,
}
