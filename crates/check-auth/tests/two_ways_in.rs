//! Forged credentials of a session that two cookies carry, each by itself, on the fake API of notes.

use gate_check::testkit::{Bench, FakeApi, Reply, sound_answer};
use gate_exchange::{Actor, Outgoing, Place, Presented};
use gate_model::{Outcome, Secret};
use serde_json::Value;

/// What the server makes of cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Either of the two lets in who was given it.
    Soundly,
    /// Whatever the session's cookie says lets alice in.
    AnySession,
}

fn server(reads: Reads) -> FakeApi {
    let spec = FakeApi::sound().spec().clone();
    let api = FakeApi::on(move |outgoing, world| {
        let Presented::Altered(altered) = &outgoing.actor.presented else {
            return None;
        };
        let sent = altered.headers.iter().find(|(name, _)| name == "Cookie");
        let sent = sent.map(|(_, value)| value.expose().clone()).unwrap_or_default();
        let pair = |name: &str| sent.split("; ").find_map(|pair| pair.strip_prefix(name));
        // What is asked for beside the session, whoever asks.
        if pair("csrf=") != Some("0123456789abcdef") {
            return Some(Reply::new(403, Value::Null));
        }
        let user = |value: &str| Some(value.strip_prefix("value-of-")?.strip_suffix("-1")?.to_owned());
        let by_session = match (pair("session="), reads) {
            (Some(_), Reads::AnySession) => Some("alice".to_owned()),
            (value, _) => value.and_then(user),
        };
        let Some(who) = by_session.or_else(|| pair("remember_token=").and_then(user)) else {
            return Some(Reply::new(401, Value::Null));
        };
        if !spec.identities.contains_key(who.as_str()) {
            return Some(Reply::new(401, Value::Null));
        }
        let acting = Outgoing {
            actor: Actor::identity(&who.as_str().into()),
            ..outgoing.clone()
        };
        Some(sound_answer(&spec, &acting, world))
    });
    api.presenting(|identity, generation| {
        let part = |name: &str, value: String| (Place::Cookie(name.to_owned()), Secret::new(value));
        vec![
            part("csrf", "0123456789abcdef".to_owned()),
            part("remember_token", format!("value-of-{identity}-{generation}")),
            part("session", format!("value-of-{identity}-{generation}")),
        ]
    })
}

async fn outcomes(api: FakeApi) -> Vec<(String, Outcome)> {
    let bench = Bench::new(api);
    let checks = check_auth::checks();
    let check = checks
        .iter()
        .find(|check| check.page().id.as_str() == "auth/forged-credential")
        .expect("the check");
    let probes = check.contribute(bench.api.spec()).probes;
    let probes = probes
        .into_iter()
        .filter(|probe| probe.operation.as_str().starts_with("GET "))
        .collect();
    let verdicts = bench.run(probes).await;
    let parts = verdicts.into_iter().map(gate_check::Verdict::into_parts);
    parts.map(|(case, outcome)| (case.to_string(), outcome)).collect()
}

#[tokio::test]
async fn the_other_cookie_does_not_let_a_forged_one_in() {
    let outcomes = outcomes(server(Reads::Soundly)).await;
    assert!(!outcomes.is_empty());
    for (case, outcome) in outcomes {
        let Outcome::Pass { proof } = &outcome else {
            panic!("{case}: {outcome:?}");
        };
        for cookie in ["session", "remember_token"] {
            let said = format!(" in the cookie `{cookie}` was answered 401");
            assert!(proof.contains(&said), "{case}: {proof}");
        }
    }
}

#[tokio::test]
async fn a_forged_one_that_is_taken_is_found_beside_it() {
    let outcomes = outcomes(server(Reads::AnySession)).await;
    assert!(
        outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Fail { .. })),
        "{outcomes:?}"
    );
}
