//! What readers of JUnit find in a report, and what a hostile target cannot put there.

use super::*;
use crate::sample;
use gate_model::{CheckId, Finding, Undecided};
use proptest::prelude::*;
use roxmltree::{Document, Node};

fn rendered(report: &RunReport) -> String {
    render(report).expect("rendered")
}

fn cases<'a>(document: &'a Document<'a>) -> Vec<Node<'a, 'a>> {
    document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .collect()
}

/// All text below a node: a body may be divided between several CDATA sections.
fn content(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Node<'a, 'a> {
    node.children()
        .find(|child| child.has_tag_name(name))
        .unwrap_or_else(|| panic!("no {name} in {node:?}"))
}

#[test]
fn every_outcome_has_its_element() {
    let text = rendered(&sample::mixed());
    let document = Document::parse(&text).expect("well-formed");
    let root = document.root_element();
    let attributes: Vec<_> = root.attributes().map(|a| (a.name(), a.value())).collect();
    assert_eq!(
        attributes,
        [
            ("name", "launchgate"),
            ("tests", "6"),
            ("failures", "1"),
            ("errors", "1"),
            ("time", "0.072")
        ]
    );
    let shape: Vec<(String, String, Vec<String>)> = cases(&document)
        .into_iter()
        .map(|case| {
            (
                case.attribute("classname").expect("class").to_owned(),
                case.attribute("name").expect("name").to_owned(),
                case.children()
                    .map(|child| child.tag_name().name().to_owned())
                    .collect(),
            )
        })
        .collect();
    let expected = [
        (
            "launchgate.access",
            "access/read-other-tenant: GET /projects as other-tenant",
            "",
        ),
        (
            "launchgate.access",
            "access/read-other-tenant: GET /projects/{id} as other-tenant",
            "failure",
        ),
        (
            "launchgate.access",
            "access/write-other-tenant: PUT /projects/{id} as other-tenant",
            "error",
        ),
        (
            "launchgate.auth",
            "auth/expired-token: GET /me as other-tenant",
            "skipped",
        ),
        (
            "launchgate.latency",
            "latency/p95-budget: GET /projects as other-tenant",
            "",
        ),
        ("launchgate.leak", "leak/canary: GET /search as other-tenant", "skipped"),
    ];
    for (found, (class, name, element)) in shape.iter().zip(expected) {
        assert_eq!(
            (found.0.as_str(), found.1.as_str(), found.2.concat().as_str()),
            (class, name, element)
        );
    }
    assert_eq!(shape.len(), expected.len());
}

#[test]
fn a_failure_says_what_where_and_how_to_repeat_it() {
    let text = rendered(&sample::mixed());
    let document = Document::parse(&text).expect("well-formed");
    let failure = child(cases(&document)[1], "failure");
    assert_eq!(failure.attribute("type"), Some("access/read-other-tenant"));
    assert_eq!(
        failure.attribute("message"),
        Some("mallory of another tenant read alice's project")
    );
    assert_eq!(cases(&document)[1].attribute("file"), Some("launchgate.yml"));
    assert_eq!(
        content(failure),
        "mallory of another tenant read alice's project
 launchgate.yml:18
check: access/read-other-tenant (critical, data exposure)
who: mallory; whose object: alice
Expected a denial; the answer was 200 and held the value that was planted for alice alone.
probe: GET /projects/7?full=1 as mallory -> 200
  proof: \"name\":\"lg-4f1c9a7be2d0\"
  $ curl -sS -H \"Authorization: Bearer $MALLORY_TOKEN\" 'http://127.0.0.1:8080/projects/7?full=1'
fix: Compare the tenant of the object with the tenant of the session before answering.
see: CWE-639, API1:2023
fingerprint: a96f36213b2f0c2c3aab58a9e20a49f6
"
        .replace(
            "a96f36213b2f0c2c3aab58a9e20a49f6",
            sample::finding("access/read-other-tenant", "GET /projects/{id}", "")
                .fingerprint
                .as_str()
        )
    );
}

#[test]
fn errors_and_skips_say_why() {
    let text = rendered(&sample::mixed());
    let document = Document::parse(&text).expect("well-formed");
    let cases = cases(&document);
    let error = child(cases[2], "error");
    assert_eq!(error.attribute("type"), Some("throttled"));
    assert_eq!(
        error.attribute("message"),
        Some("the target throttled the run: mallory was answered 429")
    );
    assert_eq!(
        content(error),
        "the target throttled the run: mallory was answered 429\n launchgate.yml:18\nsettled by this in the plan:\ntarget:\n  pace: 5/s\n"
    );
    let skipped = child(cases[3], "skipped");
    assert_eq!(skipped.attributes().len(), 0);
    assert_eq!(
        content(skipped),
        "not testable: no expired token\nadd to the plan:\ntokens: { expired: \"${OLD}\" }"
    );
    assert_eq!(content(child(cases[5], "skipped")), "left out by --skip leak");
}

#[test]
fn suites_carry_the_coverage_of_their_family() {
    let mut report = sample::mixed();
    report.coverage.families.push(gate_model::FamilyCoverage {
        family: "auth".to_owned(),
        tested: 90,
        undecided: 1,
        not_testable: 2,
        skipped: 3,
        unasked: 4,
    });
    let text = rendered(&report);
    let document = Document::parse(&text).expect("well-formed");
    let suite = document
        .descendants()
        .find(|node| node.attribute("name") == Some("launchgate.auth"))
        .expect("a suite");
    let value = |name: &str| {
        let of_name = |node: &roxmltree::Node<'_, '_>| node.attribute("name") == Some(name);
        let found = child(suite, "properties").children().find(of_name);
        found.and_then(|node| node.attribute("value")).map(str::to_owned)
    };
    for (name, wanted) in [
        ("operations", "100"),
        ("tested", "90"),
        ("undecided", "1"),
        ("not_testable", "2"),
        ("skipped", "3"),
        ("unasked", "4"),
    ] {
        assert_eq!(
            value(&format!("launchgate.coverage.{name}")).as_deref(),
            Some(wanted),
            "{name}"
        );
    }
}

#[test]
fn suites_carry_counts_time_and_percentiles() {
    let text = rendered(&sample::mixed());
    let document = Document::parse(&text).expect("well-formed");
    let suites: Vec<_> = document.descendants().filter(|n| n.has_tag_name("testsuite")).collect();
    assert_eq!(suites.len(), 4);
    assert_eq!(suites[1].attribute("name"), Some("launchgate.auth"));
    assert_eq!(suites[1].attribute("skipped"), Some("1"));
    assert_eq!(suites[1].attribute("timestamp"), Some("2026-11-22T10:00:00"));
    let properties: Vec<_> = child(suites[2], "properties")
        .children()
        .map(|p| {
            (
                p.attribute("name").unwrap_or_default(),
                p.attribute("value").unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        properties,
        [
            ("launchgate.coverage.operations", "100"),
            ("launchgate.coverage.public", "3"),
            ("launchgate.coverage.tested", "98"),
            ("launchgate.p95_ms GET /projects (sampled)", "412.5"),
            ("launchgate.p95_ms GET /projects/{id} (run)", "7.0"),
            ("launchgate.version", "0.1.0"),
        ]
    );
}

#[test]
fn names_outlive_ports_times_and_order() {
    let names = |report: &RunReport| -> Vec<String> {
        let text = rendered(report);
        let document = Document::parse(&text).expect("well-formed");
        cases(&document)
            .iter()
            .map(|c| c.attribute("name").unwrap_or_default().to_owned())
            .collect()
    };
    let before = sample::mixed();
    let mut after = before.clone();
    after.target = "http://127.0.0.1:49152".into();
    after.started_at = "2027-01-01T00:00:00Z".into();
    for case in &mut after.cases {
        case.duration_ms += 977;
    }
    assert_eq!(names(&before), names(&after));
}

#[test]
fn a_run_without_cases_is_valid_and_not_green() {
    let mut report = sample::report(Vec::new());
    let text = rendered(&report);
    let document = Document::parse(&text).expect("well-formed");
    assert_eq!(cases(&document).len(), 1);
    assert_eq!(
        content(child(cases(&document)[0], "error")),
        "nothing ran: no case was tried, so that nothing is proven"
    );
    report.verdict = Verdict::Proven;
    let text = rendered(&report);
    let document = Document::parse(&text).expect("well-formed");
    assert_eq!(cases(&document).len(), 0);
    assert_eq!(document.root_element().attribute("tests"), Some("0"));
}

#[test]
fn a_start_that_nobody_can_print_is_the_epoch() {
    for text in [
        "",
        "yesterday",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00+23:59",
    ] {
        let mut report = sample::mixed();
        report.started_at = text.into();
        assert!(
            rendered(&report).contains("timestamp=\"1970-01-01T00:00:00\""),
            "{text}"
        );
    }
}

fn hostile(text: &str) -> RunReport {
    let mut finding: Finding = sample::finding("access/read-other-tenant", "GET /a", "cause");
    finding.title = text.into();
    finding.detail = text.into();
    finding.actor = text.into();
    finding.owner = Some(text.into());
    finding.remediation = text.into();
    finding.references = vec![text.into()];
    let mut bare = sample::evidence(text);
    bare.proof = None;
    bare.url = text.into();
    bare.curl = text.into();
    bare.label = text.into();
    let mut proven = sample::evidence(text);
    proven.proof = Some(text.into());
    finding.evidence = vec![bare, proven];
    let undecided = Undecided::new(gate_model::Cause::NeitherAnswer, text)
        .settled_by(text)
        .shown_by(sample::evidence(text));
    let mut report = sample::report(vec![
        sample::failed("access/read-other-tenant", "GET /a", vec![finding]),
        sample::open("access/read-other-tenant", &format!("GET /b{text}"), undecided),
        sample::missing("auth/expired-token", "GET /c", text, Some(text)),
        sample::left_out("leak/canary", "GET /d", gate_model::SkipReason::Plan(text.into())),
    ]);
    report.latency = vec![sample::latency(text, &[1000])];
    report.tool = text.into();
    for case in &mut report.cases {
        case.case.source = Some(gate_model::Location::new(text, 1, 1));
    }
    report
}

fn assert_not_forged(report: &RunReport) {
    let text = rendered(report);
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let outcomes: Vec<String> = cases(&document)
        .iter()
        .flat_map(|case| case.children().map(|child| child.tag_name().name().to_owned()))
        .collect();
    let mut sorted = outcomes.clone();
    sorted.sort();
    assert_eq!(sorted, ["error", "failure", "skipped", "skipped"]);
    assert!(
        cases(&document)
            .iter()
            .all(|case| case.attribute("name") != Some("forged"))
    );
    assert!(document.descendants().all(|node| !node.has_tag_name("system-out")));
    let acts = |c: char| {
        (c < ' ' && c != '\n' && c != '\t') || matches!(c, '\u{7f}'..='\u{9f}' | '\u{202e}' | '\u{fffe}' | '\u{ffff}')
    };
    assert!(!text.contains(acts));
    assert!(!content(document.root_element()).contains("[[ATTACHMENT|"));
}

#[test]
fn a_hostile_body_cannot_forge_results() {
    for text in [
        "]]></failure></testcase><testcase name=\"forged\">",
        "]]]]>]]><![CDATA[</failure><testcase name=\"forged\"/>",
        "\" name=\"forged\" x=\"",
        "</skipped></testcase><testcase name='forged'/>&#0;&lt;&bogus;<!-- --><?x?>",
        "nul \0 esc \u{1b}[31m bell \u{7} del \u{7f} nel \u{85}",
        "lone surrogates \\ud800 \\udfff, not characters \u{fffe} \u{ffff}, overrides \u{202e}",
        "[[ATTACHMENT|../../etc/passwd]]",
        "line\r\nbreak\u{2028}and\u{2029}more",
        "",
    ] {
        assert_not_forged(&hostile(text));
    }
}

#[test]
fn a_megabyte_of_body_is_bounded() {
    let report = hostile(&"]]>\0".repeat(1 << 18));
    assert_not_forged(&report);
    assert!(rendered(&report).len() < 200_000, "{}", rendered(&report).len());
}

#[test]
fn a_thousand_large_failures_fit_the_limit_of_readers() {
    let big = "x".repeat(4000);
    let many = (0..3000)
        .map(|n| {
            let operation = format!("GET /a{n}");
            let mut finding = sample::finding("access/read-other-tenant", &operation, "cause");
            finding.evidence = (0..6)
                .map(|_| {
                    let mut one = sample::evidence(&big);
                    one.curl.clone_from(&big);
                    one
                })
                .collect();
            sample::failed("access/read-other-tenant", &operation, vec![finding])
        })
        .collect();
    let text = rendered(&sample::report(many));
    assert!(text.len() < 20_000_000, "{}", text.len());
    let document = Document::parse(&text).expect("well-formed");
    assert_eq!(cases(&document).len(), 3000);
    assert!(text.contains("the report is full"));
}

#[test]
fn equal_names_are_told_apart() {
    let long = format!("GET /{}", "a".repeat(400));
    let report = sample::report(vec![
        sample::passed("access/read-other-tenant", &format!("{long}b")),
        sample::passed("access/read-other-tenant", &format!("{long}c")),
        CaseResult {
            case: gate_model::Case::new(&CheckId::new("odd")),
            outcome: Outcome::Pass { proof: String::new() },
            duration_ms: u64::MAX,
        },
    ]);
    let text = rendered(&report);
    let document = Document::parse(&text).expect("well-formed");
    let names: BTreeSet<_> = cases(&document).iter().filter_map(|c| c.attribute("name")).collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains("odd"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_forges_results(text in any::<String>(), glue in "[\\]>\\[<!&;\"'a]{0,12}") {
        assert_not_forged(&hostile(&format!("{text}{glue}{text}")));
    }
}
