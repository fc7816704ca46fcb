//! Latency: percentiles beside their budgets, and the curve of each operation.

use gate_model::{OperationLatency, RunReport};

use super::tags::Page;
use crate::latency::{histogram, within_budget};

/// Operations that are shown.
const MOST: usize = 100;
/// The percentiles of a curve, from left to right.
const POINTS: [f64; 12] = [1.0, 10.0, 25.0, 50.0, 65.0, 75.0, 85.0, 90.0, 95.0, 98.0, 99.0, 99.9];
/// Size of a curve.
const WIDTH: f64 = 144.0;
const HEIGHT: f64 = 32.0;

pub(super) fn write(page: &mut Page, report: &RunReport) {
    let mut rows: Vec<&OperationLatency> = report.latency.iter().filter(|one| one.count > 0).collect();
    if rows.is_empty() {
        return;
    }
    let rank = |one: &OperationLatency| match within_budget(one) {
        Some(false) => 0,
        Some(true) => 1,
        None => 2,
    };
    rows.sort_by(|a, b| rank(a).cmp(&rank(b)).then(b.p95_ms.total_cmp(&a.p95_ms)));
    page.raw(
        "<h2>Latency</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>operation</th><th>p50 ms</th><th>p95 ms</th>\
         <th>budget ms</th><th>p99 ms</th><th>samples</th><th>1st to 99.9th percentile</th></tr></thead>\n<tbody>\n",
    );
    for one in rows.iter().take(MOST) {
        page.raw("<tr><th>");
        page.text(one.operation.as_str(), 200);
        page.raw("</th>");
        number(page, one.p50_ms, "number");
        number(
            page,
            one.p95_ms,
            if within_budget(one) == Some(false) {
                "number over"
            } else {
                "number"
            },
        );
        match &one.budget {
            Some(budget) => number(page, budget.p95_ms, "number"),
            None => page.raw("<td class=\"number none\">none</td>"),
        }
        number(page, one.p99_ms, "number");
        page.raw(&format!("<td class=\"number\">{}</td><td>", one.count));
        curve(page, one);
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    page.more(rows.len(), MOST, "operations");
}

fn number(page: &mut Page, value: f64, class: &str) {
    page.raw(&format!("<td class=\"{class}\">{value:.1}</td>"));
}

/// The percentiles as a line; the budget as a dashed one where it is in sight. A histogram that cannot be read gives none.
fn curve(page: &mut Page, one: &OperationLatency) {
    let Ok(Some(histogram)) = histogram::decode(one) else {
        return;
    };
    #[allow(clippy::cast_precision_loss)] // Microseconds of a request are far below 2^52.
    let values: Vec<f64> = POINTS
        .iter()
        .map(|point| histogram.value_at_percentile(*point) as f64 / 1000.0)
        .collect();
    let budget = one.budget.as_ref().map(|budget| budget.p95_ms);
    let highest = values.iter().copied().fold(0.001_f64, f64::max);
    // A budget far above would leave a flat line.
    let budget = budget.filter(|budget| *budget <= 3.0 * highest && budget.is_finite());
    let top = budget.map_or(highest, |budget| budget.max(highest));
    let y = |value: f64| HEIGHT - 2.0 - (value / top).clamp(0.0, 1.0) * (HEIGHT - 4.0);
    #[allow(clippy::cast_precision_loss)] // A dozen points.
    let step = WIDTH / (POINTS.len() - 1) as f64;
    #[allow(clippy::cast_precision_loss)]
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(index, value)| format!("{:.1},{:.1}", index as f64 * step, y(*value)))
        .collect();
    page.raw(&format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"rises to {highest:.1} ms\">"
    ));
    if let Some(budget) = budget {
        page.raw(&format!(
            "<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>",
            y(budget)
        ));
    }
    page.raw(&format!("<polyline points=\"{}\"/></svg>", points.join(" ")));
}
