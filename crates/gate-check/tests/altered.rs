//! Altered credentials in brackets: made of the control's own, and counted only while those work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gate_check::testkit::{Bench, FakeApi, World, sound_answer};
use gate_check::{Alter, Base, Ctx, FindingText, Made, NoAltered, ProbePlan, Prober, Refusal, Verdict};
use gate_exchange::{Altered, BoxFuture, Credentials, Outgoing, Presented};
use gate_model::{Case, Cause, CheckId, CheckPage, Finding, Missing, OperationId, Outcome, Severity};

const PAGE: &str = "---\nid: auth/test\nseverity: high\nimpact: data-exposure\ncwe: CWE-287\n---\n\n## Question\n\nq\n\n## Why\n\nw\n\n## Control\n\nc\n\n## Outcomes\n\no\n\n## Remediation\n\nr\n";

const ALL: [&str; 6] = [
    "GET /notes/{id}",
    "GET /notes",
    "PATCH /notes/{id}",
    "POST /notes/{id}/done",
    "DELETE /notes/{id}",
    "POST /notes",
];

/// Writes two rows, or says why not.
struct Rows {
    missing: bool,
    fetched: bool,
}

impl Alter for Rows {
    fn alter<'a>(&'a self, _ctx: &'a Ctx<'a>, live: &'a Credentials) -> BoxFuture<'a, Result<Made, NoAltered>> {
        Box::pin(async move {
            if self.missing {
                let what = "no key is given".to_owned();
                return Err(NoAltered::Missing(Missing { what, add: None }));
            }
            let token = live.main().map(|(_, value)| value.expose().clone()).unwrap_or_default();
            let row = |row: &str| {
                live.with_main(
                    row,
                    &format!("{}'s token, {row}", live.identity),
                    format!("{token}-{row}"),
                )
            };
            Ok(Made {
                altered: vec![row("one"), row("two")],
                untried: Some("not tried: three".to_owned()),
            })
        })
    }

    fn at_most(&self) -> u64 {
        2
    }

    fn witnessed(&self, altered: &Altered) -> Option<String> {
        (self.fetched && altered.row == "two").then(|| "the target fetched a key from us".to_owned())
    }

    fn explain(&self, _altered: &Altered, finding: &mut Finding) {
        finding.severity = Severity::Note;
    }
}

fn rows() -> Rows {
    Rows {
        missing: false,
        fetched: false,
    }
}

async fn outcome(api: FakeApi, operation: &str, base: Base, rows: Rows) -> Outcome {
    let page = Arc::new(CheckPage::parse(PAGE).expect("a page"));
    let bench = Bench::new(api);
    let plan = ProbePlan {
        case: Case::new(&CheckId::new("auth/test")).with_operation(&OperationId::new(operation)),
        operation: OperationId::new(operation),
        refusal: Refusal::Credential,
        prober: Prober::Altered(base, Arc::new(rows)),
        text: Arc::new(FindingText { page, verb: "use" }),
    };
    let verdicts = bench.run(vec![plan]).await;
    assert_eq!(verdicts.len(), 1, "{operation}: {verdicts:?}");
    let leftovers = bench.objects.clean_up().await;
    assert!(leftovers.is_empty(), "{operation}: {leftovers:?}");
    verdicts.into_iter().next().map(Verdict::into_parts).expect("one").1
}

fn row_of(out: &Outgoing) -> Option<&str> {
    match &out.actor.presented {
        Presented::Altered(altered) => Some(&altered.row),
        _ => None,
    }
}

/// The same request as its owner would send it, answered as the sound server answers him.
fn as_owner(out: &Outgoing, world: &mut World) -> gate_check::testkit::Reply {
    let Presented::Altered(altered) = &out.actor.presented else {
        panic!("altered credentials");
    };
    let mut owners = out.clone();
    owners.actor = gate_exchange::Actor::identity(&altered.of);
    sound_answer(FakeApi::sound().spec(), &owners, world)
}

#[tokio::test]
async fn refused_rows_pass_with_what_was_tried_and_what_was_not() {
    for operation in ALL {
        let outcome = outcome(FakeApi::sound(), operation, Base::Control, rows()).await;
        let Outcome::Pass { proof } = &outcome else {
            panic!("{operation}: {outcome:?}");
        };
        for words in [
            "alice's token, one was answered 401",
            "alice's token, two",
            "not tried: three",
        ] {
            assert!(proof.contains(words), "{operation}: {proof}");
        }
        let control = proof.split("; ").next().unwrap_or_default();
        assert_eq!(proof.matches(control).count(), 1, "the control is said once: {proof}");
    }
}

#[tokio::test]
async fn one_accepted_row_is_found_and_explained() {
    for operation in ALL {
        let api = FakeApi::on(|out, world| (row_of(out) == Some("two")).then(|| as_owner(out, world)));
        let outcome = outcome(api, operation, Base::Control, rows()).await;
        let Outcome::Fail { findings } = &outcome else {
            panic!("{operation}: {outcome:?}");
        };
        assert!(
            findings
                .iter()
                .all(|finding| finding.title.contains("alice's token, two")),
            "{operation}: {findings:?}"
        );
        assert_eq!(findings[0].severity, Severity::Note);
    }
}

#[tokio::test]
async fn what_the_target_did_beside_refusing_is_found() {
    let fetched = Rows {
        fetched: true,
        ..rows()
    };
    let outcome = outcome(FakeApi::sound(), "GET /notes/{id}", Base::Control, fetched).await;
    assert!(
        matches!(&outcome, Outcome::Fail { findings } if findings[0].detail.contains("fetched a key")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_lacking_input_is_not_testable() {
    let missing = Rows {
        missing: true,
        ..rows()
    };
    let outcome = outcome(FakeApi::sound(), "GET /notes/{id}", Base::Control, missing).await;
    assert!(matches!(outcome, Outcome::NotTestable { .. }), "{outcome:?}");
}

#[tokio::test]
async fn credentials_that_died_meanwhile_prove_nothing() {
    // The owner's session ends with the first altered request: a refusal of the second means nothing.
    let dies = || {
        let times = AtomicU32::new(0);
        move |limit: u32| {
            FakeApi::on(move |out, world| {
                if row_of(out).is_some() && times.fetch_add(1, Ordering::Relaxed) < limit {
                    world.dead.insert("alice".into());
                }
                None
            })
        }
    };
    let once = outcome(dies()(1), "GET /notes/{id}", Base::Control, rows()).await;
    assert!(matches!(once, Outcome::Pass { .. }), "{once:?}");
    let always = outcome(dies()(u32::MAX), "GET /notes/{id}", Base::Control, rows()).await;
    assert!(
        matches!(&always, Outcome::Inconclusive { undecided } if undecided.cause == Cause::SessionLost),
        "{always:?}"
    );
}

#[tokio::test]
async fn a_strangers_altered_token_that_is_taken_for_his_own_shows_nothing() {
    // The alteration is ignored: he is served his own notes, and refused the owner's.
    for operation in ["GET /notes", "GET /notes/{id}", "PATCH /notes/{id}"] {
        let api = FakeApi::on(|out, world| row_of(out).map(|_| as_owner(out, world)));
        let outcome = outcome(api, operation, Base::OtherTenants, rows()).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_refusal_counts_only_where_nobody_is_refused_too() {
    for status in [302, 429, 500] {
        for operation in ALL {
            let api = FakeApi::on(move |out, _| {
                (out.actor.presented == Presented::Nothing)
                    .then(|| gate_check::testkit::Reply::new(status, serde_json::Value::Null))
            });
            let outcome = outcome(api, operation, Base::Control, rows()).await;
            let expected = if status == 429 {
                Cause::Throttled
            } else {
                Cause::NeitherAnswer
            };
            assert!(
                matches!(&outcome, Outcome::Inconclusive { undecided } if undecided.cause == expected),
                "{status} {operation}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_taken_is_a_finding_whatever_nobody_is_answered() {
    let api = FakeApi::on(|out, world| match &out.actor.presented {
        Presented::Nothing => Some(gate_check::testkit::Reply::new(302, serde_json::Value::Null)),
        Presented::Altered(_) => Some(as_owner(out, world)),
        _ => None,
    });
    let outcome = outcome(api, "GET /notes/{id}", Base::Control, rows()).await;
    assert!(matches!(outcome, Outcome::Fail { .. }), "{outcome:?}");
}
