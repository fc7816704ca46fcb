//! Reports of GitLab, from small runs.

use gate_model::FoundSecret;
use serde_json::Value;

use super::{code_quality, dast, load_performance, secret_detection};
use crate::{Context, sample};

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_finding_is_an_entry_on_its_line() {
    let entries = read(&code_quality::render(&sample::mixed(), &Context::default()).expect("rendered"));
    let entries = entries.as_array().expect("a list");
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["location"]["path"], "launchgate.yml");
    assert_eq!(entries[0]["location"]["lines"]["begin"], 18);
    assert_eq!(entries[0]["severity"], "blocker");
}

#[test]
fn what_is_known_is_left_out_and_gained_access_is_not() {
    let finding = sample::finding("access/read-other-tenant", "GET /a", "one");
    let failed = sample::failed("access/read-other-tenant", "GET /a", vec![finding]);
    let report = sample::with_baseline(sample::report(vec![failed]));
    let entries = read(&code_quality::render(&report, &Context::default()).expect("rendered"));
    let names: Vec<&str> = entries
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry["check_name"].as_str())
        .collect();
    assert_eq!(names, ["launchgate/baseline"]);
    let scan = read(&dast::render(&report).expect("rendered"));
    assert_eq!(scan["vulnerabilities"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_scan_has_its_times_and_its_exchange() {
    let report = read(&dast::render(&sample::mixed()).expect("rendered"));
    assert_eq!(report["scan"]["start_time"], "2026-11-22T10:00:00");
    assert_eq!(report["scan"]["end_time"], "2026-11-22T10:00:41");
    assert_eq!(report["scan"]["status"], "success");
    let one = &report["vulnerabilities"][0];
    assert_eq!(one["location"]["hostname"], "http://127.0.0.1:8080");
    assert_eq!(one["location"]["path"], "/projects/{id}");
    assert_eq!(one["evidence"]["response"]["reason_phrase"], "OK");
    assert_eq!(one["identifiers"][1]["value"], "639");
    let id = one["id"].as_str().expect("an id");
    assert_eq!(id.len(), 36);
    assert_eq!(id.as_bytes()[14], b'8');
}

#[test]
fn a_secret_is_a_place_and_a_rule() {
    let mut finding = sample::finding("secrets/working-tree", "GET /a", "one");
    finding.operation = None;
    finding.evidence.clear();
    finding.secret = Some(FoundSecret {
        rule: "github/personal-access-token".into(),
        title: "GitHub token".into(),
        sketch: "ghp… (40)".into(),
        confidence: "high".into(),
        reasons: Vec::new(),
        parts: Vec::new(),
        decoders: Vec::new(),
        commit: None,
    });
    let case = sample::failed("secrets/working-tree", "GET /a", vec![finding]);
    let report = sample::report(vec![case]);
    let secrets = read(&secret_detection::render(&report, &Context::default()).expect("rendered"));
    let one = &secrets["vulnerabilities"][0];
    assert_eq!(one["location"]["commit"]["sha"], "0000000");
    assert_eq!(one["identifiers"][2]["value"], "github/personal-access-token");
    let scan = read(&dast::render(&report).expect("rendered"));
    assert_eq!(scan["vulnerabilities"].as_array().map(Vec::len), Some(0));
}

#[test]
fn load_is_what_was_measured_and_nothing_else() {
    let report = read(&load_performance::render(&sample::mixed()).expect("rendered"));
    let metrics = &report["metrics"];
    let counts = sample::mixed().counts;
    assert_eq!(metrics["checks"]["passes"], counts.pass);
    assert_eq!(metrics["checks"]["fails"], counts.fail + counts.inconclusive);
    // The sampled exchanges alone: 10, 20 and 412.5 ms.
    let waiting = &metrics["http_req_waiting"];
    assert_eq!(waiting, &metrics["http_req_duration"]);
    let near = |value: &Value, wanted: f64| (value.as_f64().expect("a number") - wanted).abs() / wanted < 0.01;
    assert!(near(&waiting["med"], 20.0), "{waiting}");
    assert!(
        near(&waiting["p(95)"], 412.5) && near(&waiting["max"], 412.5),
        "{waiting}"
    );
    assert_eq!(metrics["http_reqs"]["count"], sample::mixed().requests_sent);

    let nothing = read(&load_performance::render(&sample::report(Vec::new())).expect("rendered"));
    assert_eq!(nothing["metrics"]["checks"]["value"], 0.0);
}
