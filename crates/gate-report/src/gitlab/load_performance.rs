//! GitLab's load performance report: the summary that k6 exported before its version 0.30 changed it, which is what GitLab still reads.
//!
//! The widget shows the share of checks, `http_req_waiting` and the rate. The gate measures an exchange to the last byte of its body, so
//! that what stands for the first byte is at most too slow. Milliseconds.

use gate_model::RunReport;
use hdrhistogram::Histogram;
use serde::Serialize;
use serde_json::{Map, json};

use crate::ReportError;
use crate::latency::together;

const MICROS_PER_MS: f64 = 1000.0;

#[derive(Serialize)]
struct Trend {
    avg: f64,
    min: f64,
    med: f64,
    max: f64,
    #[serde(rename = "p(90)")]
    p90: f64,
    #[serde(rename = "p(95)")]
    p95: f64,
}

/// The report. What was never measured is not in it.
pub(crate) fn render(report: &RunReport) -> Result<String, ReportError> {
    let mut metrics = Map::new();
    let counts = &report.counts;
    // What is not proven is no pass.
    let fails = counts.fail + counts.inconclusive;
    metrics.insert(
        "checks".to_owned(),
        json!({ "passes": counts.pass, "fails": fails, "value": share(counts.pass, counts.pass + fails) }),
    );
    if let Some(histogram) = &together(report)?.histogram {
        let trend = serde_json::to_value(Trend::of(histogram)).map_err(ReportError::Json)?;
        metrics.insert("http_req_waiting".to_owned(), trend.clone());
        metrics.insert("http_req_duration".to_owned(), trend);
    }
    let seconds = report.duration_ms as f64 / 1000.0;
    let rate = if seconds > 0.0 {
        report.requests_sent as f64 / seconds
    } else {
        0.0
    };
    metrics.insert(
        "http_reqs".to_owned(),
        json!({ "count": report.requests_sent, "rate": rounded(rate) }),
    );
    let document = json!({
        "metrics": metrics,
        "root_group": { "name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": {}, "checks": {} },
    });
    let mut text = serde_json::to_string_pretty(&document).map_err(ReportError::Json)?;
    text.push('\n');
    Ok(text)
}

impl Trend {
    fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile: f64| ms(histogram.value_at_quantile(quantile) as f64);
        Self {
            avg: ms(histogram.mean()),
            min: ms(histogram.min() as f64),
            med: at(0.5),
            max: ms(histogram.max() as f64),
            p90: at(0.9),
            p95: at(0.95),
        }
    }
}

fn ms(micros: f64) -> f64 {
    rounded(micros / MICROS_PER_MS)
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        rounded(part as f64 / whole as f64)
    }
}
