//! Percentiles for programs. Milliseconds, rounded to a microsecond.

use gate_model::{OperationLatency, REPORT_VERSION, RunReport};
use serde::Serialize;

use super::{phase, within_budget};
use crate::ReportError;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: &'a str,
    started_at: &'a str,
    target: &'a str,
    operations: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    operation: &'a str,
    phase: &'static str,
    count: u64,
    not_2xx: u64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_p95_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_budget: Option<bool>,
}

pub(crate) fn render(report: &RunReport) -> Result<String, ReportError> {
    let document = Document {
        version: REPORT_VERSION,
        tool: &report.tool,
        started_at: &report.started_at,
        target: &report.target,
        operations: report.latency.iter().map(row).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).map_err(ReportError::Json)?;
    text.push('\n');
    Ok(text)
}

fn row(latency: &OperationLatency) -> Row<'_> {
    Row {
        operation: latency.operation.as_str(),
        phase: phase(latency.phase),
        count: latency.count,
        not_2xx: latency.not_2xx,
        p50_ms: rounded(latency.p50_ms),
        p95_ms: rounded(latency.p95_ms),
        p99_ms: rounded(latency.p99_ms),
        max_ms: rounded(latency.max_ms),
        budget_p95_ms: latency.budget.as_ref().map(|budget| budget.p95_ms),
        within_budget: within_budget(latency),
    }
}

fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn rows_hold_percentiles_and_budget() {
        let value: serde_json::Value =
            serde_json::from_str(&render(&sample::mixed()).expect("rendered")).expect("JSON");
        assert_eq!(value["version"], 1);
        assert_eq!(
            value["operations"][0],
            serde_json::json!({
                "operation": "GET /projects", "phase": "sampled", "count": 3, "not_2xx": 0,
                "p50_ms": 20.0, "p95_ms": 412.5, "p99_ms": 412.5, "max_ms": 412.5,
                "budget_p95_ms": 300.0, "within_budget": false
            })
        );
        assert!(value["operations"][1].get("budget_p95_ms").is_none());
    }
}
