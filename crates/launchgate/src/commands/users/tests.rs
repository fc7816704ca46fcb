//! Users and keys on the demo, as a killed run leaves them.

use gate_demo::{Config, Demo};
use gate_exchange::{Request, RequestBody};
use gate_spec::Method;
use serde_json::{Value, json};

use super::*;
use crate::commands::demo_client::{client, spec};

fn noted(action: &str, user: &str, id: Option<Value>) -> JournalEntry {
    JournalEntry::Action {
        key: 1,
        action: action.to_owned(),
        user: user.to_owned(),
        id,
    }
}

fn key(owner: &str, id: Option<Value>) -> JournalEntry {
    JournalEntry::ApiKey {
        key: 1,
        owner: owner.to_owned(),
        handle: Some("lgu1".to_owned()),
        id,
    }
}

/// One request of a user, on the way to a run that is killed.
async fn ask(spec: &Spec, who: &str, method: Method, path: &str, body: Option<Value>) -> Value {
    let mut request = Request::new(method, path);
    request.body = body.map(|body| RequestBody {
        media_type: "application/json".to_owned(),
        bytes: body.to_string().into(),
    });
    let outgoing = Outgoing::new(&Actor::identity(&who.into()), Purpose::Setup, request);
    let exchange = client(spec).send(outgoing).await.expect("an answer");
    assert!(exchange.is_success(), "{path}: {}", exchange.status);
    exchange.json().unwrap_or_default().into_owned()
}

/// What takes each of them back, whom a check plays it on, and the request that a killed run had sent.
async fn changed(spec: &Spec, kind: ActionKind) -> (String, Value) {
    let spare = spec
        .identities
        .values()
        .find(|identity| identity.throw_away)
        .expect("somebody is given away");
    let id = ask(spec, spare.name.as_str(), Method::Get, "/me", None).await["id"].clone();
    let action = spec
        .settings
        .actions
        .get(kind)
        .expect("the document of the demo says how");
    let by = doer(spec, action, spare).expect("somebody does it").name.clone();
    let path = action.request.path.to_string().replace(
        &format!("{{{{{}}}}}", action.request.path.holes().last().expect("a user")),
        id.as_str().expect("an id"),
    );
    let body = match kind {
        ActionKind::SetRole => json!({ "role": "viewer" }),
        _ => json!({ "reason": "a run" }),
    };
    ask(spec, by.as_str(), action.request.method, &path, Some(body)).await;
    (spare.name.to_string(), id)
}

#[tokio::test]
async fn what_was_done_to_a_user_is_taken_back() {
    for (there, back) in [
        (ActionKind::Disable, ActionKind::Enable),
        (ActionKind::RemoveMember, ActionKind::AddMember),
        (ActionKind::SetRole, ActionKind::SetRole),
    ] {
        let demo = Demo::start(Config::default()).await.expect("a demo");
        let spec = spec(&demo).await;
        let before = demo.inventory();
        let (user, id) = changed(&spec, there).await;
        assert_ne!(demo.inventory(), before, "{there:?}");
        let entry = noted(back.word(), &user, Some(id));
        let planned = take_back(&client(&spec), &spec, &entry, true).await.expect("planned");
        assert!(planned.starts_with("would do"), "{planned}");
        assert_ne!(demo.inventory(), before, "{there:?}");
        let done = take_back(&client(&spec), &spec, &entry, false).await;
        assert!(
            done.as_ref().is_ok_and(|done| done.contains("done (2")),
            "{there:?}: {done:?}"
        );
        assert_eq!(demo.inventory(), before, "{there:?}");
        // A run may be killed before it was done.
        let again = take_back(&client(&spec), &spec, &entry, false).await;
        assert!(again.is_ok(), "{there:?}: {again:?}");
        assert_eq!(demo.inventory(), before, "{there:?}");
    }
}

/// What a note may not make the gate do.
#[tokio::test]
async fn only_what_the_plan_takes_back_is_sent() {
    let demo = Demo::start(Config::default()).await.expect("a demo");
    let spec = spec(&demo).await;
    let before = demo.inventory();
    let mallory = ask(&spec, "mallory", Method::Get, "/me", None).await["id"].clone();
    for (entry, says) in [
        (noted("disable", "adam", None), "takes nothing back; left alone"),
        (noted("set_role", "bob", None), "does not give this identity away"),
        (noted("enable", "eve", None), "no longer knows this identity"),
    ] {
        let left = take_back(&client(&spec), &spec, &entry, false).await.expect_err("left");
        assert!(left.contains(says), "{left}");
    }
    // A user who logs in says the id; the note does not.
    let done = take_back(&client(&spec), &spec, &noted("set_role", "adam", Some(mallory)), false).await;
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(demo.inventory(), before);
    // Who cannot log in is only known by the note, and its id is a value in the path, nothing more.
    changed(&spec, ActionKind::Disable).await;
    for id in ["..", "x/../../projects", "a?b", "%2e%2e"] {
        let entry = noted("enable", "adam", Some(Value::from(id)));
        let left = take_back(&client(&spec), &spec, &entry, false).await.expect_err("left");
        assert!(left.contains("by hand"), "{left}");
    }
}

#[tokio::test]
async fn a_key_is_revoked_by_its_id() {
    let demo = Demo::start(Config::default()).await.expect("a demo");
    let mut spec = spec(&demo).await;
    let before = demo.inventory();
    let keys = spec.settings.api_keys.clone().expect("the plan has keys");
    let maker = key_maker(&spec, &keys).expect("somebody makes them").to_string();
    let made = ask(
        &spec,
        &maker,
        Method::Post,
        "/keys",
        Some(json!({ "name": "lgu1", "scope": "read" })),
    )
    .await;
    assert_ne!(demo.inventory(), before);
    let entry = key(&maker, Some(made["id"].clone()));
    let planned = revoke_key(&client(&spec), &spec, &entry, true).await.expect("planned");
    assert!(planned.starts_with("would send DELETE /keys/"), "{planned}");
    let stranger = revoke_key(&client(&spec), &spec, &key("adam", Some(made["id"].clone())), false).await;
    assert!(
        stranger
            .expect_err("left")
            .contains("nobody whom the plan has make keys")
    );
    let unknown = revoke_key(&client(&spec), &spec, &key(&maker, None), false)
        .await
        .expect_err("left");
    assert!(unknown.contains("lgu1") && unknown.contains("by hand"), "{unknown}");
    let strange = revoke_key(&client(&spec), &spec, &key(&maker, Some(Value::from(".."))), false).await;
    assert!(strange.expect_err("left").contains("left alone"));
    assert_ne!(demo.inventory(), before);
    let revoked = revoke_key(&client(&spec), &spec, &entry, false).await.expect("revoked");
    assert!(revoked.contains("revoked (2"), "{revoked}");
    assert_eq!(demo.inventory(), before);
    spec.settings.api_keys = None;
    let left = revoke_key(&client(&spec), &spec, &entry, false)
        .await
        .expect_err("left");
    assert!(left.contains("by hand"), "{left}");
}
