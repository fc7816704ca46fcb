//! The run as OpenMetrics text, as GitLab compares it between branches and as Prometheus reads it.
//!
//! GitLab compares texts: a 95th percentile is rounded up to steps of five milliseconds, or every branch would show a change. Its reader
//! knows no escapes: names of operations are made of letters, digits and a few signs alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gate_model::{CoverageState, RunReport};

use crate::foreign;

/// Operations that are written.
const MOST: usize = 500;
/// Milliseconds that a percentile is rounded to.
const STEP: f64 = 5.0;

/// The metrics.
pub(crate) fn render(report: &RunReport) -> String {
    let mut out = String::new();
    let counts = &report.counts;
    family(&mut out, "launchgate_exit_code", "the exit code of the run");
    let _ = writeln!(out, "launchgate_exit_code {}", report.exit_code);
    family(&mut out, "launchgate_cases", "cases by outcome");
    for (outcome, number) in [
        ("pass", counts.pass),
        ("fail", counts.fail),
        ("inconclusive", counts.inconclusive),
        ("not_testable", counts.not_testable),
        ("skipped", counts.skipped),
    ] {
        let _ = writeln!(out, "launchgate_cases{{outcome=\"{outcome}\"}} {number}");
    }
    family(&mut out, "launchgate_operations", "operations by what became of them");
    for (state, word) in [
        (CoverageState::Tested, "tested"),
        (CoverageState::Undecided, "undecided"),
        (CoverageState::NotTestable, "not_testable"),
        (CoverageState::Skipped, "skipped"),
        (CoverageState::Public, "public"),
        (CoverageState::Unasked, "unasked"),
    ] {
        let _ = writeln!(
            out,
            "launchgate_operations{{state=\"{word}\"}} {}",
            report.coverage.count(state)
        );
    }
    if let Some(baseline) = &report.baseline {
        family(
            &mut out,
            "launchgate_baseline_cases",
            "cases by their standing beside the baseline",
        );
        for (standing, number) in [
            ("new", baseline.counts.new),
            ("known", baseline.counts.known),
            ("fixed", baseline.counts.fixed),
        ] {
            let _ = writeln!(out, "launchgate_baseline_cases{{standing=\"{standing}\"}} {number}");
        }
    }
    let judged: BTreeMap<String, (f64, f64)> = report
        .latency
        .iter()
        .filter(|one| one.count > 0)
        .filter_map(|one| Some((label(one.operation.as_str()), (one.p95_ms, one.budget.as_ref()?.p95_ms))))
        .take(MOST)
        .collect();
    if !judged.is_empty() {
        family(
            &mut out,
            "launchgate_p95_milliseconds",
            "95th percentile of operations with a budget",
        );
        for (operation, (p95, _)) in &judged {
            let rounded = (p95 / STEP).ceil() * STEP;
            let _ = writeln!(
                out,
                "launchgate_p95_milliseconds{{operation=\"{operation}\"}} {rounded}"
            );
        }
        family(&mut out, "launchgate_p95_budget_milliseconds", "the budget of that");
        for (operation, (_, budget)) in &judged {
            let _ = writeln!(
                out,
                "launchgate_p95_budget_milliseconds{{operation=\"{operation}\"}} {budget}"
            );
        }
    }
    out.push_str("# EOF\n");
    out
}

fn family(out: &mut String, name: &str, help: &str) {
    let _ = writeln!(out, "# TYPE {name} gauge\n# HELP {name} {help}");
}

/// `GET /projects/{id}` as `GET_/projects/id`.
fn label(operation: &str) -> String {
    let mut out = String::new();
    for c in foreign::line(operation, 200).chars() {
        match c {
            '{' | '}' => {}
            c if c.is_ascii_alphanumeric() || "/-.~".contains(c) => out.push(c),
            _ => out.push('_'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn percentiles_are_rounded_and_names_are_plain() {
        let mut report = sample::mixed();
        report.latency[0].operation = gate_model::OperationId::new("GET /a\"} 1\n# EOF\n{id}");
        let text = render(&report);
        assert!(
            text.contains("launchgate_p95_milliseconds{operation=\"GET_/a__1___EOF_id\"} 415\n"),
            "{text}"
        );
        assert!(text.contains("launchgate_cases{outcome=\"fail\"} 1\n"));
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(text.matches("# EOF").count(), 1);
    }
}
