//! What a run looks like on a console.

use super::*;
use crate::sample;
use gate_model::{Cause, LatencyBudget, Notice, Severity, Undecided, Verdict};

fn shown(report: &RunReport) -> String {
    Console::default().render(report)
}

#[test]
fn a_proven_run_is_a_handful_of_lines() {
    let mut report = sample::report(vec![
        sample::passed("access/read-other-tenant", "GET /projects"),
        sample::missing("auth/expired-token", "GET /me", "no expired token", None),
    ]);
    let mut latency = sample::latency("GET /projects", &[41_000]);
    latency.budget = Some(LatencyBudget { p95_ms: 300.0 });
    report.latency = vec![latency];
    assert_eq!(
        shown(&report),
        "\
PROVEN  1 passed, 0 failed, 0 inconclusive, 1 not testable, 0 skipped
  coverage  98 of 100 operations tested, 3 public
  requests  1,204 in 41.2 s to http://127.0.0.1:8080
  p95       41.0 ms of 300.0 ms GET /projects (1 sample)
  open      1 missing input of the plan would add 1 case; shown with -v
"
    );
}

#[test]
fn a_red_run_shows_root_causes_and_ends_with_the_verdict() {
    assert_eq!(
        shown(&sample::mixed()),
        r#"DATA EXPOSURE

 1. critical  mallory of another tenant read alice's project
      [access/read-other-tenant]
      who       mallory
      whose     alice
      request   GET http://127.0.0.1:8080/projects/7?full=1 as mallory -> 200 in 12 ms
      proof     "name":"lg-4f1c9a7be2d0"
      seen      Expected a denial; the answer was 200 and held the value that was planted for alice
                alone.
      repeat    curl -sS -H "Authorization: Bearer $MALLORY_TOKEN" 'http://127.0.0.1:8080/projects/7?full=1'
      fix       Compare the tenant of the object with the tenant of the session before answering.
      plan      launchgate.yml:18
      see       CWE-639, API1:2023
      case      access/read-other-tenant GET /projects/{id} as other-tenant

UNDECIDED

  the target throttled the run: mallory was answered 429 (1 case)
      cases     access/write-other-tenant PUT /projects/{id} as other-tenant
      settle by this in launchgate.yml:
                  target:
                    pace: 5/s

warning: 2 operations were not understood

LEFT BEHIND  1 object stayed behind
  project of alice: /projects/7 (DELETE was answered 500)

REGRESSION  2 passed, 1 failed, 1 inconclusive, 1 not testable, 1 skipped
  why       1 root cause behind the failures, 1 reason behind the undecided cases
  coverage  98 of 100 operations tested, 3 public
  requests  1,204 in 41.2 s to http://127.0.0.1:8080
  p95       412.5 ms of 300.0 ms GET /projects (3 samples)
  open      1 missing input of the plan would add 1 case; shown with -v
"#
    );
}

#[test]
fn three_hundred_cases_behind_one_limiter_are_one_line() {
    let cases = (0..300)
        .map(|n| {
            let operation = format!("GET /things/{n}");
            let open = Undecided::new(Cause::Throttled, format!("{operation} was answered 429"))
                .settled_by(format!("checks: {{ slow: {n} }}"));
            sample::open("access/read-other-tenant", &operation, open)
        })
        .collect();
    let text = shown(&sample::report(cases));
    assert_eq!(text.matches("throttled").count(), 1, "{text}");
    assert!(
        text.contains("the target throttled the run: … was answered 429 (300 cases)"),
        "{text}"
    );
    assert!(
        text.contains("and 295 more") && text.contains("# and 290 more like these, shown with -v"),
        "{text}"
    );
    assert!(text.contains("UNDECIDED  0 passed"), "{text}");
    assert!(text.lines().count() < 30, "{text}");
}

#[test]
fn colour_is_there_only_when_asked_for_and_changes_no_word() {
    let report = sample::mixed();
    let plain = shown(&report);
    assert!(!plain.contains('\u{1b}'));
    let coloured = Console {
        color: true,
        ..Console::default()
    }
    .render(&report);
    assert!(
        coloured.contains("\u{1b}[1m\u{1b}[31mREGRESSION\u{1b}[0m"),
        "{coloured}"
    );
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').expect("an escape ends").1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn verbose_shows_what_passed_and_every_exchange() {
    let text = Console {
        verbose: true,
        ..Console::default()
    }
    .render(&sample::mixed());
    for part in [
        "PROVEN CASES",
        "alice was served before and after",
        "content-type: application/json",
        "{\"id\":7,\"name\":\"lg-4f1c9a7be2d0\"}",
        "left out by --skip leak (1 case)",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn verbose_says_on_how_many_operations_each_kind_of_credential_was_tried() {
    let mut report = sample::mixed();
    let of = |class, tested, undecided, reason: Option<&str>| gate_model::CredentialCoverage {
        class,
        tested,
        undecided,
        of: 97,
        reason: reason.map(str::to_owned),
    };
    report.coverage.credentials = vec![
        of(gate_model::CredentialClass::Missing, 95, 2, None),
        of(gate_model::CredentialClass::AlgNone, 0, 0, Some("the token is no JWT")),
    ];
    let line = "missing 95 (and 2 undecided), alg none 0 (the token is no JWT); of 97 operations that need a login";
    let verbose = Console {
        verbose: true,
        width: 200,
        ..Console::default()
    };
    assert!(verbose.render(&report).contains(line));
    assert!(!shown(&report).contains("alg none"));
}

#[test]
fn a_run_that_tried_nothing_says_so() {
    let report = sample::report(Vec::new());
    assert_eq!(report.verdict, Verdict::NothingRan);
    assert!(shown(&report).contains("NOTHING RAN  0 passed"));
    assert!(shown(&report).contains("nothing is proven"));
}

#[test]
fn findings_that_fail_nothing_are_named_beside_the_verdict() {
    let mut finding = sample::finding("leak/version", "GET /", "banner");
    finding.severity = Severity::Note;
    let report = sample::report(vec![sample::failed("leak/version", "GET /", vec![finding])]);
    assert_eq!(report.verdict, Verdict::Proven);
    assert!(shown(&report).contains("1 root cause of findings lies below the severity that fails a run"));
}

#[test]
fn foreign_text_steers_nothing() {
    let hostile = "\u{1b}[2J\u{1b}]0;title\u{7}\r\n::error file=x::forged\n##[error]forged\n##vso[task.complete]\u{202e}\u{9b}31m\nPROVEN";
    let mut finding = sample::finding("access/read-other-tenant", "GET /a", "cause");
    for field in [
        &mut finding.title,
        &mut finding.detail,
        &mut finding.actor,
        &mut finding.remediation,
    ] {
        *field = hostile.to_owned();
    }
    let one = &mut finding.evidence[0];
    one.body = hostile.to_owned();
    one.curl = hostile.to_owned();
    one.proof = Some(hostile.to_owned());
    one.headers = vec![hostile.to_owned()];
    let open = Undecided::new(Cause::NeitherAnswer, hostile).settled_by(hostile);
    let mut report = sample::report(vec![
        sample::failed("access/read-other-tenant", "GET /a", vec![finding]),
        sample::open("access/read-other-tenant", "GET /b", open),
        sample::missing("auth/expired-token", "GET /c", hostile, Some(hostile)),
    ]);
    report.notices = vec![Notice::warning(hostile)];
    report.target = hostile.to_owned();
    for (verbose, width) in [(false, 100), (true, 100), (true, 40)] {
        let text = Console {
            color: false,
            verbose,
            width,
        }
        .render(&report);
        let acts = |c: char| (c < ' ' && c != '\n') || matches!(c, '\u{7f}'..='\u{9f}' | '\u{202e}');
        assert!(!text.contains(acts), "{text}");
        assert!(!text.contains("##"), "{text}");
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.starts_with("PROVEN") || line == "PROVEN CASES", "{line}");
        }
    }
}

#[test]
fn a_megabyte_of_anything_is_cut() {
    let big = "x ".repeat(1 << 19);
    let mut finding = sample::finding("access/read-other-tenant", "GET /a", "cause");
    finding.title = big.clone();
    finding.detail = big.clone();
    finding.evidence = vec![sample::evidence(&big); 40];
    finding.references = vec![big.clone(); 3];
    let report = sample::report(vec![sample::failed(
        "access/read-other-tenant",
        "GET /a",
        vec![finding],
    )]);
    let text = Console {
        verbose: true,
        ..Console::default()
    }
    .render(&report);
    assert!(text.len() < 200_000, "{}", text.len());
}
