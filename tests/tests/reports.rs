//! Reports against those who read them: the schema of Jenkins, the parser of a GitHub action, the HdrHistogram library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gate_model::{OutcomeKind, RunReport};
use gate_report::{Console, Context, ReportKind, directory_files, read_json, render, write_atomically};
use roxmltree::{Document, Node};
use serde_json::Value;

#[path = "reports/runs.rs"]
mod runs;

use runs::{all_runs, data, hostile, left_out, poisoned, python, rendered, result, text_of};

/// All runs as JUnit files of a directory, in order.
fn junit_files(directory: &Path) -> Vec<PathBuf> {
    let write = |(index, report): (usize, &RunReport)| {
        let path = directory.join(format!("junit-{index}.xml"));
        write_atomically(&path, rendered(ReportKind::Junit, report).as_bytes()).expect("written");
        path
    };
    all_runs().iter().enumerate().map(write).collect()
}

fn element(kind: OutcomeKind) -> Option<&'static str> {
    match kind {
        OutcomeKind::Pass => None,
        OutcomeKind::Fail => Some("failure"),
        OutcomeKind::Inconclusive => Some("error"),
        OutcomeKind::NotTestable | OutcomeKind::Skipped => Some("skipped"),
    }
}

/// How many cases of a run end in which element.
fn expected(report: &RunReport) -> BTreeMap<Option<&'static str>, usize> {
    let mut counts = BTreeMap::new();
    for case in &report.cases {
        *counts.entry(element(case.outcome.kind())).or_default() += 1;
    }
    if report.cases.is_empty() {
        counts.insert(Some("error"), 1);
    }
    counts
}

#[test]
fn the_result_format_is_pinned() {
    for name in ["mixed.json", "empty.json"] {
        assert_eq!(rendered(ReportKind::Json, &result(name)), text_of(name), "{name}");
    }
}

#[test]
fn a_result_that_was_tampered_with_is_refused() {
    let good = text_of("mixed.json");
    for (from, to) in [
        ("\"version\": 1", "\"version\": 2"),
        ("\"version\": 1", "\"version\": \"1\""),
        ("\"is\": \"fail\"", "\"is\": \"fine\""),
        ("mallory was answered 429", "\\ud800"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(read_json(&bad).is_err(), "{to}");
    }
    assert!(read_json(&good[..good.len() / 2]).is_err());
}

#[test]
fn junit_holds_to_the_schema_of_jenkins() {
    let directory = tempfile::tempdir().expect("directory");
    let files = junit_files(directory.path());
    let schema = data("JUnit.xsd");
    let validate = |files: &[PathBuf]| {
        Command::new("xmllint")
            .args(["--noout", "--schema"])
            .arg(&schema)
            .args(files)
            .output()
    };
    let Ok(output) = validate(&files) else {
        left_out("xmllint", "apt-get install libxml2-utils");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The schema says no where it should: otherwise the lines above show nothing.
    let broken = directory.path().join("broken.xml");
    let text = rendered(ReportKind::Junit, &result("mixed.json")).replace("<skipped>", "<skipped message=\"x\">");
    std::fs::write(&broken, text).expect("written");
    assert!(!validate(&[broken]).expect("xmllint runs").status.success());
}

#[test]
fn junit_holds_the_run_and_nothing_else() {
    for report in all_runs() {
        let text = rendered(ReportKind::Junit, report);
        let document = Document::parse(&text).expect("well-formed");
        let cases: Vec<Node<'_, '_>> = document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
            .collect();
        let mut found: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut names = BTreeSet::new();
        for case in &cases {
            let results: Vec<&str> = case
                .children()
                .filter(Node::is_element)
                .map(|node| node.tag_name().name())
                .collect();
            assert!(results.len() <= 1, "{results:?}");
            *found.entry(results.first().copied()).or_default() += 1;
            let class = case.attribute("classname").expect("classname");
            assert!(class == "launchgate" || class.starts_with("launchgate."), "{class}");
            assert!(names.insert((class, case.attribute("name"))), "{names:?}");
        }
        assert_eq!(found, expected(report));
        let root = document.root_element();
        let stated = |name: &str| root.attribute(name).and_then(|value| value.parse::<usize>().ok());
        assert_eq!(stated("tests"), Some(cases.len()));
        assert_eq!(
            stated("failures"),
            Some(found.get(&Some("failure")).copied().unwrap_or_default())
        );
        assert_eq!(
            stated("errors"),
            Some(found.get(&Some("error")).copied().unwrap_or_default())
        );
        let known = [
            "testsuites",
            "testsuite",
            "properties",
            "property",
            "testcase",
            "failure",
            "error",
            "skipped",
        ];
        for node in document.descendants().filter(Node::is_element) {
            assert!(known.contains(&node.tag_name().name()), "{node:?}");
        }
        assert!(document.descendants().all(|node| !node.is_pi() && !node.is_comment()));
        assert!(text.len() < 200_000, "{} bytes", text.len());
    }
}

#[test]
fn junit_is_the_same_for_another_port_and_time_but_for_times() {
    let shape = |report: &RunReport| -> Vec<(String, String)> {
        let text = rendered(ReportKind::Junit, report);
        let document = Document::parse(&text).expect("well-formed");
        let attribute = |node: &Node<'_, '_>, name: &str| node.attribute(name).unwrap_or_default().to_owned();
        document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
            .map(|node| (attribute(&node, "classname"), attribute(&node, "name")))
            .collect()
    };
    let before = result("mixed.json");
    let mut after = before.clone();
    after.target = "http://127.0.0.1:40123".to_owned();
    after.started_at = "2027-03-04T05:06:07.891Z".to_owned();
    after.cases.iter_mut().for_each(|case| case.duration_ms *= 31);
    assert_eq!(shape(&before), shape(&after));
    assert!(shape(&before).iter().all(|(_, name)| !name.contains("127.0.0.1")));
}

#[test]
fn junitparser_reads_what_was_meant() {
    let directory = tempfile::tempdir().expect("directory");
    let files = junit_files(directory.path());
    let Some(documents) = python("junit_reader.py", "junitparser", &files) else {
        return;
    };
    let documents = documents.as_array().expect("a list");
    assert_eq!(documents.len(), all_runs().len());
    for (index, (report, read)) in all_runs().iter().zip(documents).enumerate() {
        let cases = read["cases"].as_array().expect("cases");
        let mut found: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for case in cases {
            let results = case["results"].as_array().expect("results");
            *found
                .entry(results.first().and_then(|one| one["kind"].as_str()))
                .or_default() += 1;
            for one in results {
                let text = one["text"].as_str().expect("every result has a body");
                let message = one["message"].as_str().unwrap_or_default();
                assert!(text.starts_with(message), "the body repeats the message: {text}");
            }
        }
        assert_eq!(found, expected(report));
        assert_eq!(read["totals"]["tests"], cases.len());
        for (suite, stated) in read["suites"].as_object().expect("suites") {
            let of_suite = |kind: &str| {
                let is = |case: &&Value| case["suite"] == suite.as_str() && case["results"][0]["kind"] == kind;
                cases.iter().filter(is).count()
            };
            assert_eq!(stated[0], stated[4], "{suite}");
            assert_eq!(stated[1], of_suite("failure"), "{suite}");
            assert_eq!(stated[2], of_suite("error"), "{suite}");
            assert_eq!(stated[3], of_suite("skipped"), "{suite}");
        }
        if index == 0 {
            let failed = cases
                .iter()
                .find(|case| case["results"][0]["kind"] == "failure")
                .expect("a failure");
            let one = &failed["results"][0];
            assert_eq!(
                failed["name"],
                "access/read-other-tenant: GET /projects/{id} as other-tenant"
            );
            assert_eq!(one["type"], "access/read-other-tenant");
            let lines: Vec<&str> = one["text"].as_str().unwrap_or_default().lines().collect();
            assert_eq!(
                lines[..2],
                ["mallory of another tenant read alice's project", " launchgate.yml:18"]
            );
        }
    }
}

/// A line as the plotter of HdrHistogram reads it: `trim().split(/[ ]+/)`, four numbers, `#` is a comment.
fn plotted(line: &str) -> Option<[f64; 4]> {
    let columns: Vec<&str> = line.split(' ').filter(|column| !column.is_empty()).collect();
    if line.starts_with('#') || columns.len() != 4 {
        return None;
    }
    let numbers: Vec<f64> = columns.iter().filter_map(|column| column.parse().ok()).collect();
    numbers.try_into().ok()
}

#[test]
fn hgrm_files_plot_as_rising_series() {
    let report = result("mixed.json");
    let files = directory_files(&report, &Context::default()).expect("files");
    let series: Vec<_> = files.iter().filter(|file| file.path.ends_with(".hgrm")).collect();
    assert_eq!(series.len(), 1 + report.latency.len());
    for file in series {
        let text = std::str::from_utf8(&file.bytes).expect("UTF-8");
        let points: Vec<[f64; 4]> = text.lines().filter_map(plotted).collect();
        assert!(points.len() > 3, "{}: {text}", file.path);
        for pair in points.windows(2) {
            assert!(
                pair[0][0] <= pair[1][0] && pair[0][1] < pair[1][1] && pair[0][2] <= pair[1][2],
                "{}: {pair:?}",
                file.path
            );
        }
        for [_, percentile, _, inverse] in points {
            assert!(
                (inverse - 1.0 / (1.0 - percentile)).abs() < 0.01 * inverse,
                "{}: {percentile}",
                file.path
            );
        }
    }
}

#[test]
fn hdrhistogram_reads_the_same_distribution() {
    let Some(read) = python("hdr_reader.py", "hdrh", &[data("mixed.json")]) else {
        return;
    };
    let report = result("mixed.json");
    let files = directory_files(&report, &Context::default()).expect("files");
    let ours = files.iter().filter(|file| file.path.starts_with("latency/"));
    let theirs = read.as_array().expect("histograms");
    assert_eq!(theirs.len(), report.latency.len());
    for ((file, theirs), latency) in ours.zip(theirs).zip(&report.latency) {
        assert_eq!(theirs["total"], latency.count, "{}", file.path);
        let recorded: Vec<(u64, u64)> = serde_json::from_value(theirs["recorded"].clone()).expect("pairs");
        let text = std::str::from_utf8(&file.bytes).expect("UTF-8");
        let mut lines = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let numbers: Vec<f64> = line
                .split_whitespace()
                .filter_map(|column| column.parse().ok())
                .collect();
            let [value, percentile, running, ..] = numbers[..] else {
                continue;
            };
            // The first recorded value up to which lie at least so many of all; sums of steps are off by an ulp.
            let wanted = percentile * latency.count as f64;
            let at = recorded.iter().position(|(_, count)| *count == running as u64);
            let at = at.unwrap_or_else(|| panic!("{}: nothing was recorded at {line}", file.path));
            let before = at.checked_sub(1).map_or(0, |before| recorded[before].1);
            let ms = recorded[at].0 as f64 / 1000.0;
            assert_eq!(format!("{value:.3}"), format!("{ms:.3}"), "{}: {line}", file.path);
            assert!(
                running >= wanted - 1e-6 && before as f64 <= wanted + 1e-6,
                "{}: {line}",
                file.path
            );
            lines += 1;
        }
        assert!(lines > 3, "{text}");
        let footer = format!(
            "#[Max     = {:12.3}, Total count    = {:12}]",
            theirs["max"].as_f64().expect("a number") / 1000.0,
            latency.count
        );
        assert!(text.lines().any(|line| line == footer), "{footer}: {text}");
    }
}

#[test]
fn a_report_directory_keeps_its_files_inside() {
    for text in hostile() {
        let root = tempfile::tempdir().expect("directory");
        let report = poisoned(&text);
        for file in directory_files(&report, &Context::default()).expect("files") {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/');
            assert!(
                file.path.chars().all(plain) && !file.path.contains(".."),
                "{}",
                file.path
            );
            assert!(file.path.len() < 120, "{}", file.path);
            write_atomically(&root.path().join(&file.path), &file.bytes).expect("written");
        }
    }
}

#[test]
fn a_hostile_text_steers_neither_console_nor_tables() {
    let verdict = "REGRESSION  2 passed, 1 failed, 1 inconclusive, 1 not testable, 1 skipped";
    for text in hostile() {
        let report = poisoned(&text);
        for verbose in [false, true] {
            let console = Console {
                verbose,
                ..Console::default()
            };
            let shown = console.render(&report);
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
            assert!(
                !shown.contains(['\u{202e}', '\u{2066}', '\u{2028}', '\u{200b}', '\u{e0041}']),
                "{shown}"
            );
            assert_eq!(
                shown
                    .lines()
                    .filter(|line| line.starts_with("REGRESSION"))
                    .collect::<Vec<_>>(),
                [verdict]
            );
            assert!(
                shown
                    .lines()
                    .all(|line| !line.trim_start().starts_with("::") && !line.contains("##")),
                "{shown}"
            );
            assert!(shown.len() < 200_000, "{} bytes", shown.len());
        }
        let table = rendered(ReportKind::LatencyMarkdown, &report);
        assert_eq!(table.lines().count(), 4 + report.latency.len(), "{table}");
        for row in table.lines().skip(2) {
            assert_eq!(row.matches('|').count(), 11, "{row}");
        }
        let json: Value = serde_json::from_str(&rendered(ReportKind::LatencyJson, &report)).expect("JSON");
        assert_eq!(json["operations"].as_array().map(Vec::len), Some(report.latency.len()));
        assert_eq!(
            read_json(&rendered(ReportKind::Json, &report)).expect("read back"),
            report
        );
    }
}

/// SARIF by Microsoft's validator, with the rules of GitHub code scanning, for runs of every kind.
#[test]
fn sarif_has_nothing_that_its_validator_complains_of() {
    let Some(tool) = std::env::var_os("LAUNCHGATE_TESTS_SARIF").map(PathBuf::from) else {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("LEFT OUT: LAUNCHGATE_TESTS_SARIF does not name Sarif.Multitool");
        }
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let context = Context {
        pages: launchgate::checks::pages(),
        below: "services/api".to_owned(),
    };
    let complaints = |name: &str, bytes: &[u8]| -> Vec<String> {
        let (path, said) = (folder.path().join(name), folder.path().join(format!("said-{name}")));
        fs::write(&path, bytes).expect("written");
        let output = Command::new(&tool)
            .arg("validate")
            .arg(&path)
            .args(["--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "-o"])
            .arg(&said)
            .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
            .output()
            .expect("the validator runs");
        // Its exit code is 0 whatever it finds: what it says stands in a SARIF file of its own.
        let text = fs::read_to_string(&said)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)));
        let said: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).expect("JSON");
        let results = said["runs"][0]["results"].as_array().cloned().unwrap_or_default();
        results
            .iter()
            .map(|result| {
                format!(
                    "{} {}",
                    result["ruleId"].as_str().unwrap_or_default(),
                    result["message"]
                )
            })
            .collect()
    };
    let kinds = ["mixed", "empty", "hostile"];
    let runs = all_runs().iter().take(kinds.len()).zip(kinds);
    for (report, name) in runs {
        let bytes = render(ReportKind::Sarif, report, &context).expect("rendered");
        let mut said = complaints(&format!("{name}.sarif"), &bytes);
        // A forged result may claim to be of a version that is no number; that is a note.
        said.retain(|line| name != "hostile" || !line.starts_with("SARIF2005 "));
        assert_eq!(said, Vec::<String>::new(), "{name}");
    }
    // The validator sees what it is there for: a result without a place is what GitHub refuses a whole file for.
    let bytes = render(ReportKind::Sarif, &all_runs()[0], &context).expect("rendered");
    let mut sarif: Value = serde_json::from_slice(&bytes).expect("JSON");
    sarif["runs"][0]["results"][0]
        .as_object_mut()
        .expect("a result")
        .remove("locations");
    let said = complaints("without.sarif", sarif.to_string().as_bytes());
    assert!(said.iter().any(|line| line.starts_with("GH1015 ")), "{said:?}");
}

/// SARIF against the schema of the standard, for runs of every kind, with words of the pages and without.
#[test]
fn sarif_is_valid_under_its_schema() {
    let schema: Value = serde_json::from_str(&text_of("sarif-schema-2.1.0.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let contexts = [
        Context::default(),
        Context {
            pages: launchgate::checks::pages(),
            below: "services/api".to_owned(),
        },
    ];
    for report in all_runs() {
        for context in &contexts {
            let bytes = render(ReportKind::Sarif, report, context).expect("rendered");
            let sarif: Value = serde_json::from_slice(&bytes).expect("JSON");
            let wrong: Vec<String> = validator
                .iter_errors(&sarif)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{wrong:#?}");
        }
    }
    assert!(
        !validator.is_valid(&serde_json::json!({ "version": "2.1.0" })),
        "the schema refuses nothing"
    );
}
