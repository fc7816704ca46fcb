//! Handlers that answer first and write later, on fakes.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gate_check::Prober;
use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_exchange::Outgoing;
use gate_model::{Cause, Outcome};
use gate_spec::Method;
use serde_json::{Value, json};
use support::{cause, is_foreign_probe, outcome, plan};

/// Carries a request out as its owner's, after a while.
fn queue(out: &Outgoing, world: &mut World, after: Duration) {
    let mut as_owner = out.clone();
    as_owner.actor.identity = Some("alice".into());
    world.later(after, move |world| {
        sound_answer(FakeApi::sound().spec(), &as_owner, world);
    });
}

const WRITES: [&str; 3] = ["PATCH /notes/{id}", "POST /notes/{id}/done", "DELETE /notes/{id}"];

#[tokio::test]
async fn what_is_written_after_the_refusal_is_a_finding() {
    for millis in [1, 200, 500, 1_000, 1_500, 1_900] {
        for operation in WRITES {
            let api = FakeApi::on(move |out, world| {
                is_foreign_probe(out).then(|| {
                    queue(out, world, Duration::from_millis(millis));
                    Reply::new(403, json!({"error": "forbidden"}))
                })
            });
            let outcome = outcome(api, operation, Prober::OtherTenants).await;
            assert!(
                matches!(outcome, Outcome::Fail { .. }),
                "{operation} after {millis} ms: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn only_the_operation_that_wrote_late_is_blamed() {
    for guilty in WRITES {
        let bench = Bench::new(FakeApi::on(move |out, world| {
            let hit = out.operation.as_ref().is_some_and(|id| id.as_str() == guilty);
            (is_foreign_probe(out) && hit).then(|| {
                queue(out, world, Duration::from_secs(1));
                Reply::new(404, Value::Null)
            })
        }));
        let plans = WRITES.map(|operation| plan(operation, Prober::OtherTenants)).to_vec();
        for verdict in bench.run(plans).await {
            let failed = matches!(verdict.outcome(), Outcome::Fail { .. });
            let passed = matches!(verdict.outcome(), Outcome::Pass { .. });
            let expected = verdict.case().as_str().contains(guilty);
            assert!(
                failed == expected && passed != expected,
                "{guilty}: {} is {:?}",
                verdict.case(),
                verdict.outcome()
            );
        }
        assert!(bench.objects.clean_up().await.is_empty());
    }
}

#[tokio::test]
async fn only_the_one_who_wrote_late_is_blamed() {
    for operation in WRITES {
        let api = FakeApi::on(|out, world| {
            (is_foreign_probe(out) && out.actor.to_string() == "eve").then(|| {
                queue(out, world, Duration::from_secs(1));
                Reply::new(403, Value::Null)
            })
        });
        let outcome = outcome(api, operation, Prober::OtherTenants).await;
        let Outcome::Fail { findings } = outcome else {
            panic!("{operation}: {outcome:?}")
        };
        assert!(findings.iter().all(|finding| finding.actor == "eve"), "{findings:?}");
    }
}

#[tokio::test]
async fn a_write_that_nobody_can_see_in_time_is_outside_of_the_grace() {
    let api = FakeApi::on(|out, world| {
        is_foreign_probe(out).then(|| {
            queue(out, world, Duration::from_secs(30));
            Reply::new(403, Value::Null)
        })
    });
    let outcome = outcome(api, "PATCH /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_happens_late_only_once_is_flaky() {
    let struck = AtomicBool::new(false);
    let api = FakeApi::on(move |out, world| {
        (is_foreign_probe(out) && !struck.swap(true, Ordering::SeqCst)).then(|| {
            queue(out, world, Duration::from_secs(1));
            Reply::new(404, Value::Null)
        })
    });
    let outcome = outcome(api, "DELETE /notes/{id}", Prober::OtherTenants).await;
    assert_eq!(cause(&outcome), Some(Cause::Flaky), "{outcome:?}");
}

#[tokio::test]
async fn what_an_object_goes_through_by_itself_is_no_finding() {
    // Each note is approved by a job some time after it was made.
    let approving = || {
        FakeApi::on(|out, world| {
            if out.request.method == Method::Post && out.request.path == "/notes" {
                world.later(Duration::from_millis(500), |world| {
                    for (_, note) in world.notes.values_mut() {
                        note["approved"] = json!("yes");
                    }
                });
            }
            None
        })
    };
    for operation in WRITES {
        let outcome = outcome(approving(), operation, Prober::OtherTenants).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn what_was_made_late_below_an_owner_is_a_finding() {
    let api = FakeApi::on(|out, world| {
        let made = out.request.method == Method::Post && out.request.path == "/notes";
        (made && out.actor.is_anonymous()).then(|| {
            queue(out, world, Duration::from_secs(1));
            Reply::new(401, Value::Null)
        })
    });
    let bench = Bench::new(api);
    let verdicts = bench.run(vec![plan("POST /notes", Prober::Anonymous)]).await;
    assert!(
        matches!(verdicts[0].outcome(), Outcome::Fail { .. }),
        "{:?}",
        verdicts[0].outcome()
    );
}

#[tokio::test]
async fn the_wait_is_the_plans_own() {
    let bench = Bench::new(FakeApi::sound());
    let plans = WRITES.map(|operation| plan(operation, Prober::OtherTenants)).to_vec();
    bench.run(plans).await;
    let grace = bench.api.spec().settings.limits.grace;
    // The action has an object of its own, the change and the removal share one; the bench runs them one after the other.
    assert_eq!(bench.api.passed(), 2 * grace);
}
