//! A refusal of somebody who is refused everything is no proof.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use gate_check::Prober;
use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_exchange::Outgoing;
use gate_model::{Cause, Outcome, Undecided};
use gate_spec::{AccessRule, OperationPattern, Scope, ServedBy};
use serde_json::json;
use support::{cause, is_foreign_probe, outcome, plan};

const OBJECT: [&str; 5] = [
    "GET /notes/{id}",
    "GET /notes",
    "PATCH /notes/{id}",
    "POST /notes/{id}/done",
    "DELETE /notes/{id}",
];

fn is_stranger(out: &Outgoing) -> bool {
    out.actor.identity.as_ref().is_some_and(|name| name.as_str() != "alice")
}

/// Strangers are logged in, and everything but the answer to who they are is refused.
fn pending(out: &Outgoing) -> Option<Reply> {
    (is_stranger(out) && out.request.path != "/me").then(|| Reply::new(403, json!({"error": "second factor"})))
}

fn reason(outcome: &Outcome) -> &Undecided {
    match outcome {
        Outcome::Inconclusive { undecided } => undecided,
        other => panic!("not open: {other:?}"),
    }
}

#[tokio::test]
async fn a_stranger_who_is_served_nothing_proves_nothing() {
    let mut said = Vec::new();
    for operation in OBJECT {
        let api = FakeApi::on(|out, _| pending(out));
        let outcome = outcome(api, operation, Prober::OtherTenants).await;
        let reason = reason(&outcome);
        assert_eq!(reason.cause, Cause::IdentityUnproven, "{operation}: {reason:?}");
        let settle = reason.settle.as_deref().unwrap_or_default();
        assert!(settle.contains("served") && settle.contains("GET /notes"), "{settle}");
        said.push(reason.detail.clone());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "one root cause: {said:?}");
}

#[tokio::test]
async fn what_is_open_to_such_a_stranger_is_a_finding_all_the_same() {
    let api = FakeApi::on(|out, world| match out.request.path.as_str() {
        path if path.starts_with("/notes/") && is_foreign_probe(out) => {
            let (_, note) = world.notes.values().next()?;
            Some(Reply::new(200, note.clone()))
        }
        _ => pending(out),
    });
    let outcome = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Fail { .. }), "{outcome:?}");
}

#[tokio::test]
async fn one_thing_of_his_own_is_enough_even_where_his_lists_are_refused() {
    let api = FakeApi::on(|out, _| {
        (is_stranger(out) && out.request.path == "/notes" && out.request.method.is_safe())
            .then(|| Reply::new(403, json!({"error": "lists are for administrators"})))
    });
    let outcome = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}

#[tokio::test]
async fn whoever_may_rightly_do_nothing_is_no_alarm() {
    let api = FakeApi::on(|out, _| pending(out)).with_plan(|spec| {
        for identity in spec.identities.values_mut() {
            identity.served = ServedBy::Nothing;
        }
    });
    let by_word = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    let api = FakeApi::on(|out, _| pending(out)).with_plan(|spec| {
        spec.identities[0].roles = vec!["writer".to_owned()];
        spec.access.declared = true;
        spec.access.rules.push(AccessRule {
            role: "writer".to_owned(),
            scope: Scope::Tenant,
            pattern: OperationPattern::parse("ANY /notes/**").expect("a pattern"),
            reason: None,
            source: None,
        });
    });
    let by_access = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    for (outcome, words) in [(by_word, "may do nothing else"), (by_access, "holds nothing else")] {
        assert!(
            matches!(&outcome, Outcome::Pass { proof } if proof.contains(words)),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_plan_may_name_what_serves_somebody() {
    let named = |api: FakeApi| {
        api.with_plan(|spec| {
            for identity in spec.identities.values_mut() {
                identity.served = ServedBy::Operation("GET /notes/{id}".into());
            }
        })
    };
    let sound = outcome(named(FakeApi::sound()), "GET /notes/{id}", Prober::OtherTenants).await;
    assert!(matches!(sound, Outcome::Pass { .. }), "{sound:?}");
    // His list is served, which is not what the plan names.
    let api = named(FakeApi::on(|out, _| {
        (is_stranger(out) && out.request.path.starts_with("/notes/")).then(|| Reply::new(404, json!({})))
    }));
    let refused = outcome(api, "GET /notes/{id}", Prober::OtherTenants).await;
    assert_eq!(cause(&refused), Some(Cause::IdentityUnproven), "{refused:?}");
}

#[tokio::test]
async fn it_costs_one_request_for_an_identity_and_is_looked_at_again_after_a_while() {
    let asked = Arc::new(AtomicU32::new(0));
    let suspended = Arc::new(AtomicBool::new(false));
    let (count, stop) = (Arc::clone(&asked), Arc::clone(&suspended));
    let bench = Bench::new(FakeApi::on(move |out, _| {
        if is_stranger(out) && !is_foreign_probe(out) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        stop.load(Ordering::Relaxed).then(|| pending(out)).flatten()
    }));
    for operation in ["GET /notes/{id}", "GET /notes"] {
        let verdicts = bench.run(vec![plan(operation, Prober::OtherTenants)]).await;
        assert!(matches!(verdicts[0].outcome(), Outcome::Pass { .. }), "{verdicts:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2, "one for each of the two strangers");
    suspended.store(true, Ordering::Relaxed);
    bench.ctx().clock.sleep(Duration::from_secs(6)).await;
    let verdicts = bench.run(vec![plan("GET /notes/{id}", Prober::OtherTenants)]).await;
    assert_eq!(cause(verdicts[0].outcome()), Some(Cause::IdentityUnproven));
}

#[tokio::test]
async fn nobody_needs_nothing_to_be_served() {
    let outcome = outcome(FakeApi::on(|out, _| pending(out)), "GET /notes/{id}", Prober::Anonymous).await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}
