//! The runs that reports are tried with, and those who read reports.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use gate_model::{Outcome, RunReport};
use gate_report::{Context, ReportKind, read_json, render};
use serde_json::Value;

/// A file of `tests/reports`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports").join(name)
}

/// What is in it.
pub fn text_of(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A result that is in it.
pub fn result(name: &str) -> RunReport {
    read_json(&text_of(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A report as text.
pub fn rendered(kind: ReportKind, report: &RunReport) -> String {
    let bytes = render(kind, report, &Context::default()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    String::from_utf8(bytes).expect("reports are UTF-8")
}

/// The mixed run with this text in every field that a target, a plan or a result file could fill.
pub fn poisoned(text: &str) -> RunReport {
    const FREE: [&str; 22] = [
        "title",
        "detail",
        "actor",
        "owner",
        "label",
        "method",
        "url",
        "body",
        "proof",
        "curl",
        "remediation",
        "settle",
        "what",
        "add",
        "text",
        "path",
        "reason",
        "tool",
        "file",
        "target",
        "root_cause",
        "plan",
    ];
    fn poison(value: &mut Value, text: &str) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    match field {
                        Value::String(held) if FREE.contains(&key.as_str()) => text.clone_into(held),
                        Value::Array(items) if key == "references" || key == "headers" => {
                            items.iter_mut().for_each(|item| *item = Value::from(text));
                        }
                        // The operation is part of names; those have to stay apart and in their place.
                        Value::String(held) if key == "operation" => held.push_str(text),
                        other => poison(other, text),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_str(&text_of("mixed.json")).expect("JSON");
    poison(&mut value, text);
    read_json(&value.to_string()).expect("still a result")
}

/// The texts of `hostile.json`, and two that are too long to keep in a file.
pub fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = serde_json::from_str(&text_of("hostile.json")).expect("a list of texts");
    texts.push("]]></failure><testcase name=\"forged\">\0".repeat(1_000));
    texts.push("\u{1b}[31m<".repeat(6_000));
    texts
}

/// A sound run, an empty one, one for each hostile text, and one with a body of a megabyte.
pub fn all_runs() -> &'static [RunReport] {
    static RUNS: LazyLock<Vec<RunReport>> = LazyLock::new(|| {
        let mut runs = vec![result("mixed.json"), result("empty.json")];
        runs.extend(hostile().iter().map(|text| poisoned(text)));
        let mut large = result("mixed.json");
        for case in &mut large.cases {
            if let Outcome::Fail { findings } = &mut case.outcome {
                let exchange = &mut findings[0].evidence[0];
                exchange.body = "]]></failure><testcase name=\"forged\">\0".repeat(27_000);
                exchange.proof = None;
            }
        }
        runs.push(large);
        runs
    });
    &RUNS
}

/// A reader that is not installed is left out with a word, so that the tests run on a fresh machine; where readers are
/// required (`LAUNCHGATE_TESTS_REQUIRE_READERS=1`, as in CI) it is a failure.
pub fn left_out(reader: &str, install: &str) -> bool {
    let required = std::env::var("LAUNCHGATE_TESTS_REQUIRE_READERS").is_ok_and(|value| value == "1");
    assert!(
        !required,
        "{reader} is not installed ({install}), and readers are required here"
    );
    #[allow(clippy::print_stderr)]
    {
        eprintln!("LEFT OUT: {reader} is not installed ({install})");
    }
    true
}

/// What a script says of files, where its module is installed.
pub fn python(script: &str, module: &str, arguments: &[PathBuf]) -> Option<Value> {
    let interpreter = std::env::var("LAUNCHGATE_TESTS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_module = Command::new(&interpreter)
        .args(["-c", &format!("import {module}")])
        .output()
        .is_ok_and(|output| output.status.success());
    let package = if module == "hdrh" { "hdrhistogram" } else { module };
    if !has_module && left_out(&format!("python package {package}"), &format!("pip install {package}")) {
        return None;
    }
    let output = Command::new(interpreter)
        .arg(data(script))
        .args(arguments)
        .output()
        .expect("python runs");
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}
