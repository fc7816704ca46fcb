//! What counts as new, known, fixed, more permissive, lost and shrunk, and which verdict follows.

mod support;

use gate_baseline::{Accepted, Base, Baseline, Scales, accept, compare, date, prune, weigh};
use gate_model::{
    AccessCell, AccessSource, BaselineRemarkKind, CaseResult, Cause, FailOn, OperationId, Relation, RunReport,
    Severity, SkipReason, Standing, Verdict,
};
use support::{fail, not_testable, open, pass, read, run, skipped, terms, today};

const READ: &str = "access/read-other-tenant";
const WRITE: &str = "access/write-other-tenant";
const OP: &str = "GET /projects/{id}";

fn weighed(cases: Vec<CaseResult>, head: Option<&Baseline>, base: &Base) -> RunReport {
    weighed_run(run(cases), head, base)
}

fn weighed_run(mut report: RunReport, head: Option<&Baseline>, base: &Base) -> RunReport {
    let scales = Scales {
        file: "launchgate.baseline.yml",
        fail_on: FailOn::default(),
        today: today(),
    };
    weigh(&mut report, head, base, scales);
    report
}

fn of(cases: Vec<CaseResult>) -> Baseline {
    let accepted = accept(&run(cases), None, Some(&terms()), today()).expect("accepted");
    read(&accepted.baseline.to_string())
}

fn standings(report: &RunReport) -> Vec<Standing> {
    let baseline = report.baseline.as_ref().expect("weighed");
    baseline.cases.iter().map(|case| case.standing).collect()
}

fn remarks(report: &RunReport, kind: BaselineRemarkKind) -> Vec<&str> {
    let baseline = report.baseline.as_ref().expect("weighed");
    let of_kind = baseline.remarks.iter().filter(|remark| remark.kind == kind);
    of_kind.map(|remark| remark.text.as_str()).collect()
}

#[test]
fn without_any_baseline_a_run_stays_as_it_is() {
    let report = weighed(
        vec![fail(READ, OP, Relation::OtherTenant, Severity::High)],
        None,
        &Base::Without,
    );
    assert_eq!((report.verdict, report.baseline), (Verdict::Regression, None));
}

#[test]
fn what_is_accepted_is_known_and_the_next_regression_is_new() {
    let before = vec![
        fail(READ, OP, Relation::OtherTenant, Severity::High),
        pass(WRITE, "DELETE /projects/{id}", Relation::OtherTenant),
    ];
    let baseline = of(before.clone());
    let report = weighed(before, Some(&baseline), &Base::None);
    assert_eq!(
        (report.verdict, standings(&report)),
        (Verdict::Proven, vec![Standing::Known])
    );
    assert_eq!(report.counts.fail, 1, "the outcome is a fact");

    let report = weighed(
        vec![
            fail(READ, OP, Relation::OtherTenant, Severity::High),
            fail(WRITE, "DELETE /projects/{id}", Relation::OtherTenant, Severity::High),
        ],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(report.verdict, Verdict::Regression);
    assert_eq!(standings(&report), [Standing::Known, Standing::New]);
    assert_eq!(
        remarks(&report, BaselineRemarkKind::MorePermissive),
        ["other-tenant may now DELETE /projects/{id}"]
    );
}

#[test]
fn a_worse_finding_of_an_accepted_case_is_new() {
    let baseline = of(vec![fail(READ, OP, Relation::OtherTenant, Severity::Medium)]);
    let report = weighed(
        vec![fail(READ, OP, Relation::OtherTenant, Severity::High)],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(
        (report.verdict, standings(&report)),
        (Verdict::Regression, vec![Standing::New])
    );
}

#[test]
fn an_accepted_case_that_passes_is_fixed_and_its_line_is_named() {
    let baseline = of(vec![fail(READ, OP, Relation::OtherTenant, Severity::High)]);
    let report = weighed(
        vec![pass(READ, OP, Relation::OtherTenant)],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(
        (report.verdict, standings(&report)),
        (Verdict::Proven, vec![Standing::Fixed])
    );
    let baseline = report.baseline.expect("weighed");
    let unused = baseline
        .remarks
        .iter()
        .find(|remark| remark.kind == BaselineRemarkKind::Unused)
        .expect("named");
    assert!(unused.source.as_ref().is_some_and(|place| place.line > 1), "{unused:?}");
    assert!(
        baseline
            .remarks
            .iter()
            .any(|remark| remark.kind == BaselineRemarkKind::LessPermissive)
    );
}

#[test]
fn a_waiver_that_is_over_counts_no_more_and_is_named() {
    let mut baseline = of(vec![fail(READ, OP, Relation::OtherTenant, Severity::High)]);
    let line: &mut Accepted = &mut baseline.accepted[0];
    line.until = date("2026-11-26").expect("a day");
    line.terms.expires = "2026-11-26".to_owned();
    let report = weighed(
        vec![fail(READ, OP, Relation::OtherTenant, Severity::High)],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(
        (report.verdict, standings(&report)),
        (Verdict::Regression, vec![Standing::New])
    );
    assert_eq!(remarks(&report, BaselineRemarkKind::Expired).len(), 1);
    let pruned = prune(&baseline, None, today());
    assert!(pruned.baseline.accepted.is_empty() && pruned.removed.len() == 1);
    // The last day itself still counts.
    baseline.accepted[0].until = today();
    let report = weighed(
        vec![fail(READ, OP, Relation::OtherTenant, Severity::High)],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(report.verdict, Verdict::Proven);
}

#[test]
fn undecided_cases_are_accepted_by_their_cause() {
    let flaky = || {
        vec![
            open(READ, OP, Relation::OtherTenant, Cause::Flaky),
            pass(READ, "GET /x", Relation::OtherTenant),
        ]
    };
    let baseline = of(flaky());
    assert_eq!(weighed(flaky(), Some(&baseline), &Base::None).verdict, Verdict::Proven);
    let other = vec![
        open(READ, OP, Relation::OtherTenant, Cause::NeitherAnswer),
        pass(READ, "GET /x", Relation::OtherTenant),
    ];
    assert_eq!(weighed(other, Some(&baseline), &Base::None).verdict, Verdict::Undecided);
}

#[test]
fn a_dead_target_a_failed_login_and_an_unproven_identity_are_never_accepted() {
    for (cause, word) in [
        (Cause::TargetDown, "target-down"),
        (Cause::LoginFailed, "login-failed"),
        (Cause::IdentityUnproven, "identity-unproven"),
    ] {
        let cases = || {
            vec![
                open(READ, OP, Relation::OtherTenant, cause),
                pass(READ, "GET /x", Relation::OtherTenant),
            ]
        };
        let error = accept(&run(cases()), None, Some(&terms()), today()).expect_err("refused");
        assert!(error.to_string().contains("can never be accepted"), "{error}");
        let text = format!(
            "version: 1\nundecided:\n  - case: a\n    cause: {word}\n    reason: r\n    owner: o\n    expires: 2027-01-01\n"
        );
        let error = gate_baseline::read("b.yml", &text).expect_err("refused");
        assert!(error.to_string().contains("can never be accepted"), "{error}");
        // Whatever the file says about the case, the run stays undecided.
        let baseline = of(vec![
            open(READ, OP, Relation::OtherTenant, Cause::Flaky),
            pass(READ, "GET /x", Relation::OtherTenant),
        ]);
        assert_eq!(
            weighed(cases(), Some(&baseline), &Base::None).verdict,
            Verdict::Undecided
        );
    }
}

#[test]
fn a_decided_case_may_not_get_lost() {
    let baseline = of(vec![
        pass(READ, OP, Relation::OtherTenant),
        pass("latency/p95-budget", OP, Relation::Anonymous),
    ]);
    let both = |latency: Option<CaseResult>, read: Option<CaseResult>| {
        let mut cases = vec![pass(READ, "GET /x", Relation::OtherTenant)];
        cases.extend(latency);
        cases.extend(read);
        weighed(cases, Some(&baseline), &Base::None)
    };
    let read = || Some(pass(READ, OP, Relation::OtherTenant));
    let latency = || Some(pass("latency/p95-budget", OP, Relation::Anonymous));
    assert_eq!(both(latency(), read()).verdict, Verdict::Proven);
    for (lost, says) in [
        (both(None, read()), "no case is called that"),
        (both(latency(), None), "no case asks this any more"),
        (
            both(latency(), Some(not_testable(READ, OP, Relation::OtherTenant))),
            "lacks an input",
        ),
        (
            both(
                Some(skipped(
                    "latency/p95-budget",
                    OP,
                    Relation::Anonymous,
                    SkipReason::Plan("off".into()),
                )),
                read(),
            ),
            "leaves it out",
        ),
    ] {
        assert_eq!(lost.verdict, Verdict::Undecided, "{says}");
        assert!(
            remarks(&lost, BaselineRemarkKind::Lost)[0].contains(says),
            "{:?}",
            lost.baseline
        );
    }
    // What a flag leaves out is nobody's loss.
    let flag = SkipReason::Flag("--only access".to_owned());
    let narrowed = both(
        Some(skipped("latency/p95-budget", OP, Relation::Anonymous, flag)),
        read(),
    );
    assert_eq!(narrowed.verdict, Verdict::Proven);
}

#[test]
fn an_operation_that_is_gone_is_said_until_the_file_is_updated() {
    let baseline = of(vec![
        pass(READ, OP, Relation::OtherTenant),
        pass(READ, "GET /x", Relation::OtherTenant),
    ]);
    let now = || vec![pass(READ, "GET /x", Relation::OtherTenant)];
    let report = weighed(now(), Some(&baseline), &Base::None);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(remarks(&report, BaselineRemarkKind::Lost)[0].contains("not in the document any more"));
    let updated = accept(&run(now()), Some(&baseline), None, today())
        .expect("nothing is red")
        .baseline;
    let base = Base::File(baseline, "at the base".to_owned());
    assert_eq!(weighed(now(), Some(&updated), &base).verdict, Verdict::Proven);
}

#[test]
fn waivers_count_from_the_base_and_facts_from_the_head() {
    let red = || {
        vec![
            fail(READ, OP, Relation::OtherTenant, Severity::High),
            pass(READ, "GET /x", Relation::OtherTenant),
        ]
    };
    let sound = || {
        vec![
            pass(READ, OP, Relation::OtherTenant),
            pass(READ, "GET /x", Relation::OtherTenant),
        ]
    };
    let (head, base) = (of(red()), of(sound()));
    // The request that brings the finding waives it: not yet.
    let report = weighed(red(), Some(&head), &Base::File(base.clone(), "base".to_owned()));
    assert_eq!(
        (report.verdict, standings(&report)),
        (Verdict::Regression, vec![Standing::New])
    );
    assert!(
        remarks(&report, BaselineRemarkKind::MorePermissive).is_empty(),
        "the fact is recorded"
    );
    assert!(remarks(&report, BaselineRemarkKind::Unrecorded)[0].contains("not at the base"));
    // The base waives it, and the head threw the waiver away: the base counts.
    let report = weighed(red(), Some(&base), &Base::File(head.clone(), "base".to_owned()));
    assert_eq!(standings(&report), [Standing::Known]);
    assert_eq!(
        report.verdict,
        Verdict::Regression,
        "the head's matrix says that he may not"
    );
    // A first baseline is adopted with the request that brings it.
    assert_eq!(weighed(red(), Some(&head), &Base::Without).verdict, Verdict::Proven);
    // A base that cannot be read proves nothing.
    let unknown = Base::Unknown("the clone is shallow".to_owned());
    let report = weighed(red(), Some(&head), &unknown);
    assert_eq!(report.verdict, Verdict::Undecided);
    assert_eq!(
        remarks(&report, BaselineRemarkKind::BaseUnknown),
        ["the clone is shallow"]
    );
}

#[test]
fn a_baseline_that_is_missing_or_shrunk_is_red() {
    let sound = || {
        vec![
            pass(READ, OP, Relation::OtherTenant),
            pass(READ, "GET /x", Relation::OtherTenant),
            pass("latency/p95-budget", OP, Relation::Anonymous),
        ]
    };
    let full = of(sound());
    let base = Base::File(full.clone(), "base".to_owned());
    assert_eq!(weighed(sound(), Some(&full), &base).verdict, Verdict::Proven);
    let report = weighed(sound(), None, &base);
    assert_eq!(
        (report.verdict, remarks(&report, BaselineRemarkKind::Missing).len()),
        (Verdict::Undecided, 1)
    );
    for cut in [
        Baseline {
            decided: Vec::new(),
            ..full.clone()
        },
        Baseline {
            access: full.access[1..].to_vec(),
            ..full.clone()
        },
    ] {
        let report = weighed(sound(), Some(&cut), &base);
        assert_eq!(
            (report.verdict, remarks(&report, BaselineRemarkKind::Shrunk).len()),
            (Verdict::Undecided, 1)
        );
    }
}

#[test]
fn a_cell_that_opens_is_red_even_where_nothing_failed() {
    let baseline = of(vec![
        pass("auth/anonymous", OP, Relation::Anonymous),
        pass(READ, OP, Relation::OtherTenant),
    ]);
    let mut report = run(vec![pass(READ, OP, Relation::OtherTenant)]);
    report.access.push(AccessCell {
        relation: Relation::Anonymous,
        operation: OperationId::new(OP),
        may: true,
        how: AccessSource::Declared,
    });
    let opened = weighed_run(report.clone(), Some(&baseline), &Base::None);
    assert_eq!(opened.verdict, Verdict::Regression);
    assert_eq!(
        remarks(&opened, BaselineRemarkKind::MorePermissive),
        [format!("anonymous may now {OP}")]
    );
    let updated = accept(&report, Some(&baseline), None, today())
        .expect("nothing is red")
        .baseline;
    let diff: Vec<String> = updated
        .to_string()
        .lines()
        .filter(|line| !baseline.to_string().contains(line))
        .map(str::to_owned)
        .collect();
    assert_eq!(diff, [format!("  - anonymous may {OP}")]);
    let base = Base::File(baseline, "base".to_owned());
    assert_eq!(weighed_run(report, Some(&updated), &base).verdict, Verdict::Proven);
}

#[test]
fn a_new_operation_that_strangers_may_is_red_until_it_is_recorded() {
    let baseline = of(vec![pass(READ, OP, Relation::OtherTenant)]);
    let served = pass(
        "access/granted-refused",
        "GET /new",
        Relation::SameTenant("viewer".to_owned()),
    );
    let report = weighed(
        vec![pass(READ, OP, Relation::OtherTenant), served],
        Some(&baseline),
        &Base::None,
    );
    assert_eq!(report.verdict, Verdict::Regression);
    assert_eq!(
        remarks(&report, BaselineRemarkKind::MorePermissive),
        ["same-tenant:viewer may now GET /new"]
    );
}

#[test]
fn nothing_red_is_accepted_without_terms_and_nothing_of_a_run_without_a_result() {
    let red = run(vec![fail(READ, OP, Relation::OtherTenant, Severity::High)]);
    let error = accept(&red, None, None, today()).expect_err("refused");
    assert!(error.to_string().contains("--reason, --owner and --expires"), "{error}");
    let nothing = run(vec![not_testable(READ, OP, Relation::OtherTenant)]);
    assert!(accept(&nothing, None, Some(&terms()), today()).is_err());
    let mut over = terms();
    over.expires = date("2026-11-26").expect("a day");
    assert!(accept(&red, None, Some(&over), today()).is_err());
}

#[test]
fn accepting_again_keeps_the_terms_of_what_is_still_red() {
    let first = of(vec![fail(READ, OP, Relation::OtherTenant, Severity::High)]);
    let mut later = terms();
    later.reason = "another one".to_owned();
    let cases = vec![
        fail(READ, OP, Relation::OtherTenant, Severity::High),
        fail(WRITE, "PUT /x", Relation::OtherTenant, Severity::High),
    ];
    let accepting = accept(&run(cases), Some(&first), Some(&later), today()).expect("accepted");
    let reasons: Vec<&str> = accepting
        .baseline
        .accepted
        .iter()
        .map(|line| line.terms.reason.as_str())
        .collect();
    assert_eq!(reasons, ["known at adoption", "another one"]);
    assert_eq!(accepting.added.len(), 1);
}

#[test]
fn names_of_identities_are_not_written() {
    let text = of(vec![
        pass("auth/token-lifetime", "GET /x", Relation::Identity("alice".to_owned())),
        pass(
            "access/plan-case",
            "GET /projects/{{alice.project.id}}/pdf",
            Relation::Identity("bob".to_owned()),
        ),
    ])
    .to_string();
    assert!(!text.contains("alice") && !text.contains("bob"), "{text}");
    assert!(
        text.contains("role:owner") && text.contains("/projects/{{project.id}}/pdf as role:viewer"),
        "{text}"
    );
}

#[test]
fn two_runs_are_compared() {
    let old = run(vec![
        fail(READ, OP, Relation::OtherTenant, Severity::High),
        fail(READ, "GET /x", Relation::OtherTenant, Severity::High),
    ]);
    let new = run(vec![
        fail(READ, OP, Relation::OtherTenant, Severity::High),
        pass(READ, "GET /x", Relation::OtherTenant),
    ]);
    let same = compare(&old, "old.json", new.clone(), FailOn::default(), today())
        .expect("compared")
        .report;
    assert_eq!(
        (same.verdict, standings(&same)),
        (Verdict::Proven, vec![Standing::Known, Standing::Fixed])
    );
    let worse = compare(&new, "new.json", old, FailOn::default(), today())
        .expect("compared")
        .report;
    assert_eq!(worse.verdict, Verdict::Regression);
}

#[test]
fn fail_on_never_hides_what_is_undecided() {
    let baseline = of(vec![pass(READ, OP, Relation::OtherTenant)]);
    let mut report = run(vec![
        fail(READ, OP, Relation::OtherTenant, Severity::High),
        open(READ, "GET /y", Relation::OtherTenant, Cause::Flaky),
    ]);
    let scales = Scales {
        file: "b.yml",
        fail_on: FailOn::Never,
        today: today(),
    };
    weigh(&mut report, Some(&baseline), &Base::None, scales);
    assert_eq!(report.verdict, Verdict::Undecided);
}
