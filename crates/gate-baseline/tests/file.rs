//! The file: what it looks like, what is wrong with a bad one, and that no text can hurt.

mod support;

use gate_baseline::{Base, Scales, accept, read, weigh};
use gate_model::{Cause, FailOn, Relation, Severity, Verdict};
use proptest::prelude::*;
use support::{fail, open, pass, run, terms, today};

const GOOD: &str = "\
# What launchgate knows of this API. A pull request that changes a line of `access` changes who may do what.
# Written by `launchgate baseline accept RESULT.json`; reason, owner and expires may be edited by hand.
version: 1

# Who may do what, as it was observed. What is not here, nobody may.
access:
  - anonymous may not GET /projects
  - other-tenant may not GET /projects
  - other-tenant may DELETE /projects/{id}

# Red, and accepted until that day.
findings:
  - case: access/write-other-tenant DELETE /projects/{id} as other-tenant
    severity: critical
    reason: known at adoption
    owner: team-api
    expires: 2027-02-01

# Not decided, and accepted until that day.
undecided:
  - case: access/read-other-tenant GET /slow as other-tenant
    cause: neither-answer
    reason: known at adoption
    owner: team-api
    expires: 2027-02-01

# Further cases that came to a verdict and must not get lost.
decided:
  - latency/p95-budget GET /projects as anonymous
";

#[test]
fn the_file_reads_as_sentences() {
    let report = run(vec![
        pass("auth/anonymous", "GET /projects", Relation::Anonymous),
        pass("access/read-other-tenant", "GET /projects", Relation::OtherTenant),
        fail(
            "access/write-other-tenant",
            "DELETE /projects/{id}",
            Relation::OtherTenant,
            Severity::Critical,
        ),
        open(
            "access/read-other-tenant",
            "GET /slow",
            Relation::OtherTenant,
            Cause::NeitherAnswer,
        ),
        pass("latency/p95-budget", "GET /projects", Relation::Anonymous),
    ]);
    let baseline = accept(&report, None, Some(&terms()), today())
        .expect("accepted")
        .baseline;
    assert_eq!(baseline.to_string(), GOOD);
    assert_eq!(read("b.yml", GOOD).expect("read").to_string(), GOOD);
}

#[test]
fn everything_wrong_is_said_at_once_with_its_line() {
    let text = "\
version: 2
acces:
  - x
access:
  - bob may GET /x
  - anonymous may GET /x
  - anonymous may not GET /x
  - 7
findings:
  - case: a
    severity: hihg
    reason: ''
    owner: o
    expires: soon
    until: x
undecided: nothing
";
    let wrong = read("launchgate.baseline.yml", text).expect_err("refused").to_string();
    for says in [
        "this program reads version 1",
        "unknown key `acces`",
        "did you mean `access`?",
        "`bob` is no relation",
        "--> launchgate.baseline.yml:5:5",
        "line 6 is about the same relation and operation",
        "a text is wanted here",
        "`hihg` is no severity",
        "did you mean `high`?",
        "`reason` is empty",
        "not a day",
        "unknown key `until`",
        "`undecided` is a list",
        "^^^^",
    ] {
        assert!(wrong.contains(says), "{says} is not in\n{wrong}");
    }
    assert!(
        read("b.yml", "- a\n")
            .expect_err("refused")
            .to_string()
            .contains("a baseline is a map")
    );
    assert!(read("b.yml", "").is_err(), "an empty file is no baseline");
}

#[test]
fn hostile_files_are_bounded() {
    let bomb = format!(
        "version: 1\nx: &a [{}]\ny: [{}]\n",
        "1,".repeat(1000),
        "*a,".repeat(2000)
    );
    assert!(read("b.yml", &bomb).is_err());
    assert!(read("b.yml", &"[".repeat(100_000)).is_err());
    assert!(read("b.yml", &" ".repeat(gate_baseline::MAX_BYTES + 1)).is_err());
    let long = format!("version: 1\ndecided:\n  - {}\n", "x".repeat(3000));
    assert!(
        read("b.yml", &long)
            .expect_err("too long")
            .to_string()
            .contains("more than 2000 characters")
    );
}

fn relation() -> impl Strategy<Value = Relation> {
    prop_oneof![
        Just(Relation::Anonymous),
        Just(Relation::OtherTenant),
        "[a-z: #'\"{}\u{e9}\u{85}\n]{0,8}".prop_map(Relation::SameTenant),
    ]
}

fn case() -> impl Strategy<Value = gate_model::CaseResult> {
    let check = prop_oneof![
        Just("auth/anonymous"),
        Just("access/read-other-tenant"),
        Just("access/granted-refused"),
        Just("latency/p95-budget"),
    ];
    let path = "/[a-z{}:#\\[\\]&*!|>'\"%@`\u{1f600}\u{feff} ]{0,12}";
    (check, path, relation(), 0..3u8, 0..5usize).prop_map(|(check, path, relation, outcome, n)| {
        let operation = format!("GET {path}");
        let severity = [
            Severity::Low,
            Severity::Medium,
            Severity::High,
            Severity::Critical,
            Severity::Note,
        ][n];
        match outcome {
            0 => pass(check, &operation, relation),
            1 => fail(check, &operation, relation, severity),
            _ => open(check, &operation, relation, Cause::Flaky),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Accept, write, read, run again: nothing is new, whatever operations and roles are called.
    #[test]
    fn accept_then_run_again_is_nothing_new(mut cases in proptest::collection::vec(case(), 1..12)) {
        cases.sort_by(|left, right| left.case.id.cmp(&right.case.id));
        cases.dedup_by(|left, right| left.case.id == right.case.id);
        let report = run(cases);
        let baseline = accept(&report, None, Some(&terms()), today()).expect("accepted").baseline;
        let text = baseline.to_string();
        let again = match read("b.yml", &text) {
            Ok(again) => again,
            Err(wrong) => return Err(TestCaseError::fail(format!("{wrong}\n{text}"))),
        };
        prop_assert_eq!(again.to_string(), text);
        let mut second = report.clone();
        let scales = Scales { file: "b.yml", fail_on: FailOn::default(), today: today() };
        weigh(&mut second, Some(&again), &Base::File(again.clone(), "base".to_owned()), scales);
        let weighed = second.baseline.expect("weighed");
        prop_assert_eq!(weighed.counts.new, 0);
        prop_assert_eq!(weighed.red().count(), 0);
        prop_assert_eq!(second.verdict, Verdict::Proven);
        prop_assert_eq!(second.cases, report.cases);
    }

    /// No text makes the reader panic or hang.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,400}") {
        if let Ok(baseline) = read("b.yml", &text) {
            prop_assert!(read("b.yml", &baseline.to_string()).is_ok());
        }
    }
}
