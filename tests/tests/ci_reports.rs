//! Reports for CI services against those who read them: a Markdown parser, a parser of OpenMetrics, and what GitLab and GitHub ask for.

use std::collections::BTreeSet;

use gate_report::{Context, ReportKind, render, write_atomically};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

#[path = "reports/runs.rs"]
#[allow(dead_code)]
mod runs;

use runs::{all_runs, hostile, poisoned, python, rendered, result, text_of};

/// The HTML of our own that Markdown reports hold.
const OURS: [&str; 7] = [
    "<!-- launchgate -->",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<sub>",
    "</sub>",
];

fn without_ours(html: &str) -> String {
    OURS.iter().fold(html.to_owned(), |html, ours| html.replace(ours, ""))
}

#[test]
fn foreign_text_stays_in_code_spans_and_fences() {
    for text in hostile() {
        let report = poisoned(&text);
        for kind in [ReportKind::Summary, ReportKind::Comment] {
            let markdown = rendered(kind, &report);
            let mut fenced = 0_usize;
            for event in Parser::new_ext(&markdown, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
                match event {
                    Event::Start(Tag::CodeBlock(_)) => fenced += 1,
                    Event::End(pulldown_cmark::TagEnd::CodeBlock) => fenced -= 1,
                    Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link in\n{markdown}"),
                    Event::Html(html) | Event::InlineHtml(html) => {
                        let rest = without_ours(&html);
                        assert!(!rest.contains('<'), "{html:?} in\n{markdown}");
                    }
                    Event::Text(plain) if fenced == 0 => {
                        let bad = plain.contains(['@', '<', '[', '\u{1b}']) || plain.contains("forged");
                        assert!(!bad, "{plain:?} in\n{markdown}");
                    }
                    _ => {}
                }
            }
            assert_eq!(fenced, 0);
        }
    }
}

/// Mentions and references have no effect in code, and tables keep their columns.
#[test]
fn a_table_keeps_its_columns() {
    for text in [
        "@all closes #1 !2 | a | b",
        "`x` | <img src=x onerror=alert(1)>",
        "\\| x",
    ] {
        let report = poisoned(text);
        let markdown = rendered(ReportKind::Comment, &report);
        let mut columns = 0;
        for event in Parser::new_ext(&markdown, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::TableRow | Tag::TableHead) => columns = 0,
                Event::Start(Tag::TableCell) => columns += 1,
                Event::End(pulldown_cmark::TagEnd::TableRow | pulldown_cmark::TagEnd::TableHead) => {
                    assert_eq!(columns, 4, "{markdown}");
                }
                _ => {}
            }
        }
    }
}

/// Every tag of the page is one of ours, none loads or runs anything, and what is opened is closed.
#[test]
fn a_hostile_text_makes_no_tag_of_the_page() {
    let tag = regex::Regex::new(r#"<(/?)([a-z0-9]+)((?: [a-zA-Z0-9-]+="[^"<>]*")*)\s*/?>"#).expect("a pattern");
    let open = ["meta", "line", "polyline", "p", "li", "dt", "dd"];
    for report in all_runs() {
        let page = rendered(ReportKind::Html, report);
        let (head, body) = page.split_once("</style>").expect("a style");
        assert!(head.contains("default-src 'none'"));
        assert_eq!(
            tag.find_iter(body).count(),
            body.matches('<').count(),
            "a `<` that begins no tag of ours"
        );
        let mut stack: Vec<&str> = Vec::new();
        for found in tag.captures_iter(body) {
            let (name, attributes) = (found.get(2).expect("a name").as_str(), &found[3]);
            assert!(
                !["script", "img", "a", "link", "iframe", "object", "form"].contains(&name),
                "{name}"
            );
            assert!(
                !attributes.contains(" on") && !attributes.contains("style="),
                "{attributes}"
            );
            if open.contains(&name) {
                continue;
            }
            if found[1].is_empty() {
                stack.push(name);
            } else {
                // `head` was opened before the style.
                let opened = stack.pop().unwrap_or(if name == "head" { "head" } else { "html" });
                assert_eq!(opened, name);
            }
        }
        assert!(!page.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }
}

#[test]
fn texts_stay_below_the_limits_of_their_readers() {
    for report in all_runs() {
        let comment = rendered(ReportKind::Comment, report);
        assert!(comment.chars().count() < 65_536 && comment.starts_with("<!-- launchgate -->\n"));
        assert!(rendered(ReportKind::Summary, report).len() < 1 << 20);
        assert_eq!(comment.matches("<!-- launchgate -->\n## ").count(), 1);
    }
}

#[test]
fn commands_and_outputs_of_github_cannot_be_forged() {
    for report in all_runs() {
        let annotations = rendered(ReportKind::Annotations, report);
        for line in annotations.lines() {
            let known = ["::error file=", "::warning file=", "::notice title="];
            assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
            assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        }
        assert!(annotations.lines().count() <= 21);
        let outputs = rendered(ReportKind::Outputs, report);
        let names: BTreeSet<&str> = outputs.lines().filter_map(|line| line.split('=').next()).collect();
        assert_eq!(names.len(), outputs.lines().count());
        for line in outputs.lines() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.=".contains(c);
            assert!(line.chars().all(plain) && line.matches('=').count() == 1, "{line:?}");
        }
    }
}

#[test]
fn gitlab_reports_have_what_its_schemas_require() {
    let kinds = [
        (ReportKind::GitlabDast, "gitlab-dast.schema.json", "{}"),
        (ReportKind::GitlabSecrets, "gitlab-secret-detection.schema.json", "{}"),
        (ReportKind::GitlabCodeQuality, "gitlab-code-quality.schema.json", "[{}]"),
    ];
    for (kind, schema, wrong) in kinds {
        let schema: Value = serde_json::from_str(&text_of(schema)).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        assert!(
            !validator.is_valid(&serde_json::from_str(wrong).expect("JSON")),
            "{kind}"
        );
        for report in all_runs() {
            let contexts = ["", "services/api"].map(|below| Context {
                below: below.to_owned(),
                ..Context::default()
            });
            for context in contexts {
                let bytes = render(kind, report, &context).expect("rendered");
                let value: Value = serde_json::from_slice(&bytes).expect("JSON");
                let wrong: Vec<String> = validator
                    .iter_errors(&value)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                assert!(wrong.is_empty(), "{kind}: {wrong:#?}");
            }
        }
    }
}

#[test]
fn identifiers_of_gitlab_are_told_apart() {
    let report = result("mixed.json");
    let dast: Value = serde_json::from_str(&rendered(ReportKind::GitlabDast, &report)).expect("JSON");
    let found = dast["vulnerabilities"].as_array().expect("a list");
    assert!(!found.is_empty());
    let ids: BTreeSet<&str> = found.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), found.len());
}

#[test]
fn prometheus_reads_the_metrics() {
    let directory = tempfile::tempdir().expect("directory");
    let paths: Vec<_> = all_runs()
        .iter()
        .enumerate()
        .map(|(index, report)| {
            let path = directory.path().join(format!("metrics-{index}.txt"));
            write_atomically(&path, rendered(ReportKind::Metrics, report).as_bytes()).expect("written");
            path
        })
        .collect();
    let Some(read) = python("openmetrics_reader.py", "prometheus_client", &paths) else {
        return;
    };
    let files = read.as_array().expect("a list");
    assert_eq!(files.len(), all_runs().len());
    for (samples, report) in files.iter().zip(all_runs()) {
        let failed = samples
            .as_array()
            .expect("samples")
            .iter()
            .find(|sample| sample[0] == "launchgate_cases" && sample[1]["outcome"] == "fail");
        assert_eq!(failed.expect("a sample")[2].as_f64(), Some(report.counts.fail as f64));
    }
}
