//! What code scanning asks for, beyond the schema.

use gate_model::{FoundCommit, FoundSecret, Location, Outcome, RunReport};
use serde_json::Value;

use super::render;
use crate::{Context, sample};

fn sarif(report: &RunReport) -> Value {
    serde_json::from_str(&render(report, &Context::default()).expect("rendered")).expect("JSON")
}

fn leaky(count: usize) -> RunReport {
    let finding = |at: usize| {
        let mut finding = sample::finding("secrets/working-tree", "", "x");
        finding.operation = None;
        finding.source = Some(Location::new("src/a b.py", u32::try_from(at).expect("small"), 7));
        finding.secret = Some(FoundSecret {
            rule: "github/personal-access-token".to_owned(),
            title: "GitHub token".to_owned(),
            sketch: "ghp… (40 characters)".to_owned(),
            confidence: "high".to_owned(),
            reasons: Vec::new(),
            parts: Vec::new(),
            decoders: Vec::new(),
            commit: Some(FoundCommit {
                id: "1f2e".to_owned(),
                author: "Ann".to_owned(),
                time: 0,
            }),
        });
        finding
    };
    let mut report = sample::mixed();
    for case in &mut report.cases {
        if let Outcome::Fail { findings } = &mut case.outcome {
            *findings = (1..=count).map(finding).collect();
            break;
        }
    }
    report
}

/// Every text of a value that stands under one of these keys.
fn empty_texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.trim().is_empty() => found.push(at.to_owned()),
        Value::Array(items) => items.iter().for_each(|item| empty_texts(item, at, found)),
        Value::Object(fields) => {
            for (key, field) in fields {
                empty_texts(field, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_result_has_a_place_in_the_repository_and_a_fingerprint_of_its_own() {
    for report in [sample::mixed(), leaky(3)] {
        let sarif = sarif(&report);
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        assert!(!results.is_empty());
        let mut prints = Vec::new();
        for result in results {
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a file");
            assert!(
                !uri.is_empty() && !uri.contains(':') && !uri.starts_with('/') && !uri.contains(' '),
                "{uri}"
            );
            for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(
                    place["region"][field].as_u64().is_some_and(|number| number >= 1),
                    "{field}"
                );
            }
            prints.push(result["partialFingerprints"]["primaryLocationLineHash"].to_string());
            assert!(!result["message"]["text"].as_str().expect("a message").is_empty());
        }
        let count = prints.len();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), count, "two results share a fingerprint");
    }
}

#[test]
fn a_fingerprint_outlives_a_moved_line_and_another_commit() {
    let print = |report: &RunReport| sarif(report)["runs"][0]["results"][0]["partialFingerprints"].to_string();
    let one = leaky(1);
    let mut other = one.clone();
    for case in &mut other.cases {
        if let Outcome::Fail { findings } = &mut case.outcome {
            for finding in findings.iter_mut().filter(|finding| finding.secret.is_some()) {
                finding.source = Some(Location::new("src/a b.py", 99, 1));
                if let Some(secret) = &mut finding.secret {
                    secret.commit = None;
                }
            }
        }
    }
    assert_eq!(print(&one), print(&other));
}

#[test]
fn rules_have_help_tags_and_a_severity_as_text() {
    let sarif = sarif(&leaky(1));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(
            rule["properties"]["security-severity"].is_string(),
            "a number is not taken"
        );
        let tags = rule["properties"]["tags"].as_array().expect("tags");
        assert!(tags.len() <= 10 && tags.contains(&Value::from("security")));
        for field in ["shortDescription", "fullDescription", "help"] {
            assert!(
                rule[field]["text"].as_str().is_some_and(|text| !text.is_empty()),
                "{field}"
            );
        }
        assert!(
            rule["fullDescription"]["text"]
                .as_str()
                .is_some_and(|text| text.chars().count() <= 1024)
        );
    }
    for result in sarif["runs"][0]["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn no_text_is_empty_and_too_many_results_are_cut_and_said() {
    let sarif = sarif(&leaky(super::MAX_RESULTS + 7));
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().expect("results").len(), super::MAX_RESULTS);
    assert!(
        run["invocations"]
            .to_string()
            .contains("more findings are not in this report")
    );
    let mut empty = Vec::new();
    empty_texts(&sarif, "", &mut empty);
    assert!(empty.is_empty(), "{empty:?}");
}

#[test]
fn a_sound_run_has_empty_results_and_an_undecided_one_was_not_successful() {
    let sound = sample::report(Vec::new());
    let report = RunReport {
        verdict: gate_model::Verdict::Proven,
        exit_code: 0,
        ..sound
    };
    let value = sarif(&report);
    assert_eq!(value["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(value["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let report = RunReport {
        verdict: gate_model::Verdict::Undecided,
        ..report
    };
    assert_eq!(
        sarif(&report)["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}

#[test]
fn foreign_text_makes_no_links_and_no_addresses_of_files() {
    let mut report = leaky(1);
    for case in &mut report.cases {
        if let Outcome::Fail { findings } = &mut case.outcome {
            for finding in findings {
                finding.title = "[click](https://evil.test) \u{1b}[31m".to_owned();
                finding.source = Some(Location::new("https://evil.test/x", 1, 1));
            }
        }
    }
    let text = sarif(&report).to_string();
    assert!(!text.contains("](") && !text.contains('\u{1b}') && !text.contains("\"https://evil.test/x\""));
}
