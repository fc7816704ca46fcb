//! API keys on fakes: a sound server, one that goes on taking revoked keys, one whose scopes are words alone, and those of which
//! nothing can be said.

use std::sync::{Arc, Mutex};

use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_exchange::{Actor, Outgoing, Presented};
use gate_model::{Outcome, Secret};
use gate_spec::{
    ApiKeys, Body, CredentialSlot, Extract, JsonTemplate, LimitedKey, Method, OperationPattern, RequestTemplate, Spec,
    Template,
};
use serde_json::{Value, json};

const REVOKED: &str = "auth/revoked-key";
const SCOPE: &str = "auth/key-scope";

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A revoked key goes on working.
    RevokedServed,
    /// A key from long ago does.
    OldServed,
    /// Scopes are words alone.
    ScopeIgnored,
    /// A key that may not write writes and is answered 403.
    WritesThenRefuses,
    /// No key is taken.
    NoKeyWorks,
    /// No key may write, whatever its scope is.
    NoKeyWrites,
    /// Revoking is answered 500.
    RevokeBroken,
    /// The answer to whoever makes a key does not show it.
    KeyNotShown,
    /// A limited key dies with its first refusal.
    LimitedDies,
}

#[derive(Debug)]
struct Key {
    value: String,
    owner: String,
    reads_only: bool,
    revoked: bool,
}

type Keys = Arc<Mutex<Vec<Key>>>;

const OLD: &str = "key-from-long-ago";

fn plan(spec: &mut Spec) {
    let template = |method, path: &str| RequestTemplate::new(method, Template::parse_path(path).expect("a path"));
    let mut create = template(Method::Post, "/keys");
    create.body =
        Body::Json(JsonTemplate::parse(json!({ "name": "{{unique}}", "scope": "{{scope}}" })).expect("a body"));
    spec.settings.api_keys = Some(ApiKeys {
        by: None,
        create: Some(create),
        create_operation: None,
        key: Extract::JsonPath("$.key".to_owned()),
        id: Extract::JsonPath("$.id".to_owned()),
        revoke: Some(template(Method::Delete, "/keys/{{id}}")),
        revoke_operation: None,
        send: vec![CredentialSlot::Header {
            name: "X-Api-Key".to_owned(),
            value: Template::parse("{{key}}").expect("a value"),
        }],
        scope: Some("write".to_owned()),
        limited: Some(LimitedKey {
            scope: "read".to_owned(),
            to: vec![OperationPattern::parse("GET /**").expect("a pattern")],
        }),
        revoked: Some(Secret::new(OLD.to_owned())),
        source: None,
    });
}

fn server(fault: Option<Fault>) -> FakeApi {
    let keys: Keys = Arc::default();
    let spec = Arc::clone(FakeApi::sound().spec());
    FakeApi::on(move |outgoing, world| {
        let mut keys = keys.lock().expect("no thread panicked");
        answer(&spec, outgoing, world, &mut keys, fault)
    })
    .with_plan(plan)
}

fn answer(
    spec: &Spec,
    outgoing: &Outgoing,
    world: &mut World,
    keys: &mut Vec<Key>,
    fault: Option<Fault>,
) -> Option<Reply> {
    let is = |wanted: Fault| fault == Some(wanted);
    let refused = |status| Some(Reply::new(status, json!({ "error": "no" })));
    if let Presented::Altered(altered) = &outgoing.actor.presented {
        let sent = altered.headers.iter().find(|(name, _)| name == "X-Api-Key")?;
        let sent = sent.1.expose();
        if sent == OLD {
            return if is(Fault::OldServed) {
                Some(Reply::new(200, json!({ "items": [] })))
            } else {
                refused(401)
            };
        }
        let key = keys.iter_mut().find(|key| key.value == *sent);
        let Some(key) = key.filter(|key| !key.revoked || is(Fault::RevokedServed)) else {
            return refused(401);
        };
        if is(Fault::NoKeyWorks) {
            return refused(401);
        }
        let writes = !outgoing.request.method.is_safe();
        let barred = writes && (key.reads_only && !is(Fault::ScopeIgnored) || is(Fault::NoKeyWrites));
        let acting = Outgoing {
            actor: Actor::identity(&key.owner.as_str().into()),
            ..outgoing.clone()
        };
        if barred {
            if is(Fault::LimitedDies) {
                key.revoked = true;
            }
            if is(Fault::WritesThenRefuses) {
                sound_answer(spec, &acting, world);
            }
            return refused(403);
        }
        return Some(sound_answer(spec, &acting, world));
    }
    let path = outgoing.request.path.as_str();
    match (outgoing.request.method, path) {
        (Method::Post, "/keys") => {
            let owner = outgoing.actor.identity.as_ref()?.to_string();
            let body: Value = serde_json::from_slice(outgoing.request.body_bytes()).unwrap_or_default();
            let value = format!("key-number-{}-of-{owner}", keys.len());
            keys.push(Key {
                value: value.clone(),
                owner,
                reads_only: body["scope"] == "read",
                revoked: false,
            });
            let shown = (!is(Fault::KeyNotShown)).then_some(value);
            Some(Reply::new(201, json!({ "id": keys.len() - 1, "key": shown })))
        }
        (Method::Delete, path) if path.starts_with("/keys/") => {
            if is(Fault::RevokeBroken) {
                return Some(Reply::new(500, Value::Null));
            }
            let index: usize = path.trim_start_matches("/keys/").parse().ok()?;
            keys.get_mut(index)?.revoked = true;
            Some(Reply::new(204, Value::Null))
        }
        _ => None,
    }
}

/// How every case of a check comes out.
async fn outcomes(check: &str, api: FakeApi) -> Vec<(String, Outcome)> {
    let bench = Bench::new(api);
    let checks = check_auth::checks();
    let check = checks
        .iter()
        .find(|known| known.page().id.as_str() == check)
        .unwrap_or_else(|| panic!("no check is called {check}"));
    let contribution = check.contribute(bench.api.spec());
    let missing = contribution
        .not_testable
        .into_iter()
        .map(|(case, missing)| (case.id.to_string(), Outcome::NotTestable { missing }));
    let mut found: Vec<(String, Outcome)> = missing.collect();
    let mut verdicts = bench.run(contribution.probes).await;
    for group in contribution.groups {
        verdicts.extend((group.run)(&bench.ctx()).await);
    }
    found.extend(verdicts.into_iter().map(|verdict| {
        let (case, outcome) = verdict.into_parts();
        (case.to_string(), outcome)
    }));
    assert!(!found.is_empty());
    found
}

fn red(outcomes: &[(String, Outcome)]) -> Vec<&str> {
    let failed = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Fail { .. }));
    failed.map(|(case, _)| case.as_str()).collect()
}

fn undecided(outcome: &Outcome) -> (&str, Option<&str>) {
    match outcome {
        Outcome::Inconclusive { undecided } => (&undecided.detail, undecided.settle.as_deref()),
        other => panic!("expected an open case, got {other:?}"),
    }
}

#[tokio::test]
async fn a_sound_server_passes_each() {
    let revoked = outcomes(REVOKED, server(None)).await;
    let cases: Vec<&str> = revoked.iter().map(|(case, _)| case.as_str()).collect();
    assert_eq!(cases, ["auth/revoked-key DELETE /keys/{{id}}", "auth/revoked-key"]);
    let scopes = outcomes(SCOPE, server(None)).await;
    // Every write: making, changing, acting, removing.
    assert_eq!(scopes.len(), 4, "{scopes:?}");
    for (case, outcome) in revoked.iter().chain(&scopes) {
        assert!(matches!(outcome, Outcome::Pass { .. }), "{case}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_revoked_key_that_works_fails() {
    let outcomes_of = |fault| async move { outcomes(REVOKED, server(Some(fault))).await };
    let made = outcomes_of(Fault::RevokedServed).await;
    assert_eq!(red(&made), ["auth/revoked-key DELETE /keys/{{id}}"]);
    let old = outcomes_of(Fault::OldServed).await;
    assert_eq!(red(&old), ["auth/revoked-key"]);
}

#[tokio::test]
async fn a_scope_that_is_a_word_alone_fails() {
    for fault in [Fault::ScopeIgnored, Fault::WritesThenRefuses] {
        let outcomes = outcomes(SCOPE, server(Some(fault))).await;
        assert_eq!(red(&outcomes).len(), 4, "{fault:?}: {outcomes:?}");
    }
}

#[tokio::test]
async fn nothing_is_proven_without_keys_that_work() {
    for (fault, check, says) in [
        (Fault::NoKeyWorks, REVOKED, "which it may read"),
        (Fault::NoKeyWorks, SCOPE, "which it may read"),
        (Fault::KeyNotShown, REVOKED, "shows no key"),
        (Fault::KeyNotShown, SCOPE, "shows no key"),
        (Fault::RevokeBroken, REVOKED, "could not revoke"),
        (Fault::NoKeyWrites, SCOPE, "would show nothing of scopes"),
    ] {
        for (case, outcome) in outcomes(check, server(Some(fault))).await {
            if fault == Fault::RevokeBroken && case == REVOKED {
                // The old key needs no revocation.
                continue;
            }
            let (why, line) = undecided(&outcome);
            assert!(why.contains(says), "{fault:?} {case}: {why}");
            assert!(
                line.is_some_and(|line| line.starts_with("api_keys:")),
                "{fault:?} {case}"
            );
        }
    }
}

#[tokio::test]
async fn a_limited_key_that_died_meanwhile_proves_nothing() {
    for (case, outcome) in outcomes(SCOPE, server(Some(Fault::LimitedDies))).await {
        let (why, _) = undecided(&outcome);
        assert!(why.contains("which it may read"), "{case}: {why}");
    }
}

#[tokio::test]
async fn a_plan_that_lacks_an_input_is_told_which() {
    type Change = fn(&mut ApiKeys);
    let lacking: [(&str, Change, &str); 3] = [
        (SCOPE, |keys| keys.limited = None, "api_keys: { limited:"),
        (SCOPE, |keys| keys.create = None, "api_keys: { create:"),
        (
            REVOKED,
            |keys| (keys.revoke, keys.revoked) = (None, None),
            "api_keys: { create:",
        ),
    ];
    for (check, change, line) in lacking {
        let api = server(None).with_plan(|spec| change(spec.settings.api_keys.as_mut().expect("a section")));
        for (case, outcome) in outcomes(check, api).await {
            let Outcome::NotTestable { missing } = outcome else {
                panic!("{case}: {outcome:?}")
            };
            assert!(missing.add.is_some_and(|add| add.starts_with(line)), "{case}");
        }
    }
}

/// Who has no keys is not asked for them.
#[test]
fn a_plan_without_keys_has_no_cases() {
    let api = FakeApi::sound();
    for check in check_auth::checks() {
        if [REVOKED, SCOPE].contains(&check.page().id.as_str()) {
            let contribution = check.contribute(api.spec());
            assert!(
                contribution.probes.is_empty()
                    && contribution.groups.is_empty()
                    && contribution.not_testable.is_empty()
            );
        }
    }
}

/// Keys that were made are revoked, or still owed when the run ends.
#[tokio::test]
async fn keys_do_not_stay() {
    for check in [REVOKED, SCOPE] {
        let bench = Bench::new(server(None));
        for known in check_auth::checks()
            .iter()
            .filter(|known| known.page().id.as_str() == check)
        {
            let contribution = known.contribute(bench.api.spec());
            bench.run(contribution.probes).await;
            for group in contribution.groups {
                (group.run)(&bench.ctx()).await;
            }
        }
        let left = bench.ctx().undo.settle(&*bench.api, &*bench.api).await;
        assert!(left.is_empty(), "{check}: {left:?}");
    }
}
