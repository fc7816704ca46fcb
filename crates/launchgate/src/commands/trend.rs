//! The last runs of a history as a table.

use gate_baseline::{History, KeptRun};

/// Runs that are shown.
const MOST: usize = 14;

/// The last runs of a plan, the newest last.
pub(super) fn table(history: &History, plan: Option<&str>) -> String {
    let mut runs: Vec<&KeptRun> = history.of_plan(plan).rev().take(MOST).collect();
    runs.reverse();
    let mut text =
        String::from("began                 profile     verdict        pass  fail  undecided  p95 over budget\n");
    for run in runs {
        let profile = run.profile.as_deref().unwrap_or("-");
        let over = run.p95.iter().filter(|one| one.ms > one.budget_ms).count();
        text.push_str(&format!(
            "{:<20}  {:<10}  {:<12}  {:>5}  {:>4}  {:>9}  {:>3} of {}{}\n",
            run.started_at,
            profile.chars().take(10).collect::<String>(),
            run.verdict.headline().to_lowercase(),
            run.counts.pass,
            run.counts.fail,
            run.counts.inconclusive,
            over,
            run.p95.len(),
            if run.full { "" } else { "  (partial)" },
        ));
    }
    if history.unreadable > 0 {
        text.push_str(&format!(
            "{} lines of the file are no runs, and are passed over\n",
            history.unreadable
        ));
    }
    text.push('\n');
    text
}
