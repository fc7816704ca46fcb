//! A plan for the fake of users and sessions, and how a check of this family comes out on it.

use gate_check::testkit::{AccountBench, FakeAccounts, Fault};
use gate_model::Outcome;
use gate_spec::Spec;

/// Nothing is set.
struct Bare;

impl gate_plan::Environment for Bare {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }
}

/// What the fake serves, as its users would write it down.
pub const PLAN: &str = r#"
version: 1
target: { url: "http://127.0.0.1:1" }
logins:
  password:
    request: { post: /auth/login, json: { email: "{{email}}", password: "{{password}}" } }
    whoami: { get: /me }
identities:
  alice: { tenant: acme, roles: [manager], login: password, as: { email: a@x.test, password: alice-has-a-password } }
  spare: { tenant: acme, roles: [manager], login: password, as: { email: s@x.test, password: spare-has-a-password }, throw_away: true }
actions:
  logout: { post: /auth/logout }
  refresh: { post: /auth/refresh, json: { refresh_token: "{{refresh_token}}" } }
  change_password: { post: /me/password, json: { password: "{{password}}", new_password: "{{new_password}}" } }
  set_role: { put: "/users/{{user.id}}/role", json: { role: "{{role}}" }, role: viewer, loses: GET /admin }
  disable: { post: "/users/{{user.id}}/disable" }
  enable: { post: "/users/{{user.id}}/enable" }
  remove_member: { delete: "/users/{{user.id}}/membership", loses: GET /admin }
  add_member: { put: "/users/{{user.id}}/membership", json: { role: "{{role}}" } }
"#;

/// A plan as data.
pub fn spec(text: &str) -> Spec {
    let draft = gate_plan::read("plan.yml", text, &Bare, None);
    let draft = draft.unwrap_or_else(|wrong| panic!("{wrong}"));
    draft.finish(None).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A server of the plan with something wrong about it.
pub fn server(faults: &[Fault]) -> FakeAccounts {
    FakeAccounts::new(spec(PLAN), faults)
}

/// How the only case of a check comes out on a server. Whatever it came to, it has to leave the users as they were.
pub async fn outcome(check: &str, server: FakeAccounts) -> Outcome {
    let bench = AccountBench::new(server);
    let before = users(&bench);
    let outcome = decide(&bench, check).await;
    settle(&bench, &before).await;
    outcome
}

/// The users as the server has them.
pub fn users(bench: &AccountBench) -> [Option<(String, String, bool)>; 2] {
    ["alice", "spare"].map(|name| bench.server.user(name))
}

/// Takes back what is owed; then the users are what they were.
pub async fn settle(bench: &AccountBench, before: &[Option<(String, String, bool)>; 2]) {
    bench.undo.settle(&*bench.server, &*bench.server).await;
    assert_eq!(*before, users(bench), "a user was left changed");
}

/// How the only case of a check comes out on a bench, with nothing taken back yet.
pub async fn decide(bench: &AccountBench, check: &str) -> Outcome {
    let spec = bench.server.spec().clone();
    let checks = check_session::checks();
    let check = checks
        .iter()
        .find(|known| known.page().id.as_str() == check)
        .unwrap_or_else(|| panic!("no check is called {check}"));
    let contribution = check.contribute(&spec);
    if let Some((_, missing)) = contribution.not_testable.into_iter().next() {
        return Outcome::NotTestable { missing };
    }
    let group = contribution.groups.into_iter().next().expect("a case");
    let verdicts = (group.run)(&bench.ctx()).await;
    let (case, outcome) = verdicts.into_iter().next().expect("a verdict").into_parts();
    assert_eq!(case, group.cases[0].id);
    if matches!(outcome, Outcome::Pass { .. }) {
        let sent = bench.server.requests();
        assert!(
            sent <= group.requests,
            "{case} sent {sent} requests and promised {}",
            group.requests
        );
    }
    outcome
}

/// What a finding says.
pub fn failed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Fail { findings } => findings
            .iter()
            .map(|finding| format!("{}: {}", finding.title, finding.detail))
            .collect(),
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// What a proof says.
pub fn passed(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pass { proof } => proof.clone(),
        other => panic!("expected a pass, got {other:?}"),
    }
}

/// Why a case is open.
pub fn open(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Inconclusive { undecided } => undecided.detail.clone(),
        other => panic!("expected an open case, got {other:?}"),
    }
}
