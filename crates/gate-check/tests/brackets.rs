//! Brackets on fakes: what a server may answer, and what becomes of it.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use gate_check::Prober;
use gate_check::testkit::{Bench, FakeApi, Reply, sound_answer};
use gate_exchange::{Outgoing, Purpose};
use gate_model::{Cause, Outcome};
use serde_json::{Value, json};
use support::{cause, is_foreign_probe, outcome, plan};

const ALL: [&str; 6] = [
    "GET /notes/{id}",
    "GET /notes",
    "PATCH /notes/{id}",
    "POST /notes/{id}/done",
    "DELETE /notes/{id}",
    "POST /notes",
];
const OBJECT: [&str; 5] = [ALL[0], ALL[1], ALL[2], ALL[3], ALL[4]];

#[tokio::test]
async fn a_sound_server_passes_everywhere() {
    for operation in OBJECT {
        let outcome = outcome(FakeApi::sound(), operation, Prober::OtherTenants).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{operation}: {outcome:?}");
    }
    for operation in ALL.iter().chain(&["GET /me"]) {
        let outcome = outcome(FakeApi::sound(), operation, Prober::Anonymous).await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_status_to_every_stranger_that_is_no_denial_is_never_a_pass() {
    for status in [200, 204, 302, 400, 405, 409, 415, 422, 429, 500, 503] {
        for operation in OBJECT {
            let api = FakeApi::on(move |out, _| is_foreign_probe(out).then(|| Reply::new(status, Value::Null)));
            let outcome = outcome(api, operation, Prober::OtherTenants).await;
            // A write that was accepted and changed nothing, while the owner's own shows its effect, is none.
            let harmless = matches!(status, 200 | 204) && !operation.starts_with("GET");
            if harmless {
                assert!(
                    matches!(outcome, Outcome::Pass { .. }),
                    "{status} {operation}: {outcome:?}"
                );
            } else {
                let expected = if status == 429 {
                    Cause::Throttled
                } else {
                    Cause::NeitherAnswer
                };
                assert_eq!(cause(&outcome), Some(expected), "{status} {operation}: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_status_to_everybody_is_never_a_pass() {
    for status in [200, 204, 401, 403, 404, 429, 500] {
        for operation in ALL {
            let api = FakeApi::on(move |out, _| {
                (out.purpose != Purpose::Setup && out.purpose != Purpose::Cleanup)
                    .then(|| Reply::new(status, Value::Null))
            });
            for prober in [Prober::OtherTenants, Prober::Anonymous] {
                if operation == "POST /notes" {
                    continue;
                }
                let bench = Bench::new(FakeApi::on(move |out, _| {
                    (out.purpose != Purpose::Setup).then(|| Reply::new(status, Value::Null))
                }));
                let verdicts = bench.run(vec![plan(operation, prober)]).await;
                for verdict in verdicts {
                    assert!(
                        !matches!(verdict.outcome(), Outcome::Pass { .. }),
                        "{status} {operation}: {:?}",
                        verdict.outcome()
                    );
                }
            }
            drop(api);
        }
    }
}

#[tokio::test]
async fn a_served_stranger_is_a_finding() {
    for operation in OBJECT {
        let api = FakeApi::on(|out, world| {
            is_foreign_probe(out).then(|| {
                let mut as_owner = out.clone();
                as_owner.actor.identity = Some("alice".into());
                sound_answer(FakeApi::sound().spec(), &as_owner, world)
            })
        });
        let outcome = outcome(api, operation, Prober::OtherTenants).await;
        let Outcome::Fail { findings } = &outcome else {
            panic!("{operation}: {outcome:?}")
        };
        assert!(
            findings[0].title.contains("mallory") || findings[0].title.contains("eve"),
            "{}",
            findings[0].title
        );
    }
}

#[tokio::test]
async fn what_is_written_before_the_refusal_is_a_finding() {
    for (operation, status) in [
        ("PATCH /notes/{id}", 403),
        ("POST /notes/{id}/done", 403),
        ("DELETE /notes/{id}", 404),
        ("DELETE /notes/{id}", 500),
    ] {
        let api = FakeApi::on(move |out, world| {
            is_foreign_probe(out).then(|| {
                let mut as_owner = out.clone();
                as_owner.actor.identity = Some("alice".into());
                sound_answer(FakeApi::sound().spec(), &as_owner, world);
                Reply::new(status, json!({"error": status}))
            })
        });
        let outcome = outcome(api, operation, Prober::OtherTenants).await;
        assert!(matches!(outcome, Outcome::Fail { .. }), "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn only_the_one_who_changed_it_is_blamed() {
    let api = FakeApi::on(|out, world| {
        (is_foreign_probe(out) && out.actor.to_string() == "eve").then(|| {
            let mut as_owner = out.clone();
            as_owner.actor.identity = Some("alice".into());
            sound_answer(FakeApi::sound().spec(), &as_owner, world);
            Reply::new(403, Value::Null)
        })
    });
    let outcome = outcome(api, "POST /notes/{id}/done", Prober::OtherTenants).await;
    let Outcome::Fail { findings } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(findings.iter().all(|finding| finding.actor == "eve"), "{findings:?}");
}

#[tokio::test]
async fn a_body_that_leaks_in_a_denial_is_a_finding() {
    let api = FakeApi::on(|out, world| {
        is_foreign_probe(out).then(|| {
            let note = world
                .notes
                .values()
                .next()
                .map(|(_, note)| note.clone())
                .unwrap_or_default();
            Reply::new(403, json!({"error": "forbidden", "object": note}))
        })
    });
    let outcome = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Fail { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_lost_intruder_is_undecided_and_a_renewed_one_is_decided() {
    let lost_once = || {
        let lost = AtomicU32::new(0);
        move |out: &Outgoing, world: &mut gate_check::testkit::World| {
            if is_foreign_probe(out) && lost.fetch_add(1, Ordering::Relaxed) == 0 {
                world.dead.extend(out.actor.identity.clone());
            }
            None
        }
    };
    for operation in OBJECT {
        let renewed = outcome(FakeApi::on(lost_once()), operation, Prober::OtherTenants).await;
        assert!(matches!(renewed, Outcome::Pass { .. }), "{operation}: {renewed:?}");
        let dead = outcome(
            FakeApi::on(lost_once()).with_static_sessions(),
            operation,
            Prober::OtherTenants,
        )
        .await;
        assert_eq!(cause(&dead), Some(Cause::SessionLost), "{operation}: {dead:?}");
        let always = FakeApi::on(|out, world| {
            if is_foreign_probe(out) {
                world.dead.extend(out.actor.identity.clone());
            }
            None
        });
        let always = outcome(always, operation, Prober::OtherTenants).await;
        assert_eq!(cause(&always), Some(Cause::SessionLost), "{operation}: {always:?}");
    }
}

#[tokio::test]
async fn a_field_that_changes_by_itself_is_no_finding() {
    let api = FakeApi::on(|_, world| {
        let now = world.requests;
        for (_, note) in world.notes.values_mut() {
            note["seen"] = json!(now);
        }
        None
    });
    let outcome = outcome(api, "PATCH /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_echo_of_what_the_stranger_sent_is_no_finding() {
    let api = FakeApi::on(|out, _| {
        is_foreign_probe(out).then(|| {
            let body = String::from_utf8_lossy(out.request.body_bytes()).into_owned();
            Reply::new(404, json!({"path": out.request.path, "you sent": body}))
        })
    });
    let outcome = outcome(api, "PATCH /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}

#[tokio::test]
async fn bad_request_is_a_denial_only_for_missing_credentials() {
    let bad = |anonymous: bool| {
        FakeApi::on(move |out, _| {
            let stranger = if anonymous {
                out.actor.is_anonymous()
            } else {
                is_foreign_probe(out)
            };
            stranger.then(|| Reply::new(400, Value::Null))
        })
    };
    let anonymous = outcome(bad(true), "GET /notes/{id}", Prober::Anonymous).await;
    assert!(matches!(anonymous, Outcome::Pass { .. }), "{anonymous:?}");
    let foreign = outcome(bad(false), "GET /notes/{id}", Prober::OtherTenants).await;
    assert_eq!(cause(&foreign), Some(Cause::NeitherAnswer), "{foreign:?}");
}

#[tokio::test]
async fn an_open_route_is_a_finding() {
    for operation in [
        "GET /me",
        "GET /notes",
        "GET /notes/{id}",
        "PATCH /notes/{id}",
        "DELETE /notes/{id}",
        "POST /notes",
    ] {
        let api = FakeApi::on(|out, world| {
            out.actor.is_anonymous().then(|| {
                let mut as_owner = out.clone();
                as_owner.actor.identity = Some("alice".into());
                sound_answer(FakeApi::sound().spec(), &as_owner, world)
            })
        });
        let bench = Bench::new(api);
        let verdicts = bench.run(vec![plan(operation, Prober::Anonymous)]).await;
        assert!(
            matches!(verdicts[0].outcome(), Outcome::Fail { .. }),
            "{operation}: {:?}",
            verdicts[0].outcome()
        );
    }
}

#[tokio::test]
async fn a_target_that_dies_midway_is_never_a_pass() {
    for after in 1..12 {
        for operation in OBJECT {
            let bench = Bench::new(FakeApi::on(move |_, world| {
                (world.requests > after).then(|| Reply {
                    status: 0,
                    body: Value::Null,
                    headers: Vec::new(),
                })
            }));
            let verdicts = bench.run(vec![plan(operation, Prober::OtherTenants)]).await;
            let total = bench.api.world(|world| world.requests);
            if total > after {
                let passed = verdicts
                    .iter()
                    .any(|verdict| matches!(verdict.outcome(), Outcome::Pass { .. }));
                assert!(!passed, "{operation} after {after}: {verdicts:?}");
            }
        }
    }
}

#[tokio::test]
async fn two_checks_on_one_operation_share_their_control() {
    let bench = Bench::new(FakeApi::sound());
    let plans = vec![
        plan("GET /notes/{id}", Prober::OtherTenants),
        plan("GET /notes/{id}", Prober::Anonymous),
    ];
    let verdicts = bench.run(plans).await;
    assert_eq!(verdicts.len(), 2);
    // One object, the control twice, two strangers and nobody; and each stranger's own list, once in the run.
    assert_eq!(bench.api.world(|world| world.requests), 1 + 2 + 3 + 2);
}
