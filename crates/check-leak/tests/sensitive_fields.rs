//! Notes that carry more than anybody may see.

use std::sync::Arc;

use check_leak::SensitiveFields;
use gate_check::testkit::{Bench, FakeApi, Reply, sound_answer};
use gate_check::{Check, Watcher, ask};
use gate_exchange::{Actor, Observer, Outgoing, Purpose, Request};
use gate_model::{Cause, OperationId, Outcome, Secret};
use gate_objects::Objects as _;
use gate_spec::{AcceptedField, Effect, Method, OperationPattern, Spec};
use serde_json::{Value, json};

const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
const KEY: &str = "k3J9xQ0pLmk3J9xQ0pLm";

/// What alice's list, or the answer to a new note, has beside the notes.
fn with(method: Method, extra: Value) -> FakeApi {
    FakeApi::on(move |outgoing, world| {
        let own = outgoing.actor.to_string() == "alice";
        if !own || outgoing.request.method != method || outgoing.request.path != "/notes" {
            return None;
        }
        let mut reply = sound_answer(FakeApi::sound().spec(), outgoing, world);
        reply.body["by"] = extra.clone();
        Some(reply)
    })
}

/// Alice makes a note and lists hers.
async fn outcome(api: FakeApi) -> Outcome {
    outcome_for(api, "alice").await
}

async fn outcome_for(api: FakeApi, reader: &str) -> Outcome {
    let bench = Bench::new(api);
    let watcher: Arc<dyn Watcher> = SensitiveFields::new()
        .watcher(bench.api.spec(), &bench.canaries)
        .expect("it watches wherever there are operations");
    bench.api.observe(Arc::clone(&watcher) as Arc<dyn Observer>);
    let ctx = bench.ctx();
    // A server that serves nobody makes no note either.
    let _ = bench.objects.leased(&"note".into()).await;
    let reader = Actor::identity(&reader.into());
    let outgoing = Outgoing::new(&reader, Purpose::Control, Request::new(Method::Get, "/notes"));
    let outgoing = outgoing.of(&OperationId::of("GET", "/notes"));
    ask(&ctx, outgoing).await.expect("an answer");
    watcher.conclude(&ctx).remove(0).into_parts().1
}

fn passes(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Pass { proof } => proof,
        other => panic!("{other:?}"),
    }
}

fn fails_at(outcome: &Outcome) -> Vec<&str> {
    match outcome {
        Outcome::Fail { findings } => findings.iter().map(|finding| finding.detail.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn answers_without_secrets_are_a_pass() {
    for extra in [
        json!({}),
        json!({ "password": "********", "token": KEY, "secret": KEY, "api_key": "k3J9…pLm1k3J9xQ0pLm" }),
        json!({ "password": null, "has_password": true, "password_hash": "" }),
        json!({ "properties": { "password": { "example": "Hunter2-9x" } } }),
    ] {
        let outcome = outcome(with(Method::Get, extra)).await;
        assert!(passes(&outcome).contains("none held"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_hash_is_a_finding_that_does_not_show_it() {
    for (api, place) in [
        (
            with(
                Method::Get,
                json!({ "digest": BCRYPT, "other": BCRYPT.replace('R', "S") }),
            ),
            "by.digest",
        ),
        (
            with(
                Method::Get,
                json!([{ "passwordHash": "5f4dcc3b5aa765d61d8327deb882cf99" }]),
            ),
            "by[].passwordHash",
        ),
        (
            with(Method::Get, json!(format!("debug: row=(1, alice, {BCRYPT})"))),
            "in by,",
        ),
        // A write shows none either.
        (with(Method::Post, json!({ "digest": BCRYPT })), "by.digest"),
        (
            with(
                Method::Post,
                json!({ "password_digest": "5f4dcc3b5aa765d61d8327deb882cf99" }),
            ),
            "by.password_digest",
        ),
    ] {
        let outcome = outcome(api).await;
        let details = fails_at(&outcome);
        assert!(
            details[0].contains(place) && details[0].contains("shown to alice"),
            "{}",
            details[0]
        );
        let told = format!("{outcome:?}");
        for secret in ["R9h/cIPz0gi", "S9h/cIPz0gi", "5f4dcc3b5aa7"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[tokio::test]
async fn what_a_write_made_may_be_shown_once() {
    let extra = json!({ "password": "Hunter2-9x", "reset_token": "k3J9xQ0pLm", "api_key": KEY });
    passes(&outcome(with(Method::Post, extra.clone())).await);
    let outcome = outcome(with(Method::Get, extra)).await;
    assert_eq!(fails_at(&outcome).len(), 3);
}

#[tokio::test]
async fn a_login_gives_tokens_and_no_hash() {
    let issues = |spec: &mut Spec| {
        let operation = spec.operations.get_mut("GET /notes").expect("an operation");
        operation.effect = Effect::IssuesCredentials;
        // What is read is a note then.
    };
    let own = json!({ "access_token": KEY, "refresh_token": KEY, "password": "Hunter2-9x" });
    let quiet = outcome(with(Method::Get, own).with_plan(issues)).await;
    let Outcome::Inconclusive { undecided } = quiet else {
        panic!("{quiet:?}")
    };
    assert_eq!(undecided.cause, Cause::NothingSeen);
    let outcome = outcome(with(Method::Get, json!({ "digest": BCRYPT })).with_plan(issues)).await;
    assert_eq!(fails_at(&outcome).len(), 1);
}

#[tokio::test]
async fn a_password_that_is_known_is_one_whatever_its_field_is_called() {
    let knows = |spec: &mut Spec| {
        for (name, field, value) in [
            ("mallory", "password", "correct horse"),
            ("alice", "token", "alice-token-1"),
        ] {
            let identity = spec.identities.get_mut(name).expect("an identity");
            identity.fields.push((field.to_owned(), Secret::new(value.to_owned())));
        }
    };
    let outcome =
        outcome(with(Method::Get, json!({ "hint": "correct horse", "t": "alice-token-1" })).with_plan(knows)).await;
    let details = fails_at(&outcome);
    assert!(details.len() == 1 && details[0].contains("by.hint"), "{details:?}");
    assert!(!format!("{outcome:?}").contains("correct horse"), "{outcome:?}");
}

#[tokio::test]
async fn the_plan_accepts_and_forbids() {
    let accept = |operation: &'static str| {
        move |spec: &mut Spec| {
            spec.settings.sensitive_fields.accepted.push(AcceptedField {
                field: "by.api_key".to_owned(),
                operation: Some(OperationPattern::parse(operation).expect("a pattern")),
                reason: "opens nothing".to_owned(),
                source: None,
            });
        }
    };
    let api = || with(Method::Get, json!({ "api_key": KEY }));
    let accepted = outcome(api().with_plan(accept("GET /notes"))).await;
    assert!(
        passes(&accepted).contains("by.api_key of GET /notes (opens nothing)"),
        "{accepted:?}"
    );
    let elsewhere = outcome(api().with_plan(accept("GET /notes/{id}"))).await;
    assert!(fails_at(&elsewhere)[0].contains("accept: [{ field: \"by.api_key\", operation: \"GET /notes\""));
    let forbid = |spec: &mut Spec| spec.settings.sensitive_fields.forbidden.push("national_id".to_owned());
    let forbidden = outcome(with(Method::Get, json!({ "nationalId": "900101" })).with_plan(forbid)).await;
    assert!(fails_at(&forbidden)[0].contains("by.nationalId"));
}

#[tokio::test]
async fn whoever_is_served_nothing_shows_nothing() {
    let refuses = |outgoing: &Outgoing, _: &mut _| {
        let list = outgoing.request.method == Method::Get && outgoing.request.path == "/notes";
        list.then(|| Reply::new(403, json!({ "password": "Hunter2-9x" })))
    };
    let outcome = outcome(FakeApi::on(refuses)).await;
    let Outcome::Inconclusive { undecided } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(undecided.cause, Cause::NothingSeen);
    assert!(undecided.detail.contains("GET /notes"), "{}", undecided.detail);
    // What is shown along with a refusal is shown all the same.
    let refuses = |outgoing: &Outgoing, _: &mut _| {
        let list = outgoing.request.method == Method::Get && outgoing.request.path == "/notes";
        list.then(|| Reply::new(500, json!({ "error": format!("could not load ({BCRYPT})") })))
    };
    let outcome = outcome_for(FakeApi::on(refuses), "mallory").await;
    assert!(fails_at(&outcome)[0].contains("in error"), "{outcome:?}");
}
