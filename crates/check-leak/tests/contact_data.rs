//! Notes that name people whom their reader does not know.

use std::sync::Arc;

use check_leak::ContactData;
use gate_check::testkit::{Bench, FakeApi, Reply, sound_answer};
use gate_check::{Check, Watcher, ask};
use gate_exchange::{Actor, Observer, Outgoing, Purpose, Request};
use gate_model::{Cause, OperationId, Outcome, Secret, Severity};
use gate_spec::{AcceptedField, Method, Spec};
use serde_json::{Value, json};

/// The users of the plan have addresses.
fn with_addresses(spec: &mut Spec) {
    for (name, address) in [("alice", "alice@acme.test"), ("mallory", "mallory@globex.test")] {
        let identity = spec.identities.get_mut(name).expect("an identity");
        identity
            .fields
            .push(("email".to_owned(), Secret::new(address.to_owned())));
    }
}

/// Everybody's list says this too.
fn saying(extra: Value) -> FakeApi {
    let api = FakeApi::on(move |outgoing, world| {
        if outgoing.request.method != Method::Get || !outgoing.request.path.starts_with("/notes") {
            return None;
        }
        if outgoing.actor.is_anonymous() {
            return Some(Reply::new(200, extra.clone()));
        }
        let mut reply = sound_answer(FakeApi::sound().spec(), outgoing, world);
        reply.body["by"] = extra.clone();
        Some(reply)
    });
    api.with_plan(with_addresses)
}

async fn outcome(api: FakeApi, reader: Option<&str>, path: &str) -> Outcome {
    let bench = Bench::new(api);
    let watcher: Arc<dyn Watcher> = ContactData::new()
        .watcher(bench.api.spec(), &bench.canaries)
        .expect("there are addresses");
    bench.api.observe(Arc::clone(&watcher) as Arc<dyn Observer>);
    let ctx = bench.ctx();
    let actor = reader.map_or_else(Actor::anonymous, |name| Actor::identity(&name.into()));
    for (actor, path) in [(Actor::identity(&"eve".into()), "/notes"), (actor, path)] {
        let outgoing = Outgoing::new(&actor, Purpose::Control, Request::new(Method::Get, path));
        ask(&ctx, outgoing.of(&OperationId::of("GET", "/notes")))
            .await
            .expect("an answer");
    }
    watcher.conclude(&ctx).remove(0).into_parts().1
}

fn severity(outcome: &Outcome) -> Severity {
    match outcome {
        Outcome::Fail { findings } => findings[0].severity,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ones_own_address_and_those_of_nobody_known_are_a_pass() {
    for (extra, reader) in [
        (json!({ "email": "sales@acme.test" }), Some("mallory")),
        (json!({ "contact": { "email": "sales@acme.test" } }), None),
        (
            json!([{ "email": "a***@acme.test" }, { "email": "b***@acme.test" }]),
            None,
        ),
    ] {
        let outcome = outcome(saying(extra), reader, "/notes").await;
        assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_address_of_a_stranger_is_a_note_unless_the_plan_says_more() {
    let extra = json!({ "author": { "mail": "Alice@acme.test" } });
    for reader in [Some("mallory"), None] {
        let outcome = outcome(saying(extra.clone()), reader, "/notes").await;
        assert_eq!(severity(&outcome), Severity::Note);
    }
    let fails = |spec: &mut Spec| spec.settings.sensitive_fields.contact_fails = true;
    let outcome = outcome(saying(extra).with_plan(fails), Some("mallory"), "/notes").await;
    assert_eq!(severity(&outcome), Severity::Medium);
}

#[tokio::test]
async fn a_list_of_addresses_is_for_nobody_in_particular() {
    let list = json!({ "items": [{ "email": "a@acme.test" }, { "email": "b@acme.test" }] });
    let outcome_of = |api, reader| outcome(api, reader, "/notes");
    assert_eq!(severity(&outcome_of(saying(list.clone()), None).await), Severity::Note);
    // Whoever is logged in may know them.
    assert!(matches!(
        outcome_of(saying(list.clone()), Some("mallory")).await,
        Outcome::Pass { .. }
    ));
    let accept = |spec: &mut Spec| {
        spec.settings.sensitive_fields.accepted.push(AcceptedField {
            field: "email".to_owned(),
            operation: None,
            reason: "a directory".to_owned(),
            source: None,
        });
    };
    assert!(matches!(
        outcome_of(saying(list).with_plan(accept), None).await,
        Outcome::Pass { .. }
    ));
}

#[tokio::test]
async fn an_echo_is_nobodys_address() {
    let extra = json!({ "query": "alice@acme.test" });
    let outcome = outcome(saying(extra), Some("mallory"), "/notes?q=alice%40acme.test").await;
    // Eve, who did not ask for it, was shown it too.
    assert_eq!(severity(&outcome), Severity::Note);
    let api = FakeApi::on(|outgoing, _| {
        let asked = outgoing.request.path.contains("alice");
        asked.then(|| Reply::new(200, json!({ "query": "alice@acme.test", "items": [] })))
    });
    let outcome = self::outcome(
        api.with_plan(with_addresses),
        Some("mallory"),
        "/notes?q=alice%40acme.test",
    )
    .await;
    assert!(matches!(outcome, Outcome::Pass { .. }), "{outcome:?}");
}

#[tokio::test]
async fn nobody_served_is_undecided_and_nobody_known_not_testable() {
    let api = FakeApi::on(|_, _| Some(Reply::new(401, Value::Null))).with_plan(with_addresses);
    let outcome = outcome(api, Some("mallory"), "/notes").await;
    let Outcome::Inconclusive { undecided } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(undecided.cause, Cause::NothingSeen);
    let api = FakeApi::sound();
    let contribution = ContactData::new().contribute(api.spec());
    assert!(contribution.watched.is_empty());
    assert!(contribution.not_testable[0].1.add.is_some());
}
