//! Outputs of a step, as `$GITHUB_OUTPUT` takes them: names and values of our own words and figures alone, so that nothing foreign can
//! add one.

use std::fmt::Write as _;

use gate_model::{BaselineReport, Outcome, RunReport, Verdict};

use crate::standing;

/// One `name=value` a line.
pub(crate) fn render(report: &RunReport) -> String {
    let findings: usize = report
        .cases
        .iter()
        .map(|case| match &case.outcome {
            Outcome::Fail { findings } => findings.len(),
            Outcome::Pass { .. }
            | Outcome::Inconclusive { .. }
            | Outcome::NotTestable { .. }
            | Outcome::Skipped { .. } => 0,
        })
        .sum();
    let new = report
        .cases
        .iter()
        .filter(|case| matches!(case.outcome, Outcome::Fail { .. }) && !standing::known(report, case.case.id.as_str()))
        .count();
    let gained = report
        .baseline
        .iter()
        .flat_map(BaselineReport::red)
        .filter(|remark| remark.kind == gate_model::BaselineRemarkKind::MorePermissive)
        .count();
    let judged = report
        .latency
        .iter()
        .filter(|one| one.budget.is_some() && one.count > 0);
    let slowest = judged.map(|one| one.p95_ms).fold(0.0_f64, f64::max);
    let mut out = String::new();
    let _ = writeln!(out, "exit-code={}", report.exit_code);
    let _ = writeln!(out, "verdict={}", verdict(report.verdict));
    let _ = writeln!(out, "passed={}", report.counts.pass);
    let _ = writeln!(out, "failed={}", report.counts.fail);
    let _ = writeln!(out, "undecided={}", report.counts.inconclusive);
    let _ = writeln!(out, "findings={findings}");
    let _ = writeln!(out, "regressions={}", new + gained);
    let _ = writeln!(out, "p95-ms={slowest:.1}");
    out
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proven => "proven",
        Verdict::Regression => "regression",
        Verdict::Unusable => "unusable",
        Verdict::NothingRan => "nothing-ran",
        Verdict::Undecided => "undecided",
        Verdict::ReportNotWritten => "report-not-written",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn outputs_are_words_and_figures() {
        let text = render(&sample::mixed());
        assert_eq!(
            text,
            "exit-code=1\nverdict=regression\npassed=2\nfailed=1\nundecided=1\nfindings=1\nregressions=1\np95-ms=412.5\n"
        );
    }
}
