//! Many guesses in one request, and many sessions of one account.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use gate_check::testkit::{FakeApi, Reply};
use gate_exchange::{Outgoing, Presented};
use gate_model::{OperationId, Outcome};
use gate_spec::{Body, Counts, JsonTemplate, LimitKey, LoginKind, Method, RequestTemplate, Spec, Template};
use serde_json::{Value, json};

use crate::bench::{RIGHT, WINDOW, all_pass_but, outcomes_of};

const QUERY: &str =
    "mutation($email: String!, $password: String!) { login(email: $email, password: $password) { token } }";

/// A login over GraphQL, and what it makes of many guesses at once.
#[derive(Clone, Copy, Default)]
struct GraphQl {
    lists: bool,
    aliases: bool,
    /// Each guess is counted, and not each request.
    counts_guesses: bool,
    /// A list of operations is not looked at by what counts.
    lists_past_the_limit: bool,
}

impl GraphQl {
    fn api(self) -> FakeApi {
        let failures: Mutex<BTreeMap<String, Vec<Duration>>> = Mutex::default();
        FakeApi::on(move |out, world| {
            if out.request.method != Method::Post || out.request.path.starts_with("/notes") {
                return None;
            }
            if out.request.path.split('?').next() != Some("/login") {
                return Some(Reply::new(404, json!({"error": "no route"})));
            }
            let body: Value = serde_json::from_slice(out.request.body_bytes()).unwrap_or_default();
            let mut failures = failures.lock().expect("no test panics here");
            let (operations, list) = match &body {
                Value::Array(all) if self.lists => (all.clone(), true),
                Value::Object(_) => (vec![body.clone()], false),
                _ => return Some(Reply::new(400, json!({"errors": [{"message": "no list"}]}))),
            };
            let past = list && self.lists_past_the_limit;
            let mut first = true;
            let answers: Option<Vec<Value>> = operations
                .iter()
                .map(|operation| {
                    let query = operation["query"].as_str()?;
                    let names: Vec<&str> = query
                        .split_whitespace()
                        .filter_map(|word| word.strip_suffix(':'))
                        .filter(|word| word.starts_with("lg"))
                        .collect();
                    let names = match names.is_empty() {
                        true => vec!["login"],
                        false if self.aliases => names,
                        false => return Some(json!({"errors": [{"message": "no aliases"}]})),
                    };
                    let email = operation["variables"]["email"].as_str()?.to_ascii_lowercase();
                    let right = email == "spare@acme.test" && operation["variables"]["password"] == RIGHT;
                    let times = failures.entry(email).or_default();
                    times.retain(|time| *time + WINDOW > world.now());
                    let (mut data, mut errors) = (json!({}), Vec::new());
                    for name in names {
                        let counted = (self.counts_guesses || first) && !past;
                        if counted && times.len() >= 5 {
                            return Some(
                                json!({"errors": [{"message": "slow down", "extensions": {"code": "LIMITED"}}]}),
                            );
                        }
                        if right {
                            data[name] = json!({"token": "t"});
                            continue;
                        }
                        if counted {
                            times.push(world.now());
                        }
                        first = false;
                        data[name] = Value::Null;
                        errors.push(json!({"message": "bad credentials", "path": [name]}));
                    }
                    Some(match errors.is_empty() {
                        true => json!({"data": data}),
                        false => json!({"data": data, "errors": errors}),
                    })
                })
                .collect();
            Some(match (answers, list) {
                (None, _) => Reply::new(400, json!({"errors": [{"message": "invalid"}]})),
                (Some(all), true) => Reply::new(200, Value::from(all)),
                (Some(mut all), false) => Reply::new(200, all.remove(0)),
            })
        })
    }
}

fn graphql(spec: &mut Spec) {
    let mut request = RequestTemplate::new(Method::Post, Template::parse_path("/login").expect("a path"));
    let body = json!({"query": QUERY, "variables": {"email": "{{email}}", "password": "{{password}}"}});
    request.body = Body::Json(JsonTemplate::parse(body).expect("a body"));
    let id = OperationId::of("POST", "/login");
    spec.operations[&id].request = request.clone();
    let LoginKind::Steps(steps) = &mut spec.logins["password"].kind else {
        panic!("a login of steps")
    };
    steps[0].request = request;
    let refused = &mut spec.settings.rate_limits[0].refused;
    refused.statuses = vec![gate_spec::StatusMatch::Exact(200)];
    refused.json = vec![("$.errors[0].extensions.code".to_owned(), json!("LIMITED"))];
}

#[tokio::test]
async fn many_guesses_in_one_request_are_found() {
    let sound = GraphQl {
        counts_guesses: true,
        ..GraphQl::default()
    };
    for sound in [
        GraphQl::default(),
        sound,
        GraphQl {
            lists: true,
            aliases: true,
            ..sound
        },
    ] {
        all_pass_but(&outcomes_of(sound.api(), graphql).await, &[("retry-after", '-')]);
    }
    let lists = GraphQl {
        lists: true,
        ..GraphQl::default()
    };
    let aliases = GraphQl {
        aliases: true,
        ..GraphQl::default()
    };
    let past = GraphQl {
        lists: true,
        counts_guesses: true,
        lists_past_the_limit: true,
        ..GraphQl::default()
    };
    for (server, title) in [
        (lists, "in one request with a list of operations"),
        (aliases, "in one request with aliases of one field"),
        (past, "behind its limit with a list of operations"),
    ] {
        let all = outcomes_of(server.api(), graphql).await;
        all_pass_but(&all, &[("bypass", 'F'), ("retry-after", '-')]);
        let Outcome::Fail { findings } = &all["rate-limit/bypass"] else {
            panic!("{all:#?}")
        };
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert!(findings[0].title.contains(title), "{findings:#?}");
    }
}

/// A list of notes that is served five times in a window, by what `key` makes of the sender.
fn listed(key: fn(&Outgoing) -> String) -> FakeApi {
    let sent: Mutex<BTreeMap<String, Vec<Duration>>> = Mutex::default();
    FakeApi::on(move |out, world| {
        let path = out.request.path.split('?').next().unwrap_or_default();
        if out.request.method != Method::Get || path != "/notes" {
            let id = path.strip_prefix("/notes/").unwrap_or_default();
            let known =
                (path == "/notes" && out.request.method == Method::Post) || path == "/me" || id.parse::<u64>().is_ok();
            return (!known).then(|| Reply::new(404, json!({"error": "no route"})));
        }
        out.actor.identity.as_ref()?;
        let mut sent = sent.lock().expect("no test panics here");
        let times = sent.entry(key(out)).or_default();
        times.retain(|time| *time + WINDOW > world.now());
        if times.len() >= 5 {
            let mut reply = Reply::new(429, Value::Null);
            reply.headers.push(("retry-after".to_owned(), "3".to_owned()));
            return Some(reply);
        }
        times.push(world.now());
        None
    })
}

fn limit_of_notes(key: LimitKey) -> impl FnOnce(&mut Spec) {
    move |spec| {
        let limit = &mut spec.settings.rate_limits[0];
        limit.operation = OperationId::of("GET", "/notes");
        limit.counts = Counts::All;
        limit.key = key;
        spec.settings.limit_probe.undeclared = false;
    }
}

#[tokio::test]
async fn a_new_session_of_a_limited_account_is_a_way_around_where_accounts_count() {
    let by_session: fn(&Outgoing) -> String = |out| {
        let private = matches!(out.actor.presented, Presented::Private(_));
        format!("{:?} {private}", out.actor.identity)
    };
    let by_account: fn(&Outgoing) -> String = |out| format!("{:?}", out.actor.identity);
    let account = LimitKey {
        account: true,
        ..LimitKey::default()
    };
    let token = LimitKey {
        token: true,
        ..LimitKey::default()
    };
    let bypass = |key, declared| async move {
        let mut all = outcomes_of(listed(key), limit_of_notes(declared)).await;
        all.remove("rate-limit/bypass").expect("an outcome")
    };
    let Outcome::Fail { findings } = bypass(by_session, account).await else {
        panic!("a failure is expected")
    };
    assert!(
        findings[0].title.contains("a new session of the same account"),
        "{findings:#?}"
    );
    let passed = bypass(by_account, account).await;
    assert!(matches!(passed, Outcome::Pass { .. }), "{passed:#?}");
    for (key, words) in [
        (by_session, "was served, as `key: token` says"),
        (by_account, "was refused too"),
    ] {
        let outcome = bypass(key, token).await;
        let Outcome::Pass { proof } = &outcome else {
            panic!("{outcome:#?}")
        };
        assert!(proof.contains(words), "{proof}");
    }
}
