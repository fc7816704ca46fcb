//! Every case that was left open comes with a line that can be pasted into the plan as it stands.

use std::collections::BTreeSet;

use gate_model::{Case, CaseResult, Cause, Outcome, RunReport};
use serde_json::Value;

use super::{Row, overlay};

/// Whatever a pasted line names.
struct Anything;

impl gate_plan::Environment for Anything {
    fn get(&self, name: &str) -> Option<String> {
        Some(if name == "DEMO_URL" {
            "http://127.0.0.1:1".to_owned()
        } else {
            format!("value-of-{name}")
        })
    }
}

/// What is wrong with the lines of a report.
pub(super) fn complaints(row: &Row, report: &RunReport) -> Vec<String> {
    let mut complaints = BTreeSet::new();
    let mut lines = BTreeSet::new();
    for result in &report.cases {
        match hint(result) {
            Hint::None => {}
            Hint::Lacking(case) => _ = complaints.insert(format!("{} comes without a line of the plan", case.id)),
            Hint::Line(line) => _ = lines.insert(line),
        }
    }
    let config = row.config();
    let plan = overlay::plan(&gate_demo::plan(config.kind_of_tokens()), row.plan.as_ref());
    let document = gate_demo::openapi(&config).to_string();
    for line in lines {
        if line.contains('…') {
            complaints.insert(format!("a line of the plan has dots: {line}"));
        }
        if let Err(wrong) = paste(&plan, line, &document) {
            complaints.insert(format!("a line of the plan cannot be pasted: {line}\n{wrong}"));
        }
    }
    complaints.into_iter().collect()
}

enum Hint<'a> {
    None,
    Lacking(&'a Case),
    Line(&'a str),
}

fn hint(result: &CaseResult) -> Hint<'_> {
    let line = match &result.outcome {
        Outcome::Inconclusive { undecided } if matches!(undecided.cause, Cause::Interrupted | Cause::NoVerdict) => {
            return Hint::None;
        }
        Outcome::Inconclusive { undecided } => undecided.settle.as_deref(),
        Outcome::NotTestable { missing } => missing.add.as_deref(),
        Outcome::Pass { .. } | Outcome::Fail { .. } | Outcome::Skipped { .. } => return Hint::None,
    };
    line.map_or(Hint::Lacking(&result.case), Hint::Line)
}

/// Puts a line into a plan: what it says of a thing goes before what the plan says of it.
fn paste(plan: &str, line: &str, document: &str) -> Result<(), String> {
    let mut whole: Value = serde_yaml::from_str(plan).map_err(|error| error.to_string())?;
    let line: Value = serde_yaml::from_str(line).map_err(|error| error.to_string())?;
    merge(&mut whole, line, 0);
    let text = serde_json::to_string_pretty(&whole).map_err(|error| error.to_string())?;
    let draft = gate_plan::read("pasted.yml", &text, &Anything, None).map_err(|wrong| wrong.to_string())?;
    let finished = draft.finish(Some(("openapi.json", document)));
    finished.map(|_| ()).map_err(|wrong| wrong.to_string())
}

fn merge(whole: &mut Value, part: Value, depth: usize) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) if depth < 3 => {
            for (key, value) in part {
                merge(whole.entry(key).or_insert(Value::Null), value, depth + 1);
            }
        }
        (Value::Array(whole), Value::Array(part)) => whole.extend(part),
        (whole, part) => *whole = part,
    }
}
