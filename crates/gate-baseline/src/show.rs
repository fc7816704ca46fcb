//! The baseline for people: who may do what by operation, and what is accepted until when.

use std::collections::BTreeMap;

use time::Date;

use crate::words::gap_word;
use crate::{Baseline, What};

/// The baseline as text. Cells are grouped by operation; waivers that are over are marked.
pub fn show(baseline: &Baseline, today: Date) -> String {
    let mut text = String::new();
    let mut by_operation: BTreeMap<(&str, &str), [Vec<String>; 2]> = BTreeMap::new();
    for line in &baseline.access {
        let key = (line.operation.path(), line.operation.method());
        by_operation.entry(key).or_default()[usize::from(!line.may)].push(line.relation.to_string());
    }
    text.push_str(&format!(
        "access: {} cells of {} operations\n",
        baseline.access.len(),
        by_operation.len()
    ));
    for ((path, method), [may, may_not]) in &by_operation {
        text.push_str(&format!("  {method} {path}\n"));
        for (word, who) in [("may", may), ("may not", may_not)] {
            if !who.is_empty() {
                text.push_str(&format!("    {word:8}{}\n", who.join(", ")));
            }
        }
    }
    text.push_str(&format!("\naccepted: {}\n", baseline.accepted.len()));
    for line in &baseline.accepted {
        let what = match &line.what {
            What::Finding { at: Some(at), severity } => format!("{severity} finding at {at}"),
            What::Finding { at: None, severity } => format!("{severity} finding"),
            What::Open(gap) => format!("undecided ({})", gap_word(*gap)),
        };
        let days = (line.until - today).whole_days();
        let left = match days {
            ..0 => "EXPIRED".to_owned(),
            0 => "expires today".to_owned(),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        };
        text.push_str(&format!(
            "  {}\n    {what}, until {} ({left}), {}: {}\n",
            line.case, line.terms.expires, line.terms.owner, line.terms.reason
        ));
    }
    text.push_str(&format!(
        "\ndecided beside the matrix: {} cases\n",
        baseline.decided.len()
    ));
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '?' } else { c })
        .collect()
}
