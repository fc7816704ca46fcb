//! Probes by role: who lacks it is refused, who has it is served, and nothing is called a refusal that is none.

mod support;

use std::sync::Arc;

use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_check::{FindingText, ProbePlan, Prober, Refusal, Verdict};
use gate_exchange::{Outgoing, Purpose};
use gate_model::{Case, Cause, CheckId, OperationId, Outcome, OutcomeKind, Relation};
use gate_spec::{Method, Spec};
use serde_json::json;
use support::cause;

const OPERATIONS: [&str; 6] = [
    "GET /notes",
    "GET /notes/{id}",
    "POST /notes",
    "PATCH /notes/{id}",
    "POST /notes/{id}/done",
    "DELETE /notes/{id}",
];
const WRITES: [&str; 4] = [
    "POST /notes",
    "PATCH /notes/{id}",
    "POST /notes/{id}/done",
    "DELETE /notes/{id}",
];

/// Alice is a manager, bob a viewer of her tenant.
fn with_bob(spec: &mut Spec) {
    let mut bob = spec.identities["alice"].clone();
    bob.name = "bob".into();
    bob.roles = vec!["viewer".to_owned()];
    spec.identities["alice"].roles = vec!["manager".to_owned()];
    spec.identities.insert(bob.name.clone(), bob);
}

fn plan(operation: &str, refusal: Refusal) -> ProbePlan {
    let model = support::plan(operation, Prober::OtherTenants);
    let relation = Relation::SameTenant("viewer".to_owned());
    ProbePlan {
        case: Case::new(&CheckId::new("access/test"))
            .with_operation(&OperationId::new(operation))
            .with_relation(relation),
        prober: Prober::SameTenant("viewer".to_owned()),
        refusal,
        text: Arc::new(FindingText {
            page: Arc::clone(&model.text.page),
            verb: "reach",
        }),
        ..model
    }
}

async fn outcome(api: FakeApi, operation: &str, refusal: Refusal) -> Outcome {
    let bench = Bench::new(api.with_plan(with_bob));
    let verdicts = bench.run(vec![plan(operation, refusal)]).await;
    assert_eq!(verdicts.len(), 1, "{operation}: {verdicts:?}");
    let leftovers = bench.objects.clean_up().await;
    assert!(leftovers.is_empty(), "{operation}: {leftovers:?}");
    verdicts.into_iter().next().map(Verdict::into_parts).expect("one").1
}

fn by_bob(out: &Outgoing) -> bool {
    out.purpose == Purpose::Probe && out.actor.identity.as_ref().is_some_and(|name| name.as_str() == "bob")
}

/// What the API does by itself, whoever of the tenant asks.
fn served(out: &Outgoing, world: &mut World) -> Reply {
    let api = FakeApi::sound().with_plan(with_bob);
    sound_answer(api.spec(), out, world)
}

fn bob_is_answered(status: u16) -> FakeApi {
    FakeApi::on(move |out, _| by_bob(out).then(|| Reply::new(status, json!({ "error": status }))))
}

#[tokio::test]
async fn whoever_lacks_the_role_is_refused() {
    for operation in OPERATIONS {
        let outcome = outcome(bob_is_answered(403), operation, Refusal::Ordinary).await;
        assert_eq!(outcome.kind(), OutcomeKind::Pass, "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn whoever_lacks_the_role_and_is_served_is_a_finding() {
    for operation in OPERATIONS {
        let outcome = outcome(FakeApi::sound(), operation, Refusal::Ordinary).await;
        assert_eq!(outcome.kind(), OutcomeKind::Fail, "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_write_that_is_refused_and_done_is_a_finding() {
    for operation in WRITES {
        let api = FakeApi::on(|out, world| {
            by_bob(out).then(|| {
                served(out, world);
                Reply::new(403, json!({ "error": 403 }))
            })
        });
        let outcome = outcome(api, operation, Refusal::Ordinary).await;
        // What is made at the top and not named in the answer is found in the owner's list.
        assert_eq!(outcome.kind(), OutcomeKind::Fail, "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_error_is_no_refusal_of_a_role() {
    for status in [409, 422, 429, 500] {
        for operation in OPERATIONS {
            let outcome = outcome(bob_is_answered(status), operation, Refusal::Ordinary).await;
            assert_eq!(
                outcome.kind(),
                OutcomeKind::Inconclusive,
                "{operation} {status}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn whoever_has_the_role_is_served() {
    for operation in OPERATIONS {
        let outcome = outcome(FakeApi::sound(), operation, Refusal::Wrong).await;
        assert_eq!(outcome.kind(), OutcomeKind::Pass, "{operation}: {outcome:?}");
    }
}

#[tokio::test]
async fn whoever_has_the_role_and_is_refused_is_a_finding_that_says_so() {
    for status in [401, 403, 404] {
        for operation in OPERATIONS {
            let outcome = outcome(bob_is_answered(status), operation, Refusal::Wrong).await;
            let Outcome::Fail { findings } = &outcome else {
                panic!("{operation} {status}: {outcome:?}");
            };
            assert_eq!(
                findings[0].title,
                format!("bob is refused {operation}, which the plan grants")
            );
            assert!(!findings[0].evidence.is_empty());
        }
    }
}

#[tokio::test]
async fn what_may_be_the_fault_of_the_request_is_no_refusal() {
    for status in [400, 409, 415, 422] {
        for operation in OPERATIONS {
            let outcome = outcome(bob_is_answered(status), operation, Refusal::Wrong).await;
            assert_eq!(
                outcome.kind(),
                OutcomeKind::NotTestable,
                "{operation} {status}: {outcome:?}"
            );
        }
    }
    for status in [429, 500, 302] {
        let outcome = outcome(bob_is_answered(status), "GET /notes/{id}", Refusal::Wrong).await;
        assert_eq!(outcome.kind(), OutcomeKind::Inconclusive, "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_empty_answer_is_no_service() {
    let api = FakeApi::on(|out, _| by_bob(out).then(|| Reply::new(200, json!({ "error": "not for you" }))));
    let outcome = outcome(api, "GET /notes/{id}", Refusal::Wrong).await;
    assert_eq!(cause(&outcome), Some(Cause::NeitherAnswer), "{outcome:?}");
    // A role that sees fewer fields is served.
    let api = FakeApi::on(|out, world| {
        let reply = served(out, world);
        (by_bob(out) && out.request.method == Method::Get).then(|| Reply::new(200, json!({ "id": reply.body["id"] })))
    });
    let outcome = self::outcome(api, "GET /notes/{id}", Refusal::Wrong).await;
    assert_eq!(outcome.kind(), OutcomeKind::Pass, "{outcome:?}");
}

#[tokio::test]
async fn a_dead_session_or_a_dead_control_is_no_refusal() {
    for operation in OPERATIONS {
        // Bob's session dies with his first request, and cannot be renewed.
        let lost = FakeApi::on(|out, world| {
            if by_bob(out) {
                world.dead.insert("bob".into());
            }
            None
        });
        let outcome = outcome(lost.with_static_sessions(), operation, Refusal::Wrong).await;
        assert_eq!(outcome.kind(), OutcomeKind::Inconclusive, "{operation}: {outcome:?}");
        let everybody = FakeApi::on(|out, _| {
            let operation = matches!(out.purpose, Purpose::Probe | Purpose::Control);
            operation.then(|| Reply::new(403, json!({ "error": 403 })))
        });
        let outcome = self::outcome(everybody, operation, Refusal::Wrong).await;
        // What is made for the test is made by the operation itself, which its owner may.
        if operation != "POST /notes" {
            assert_eq!(outcome.kind(), OutcomeKind::Inconclusive, "{operation}: {outcome:?}");
        }
    }
}
