//! Percentiles as a Markdown table, for a job summary or a merge request.

use std::fmt::Write as _;

use gate_model::{OperationLatency, RunReport};

use super::{phase, within_budget};
use crate::foreign;

/// Rows that are shown; a job summary of more than 1 MiB is dropped whole by GitHub.
const MAX_ROWS: usize = 1000;

pub(crate) fn render(report: &RunReport) -> String {
    let mut out = String::from("### Latency\n\n");
    if report.latency.is_empty() {
        out.push_str("No operation was sampled.\n");
        return out;
    }
    out.push_str("| Operation | Phase | p50 ms | p95 ms | p99 ms | max ms | n | not 2xx | Budget p95 ms | Result |\n");
    out.push_str("| :-- | :-- | --: | --: | --: | --: | --: | --: | --: | :-- |\n");
    let mut rows: Vec<&OperationLatency> = report.latency.iter().collect();
    // Over budget first, then those with a budget, then the slowest.
    rows.sort_by(|a, b| {
        let rank = |one: &OperationLatency| match within_budget(one) {
            Some(false) => 0,
            Some(true) => 1,
            None => 2,
        };
        rank(a).cmp(&rank(b)).then(b.p95_ms.total_cmp(&a.p95_ms))
    });
    for latency in rows.iter().take(MAX_ROWS) {
        let result = match within_budget(latency) {
            Some(true) => "within",
            Some(false) => "**over**",
            None => "",
        };
        let budget = latency.budget.as_ref().map(|one| format!("{:.1}", one.p95_ms));
        let _ = writeln!(
            out,
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {} | {} | {result} |",
            code(latency.operation.as_str()),
            phase(latency.phase),
            latency.p50_ms,
            latency.p95_ms,
            latency.p99_ms,
            latency.max_ms,
            latency.count,
            latency.not_2xx,
            budget.unwrap_or_default(),
        );
    }
    if rows.len() > MAX_ROWS {
        let _ = writeln!(out, "\nand {} more operations", rows.len() - MAX_ROWS);
    }
    out
}

/// An operation as a code span, in which neither HTML nor mentions nor links work. What would end the span or the cell is
/// percent-encoded, which in a path means the same.
fn code(operation: &str) -> String {
    let mut out = String::from("`");
    for c in foreign::line(operation, 200).chars() {
        match c {
            '`' => out.push_str("%60"),
            '|' => out.push_str("%7C"),
            '\\' => out.push_str("%5C"),
            _ => out.push(c),
        }
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_table_puts_what_is_over_budget_first() {
        let mut report = sample::mixed();
        report.latency.reverse();
        let text = render(&report);
        let rows: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(
            rows,
            [
                "| `GET /projects` | sampled | 20.0 | 412.5 | 412.5 | 412.5 | 3 | 0 | 300.0 | **over** |",
                "| `GET /projects/{id}` | run | 3.0 | 7.0 | 7.0 | 7.0 | 2 | 0 |  |  |",
            ]
        );
    }

    #[test]
    fn an_operation_cannot_leave_its_cell() {
        let mut report = sample::report(Vec::new());
        report.latency = vec![sample::latency("GET /a`|<img src=x>\n| forged | @all \\|", &[1_000])];
        let text = render(&report);
        assert_eq!(text.lines().count(), 5, "{text}");
        let row = text.lines().last().expect("row");
        assert_eq!(row.matches('|').count(), 11, "{row}");
        assert!(
            row.starts_with("| `GET /a%60%7C<img src=x> %7C forged %7C @all %5C%7C` |"),
            "{row}"
        );
    }
}
