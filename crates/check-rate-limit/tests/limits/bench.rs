//! The fake login that limits are asked about, and how outcomes are told.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_exchange::Outgoing;
use gate_model::{OperationId, Outcome, Secret};
use gate_spec::{
    Body, Counts, Effect, JsonTemplate, LimitKey, LimitRefusal, Login, LoginKind, LoginStep, Match, Method, Operation,
    PublicReason, RateLimit, RequestTemplate, Spec, Template, WhileLocked,
};
use serde_json::{Value, json};

pub(crate) const RIGHT: &str = "correct horse battery";
pub(crate) const WINDOW: Duration = Duration::from_secs(3);

/// How the fake login counts, and what it gets wrong.
#[derive(Clone, Copy)]
pub(crate) struct Server {
    pub(crate) limit: usize,
    pub(crate) window: Duration,
    pub(crate) key: fn(&Outgoing, &str) -> String,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<&'static str>,
    pub(crate) lets_right_in: bool,
    pub(crate) lifted: bool,
    pub(crate) broken: bool,
    /// While locked it answers like to a wrong password.
    pub(crate) silent: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            limit: 5,
            window: WINDOW,
            key: |_, email| email.to_ascii_lowercase(),
            status: 429,
            retry_after: None,
            lets_right_in: false,
            lifted: true,
            broken: false,
            silent: false,
        }
    }
}

impl Server {
    pub(crate) fn api(self) -> FakeApi {
        let failures: Mutex<BTreeMap<String, Vec<Duration>>> = Mutex::default();
        FakeApi::on(move |out, world| {
            if out.request.method != Method::Post || !out.request.path.starts_with('/') {
                return None;
            }
            if out.request.path.split('?').next() != Some("/login") {
                return (!out.request.path.starts_with("/notes"))
                    .then(|| Reply::new(404, json!({"error": "no route"})));
            }
            if self.broken {
                return Some(Reply::new(500, Value::Null));
            }
            let body: Value = serde_json::from_slice(out.request.body_bytes()).unwrap_or_default();
            let (Some(email), Some(password)) = (body["email"].as_str(), body["password"].as_str()) else {
                return Some(Reply::new(422, json!({"error": "invalid"})));
            };
            let right = ["spare@acme.test", "other@acme.test"]
                .iter()
                .any(|known| email.eq_ignore_ascii_case(known))
                && password == RIGHT;
            let mut failures = failures.lock().expect("no test panics here");
            let times = failures.entry((self.key)(out, email)).or_default();
            if self.lifted {
                times.retain(|time| *time + self.window > world.now());
            }
            if times.len() >= self.limit && !(right && self.lets_right_in) {
                if self.silent {
                    times.push(world.now());
                    return Some(Reply::new(401, json!({"error": "bad credentials"})));
                }
                let left = times.first().map_or(self.window, |first| {
                    *first + self.window - world.now().min(*first + self.window)
                });
                let said = self
                    .retry_after
                    .map_or_else(|| left.as_secs_f64().ceil().to_string(), str::to_owned);
                let mut reply = Reply::new(self.status, json!({"error": "slow down"}));
                if said != "none" {
                    reply.headers.push(("retry-after".to_owned(), said));
                }
                return Some(reply);
            }
            if right {
                return Some(Reply::new(200, json!({"access_token": "t"})));
            }
            times.push(world.now());
            Some(Reply::new(401, json!({"error": "bad credentials"})))
        })
    }
}

pub(crate) fn login_request() -> RequestTemplate {
    let mut request = RequestTemplate::new(Method::Post, Template::parse_path("/login").expect("a path"));
    let body = json!({"email": "{{email}}", "password": "{{password}}"});
    request.body = Body::Json(JsonTemplate::parse(body).expect("a body"));
    request
}

pub(crate) fn limit() -> RateLimit {
    RateLimit {
        operation: OperationId::of("POST", "/login"),
        limit: 5,
        window: WINDOW,
        key: LimitKey {
            account: true,
            ..LimitKey::default()
        },
        counts: Counts::Failures,
        while_locked: WhileLocked::Refused,
        refused: LimitRefusal::default(),
        slowed: None,
        tolerance_percent: 10,
        replicas: 1,
        identity: None,
        source: None,
    }
}

/// A plan with a login, an account that is given away, and a limit.
pub(crate) fn with_login(spec: &mut Spec, change: impl FnOnce(&mut Spec)) {
    let operation = Operation {
        id: OperationId::of("POST", "/login"),
        request: login_request(),
        params: Vec::new(),
        effect: Effect::IssuesCredentials,
        resource: None,
        public: Some(PublicReason::Login),
        secured: Some(false),
        skip: None,
        query_names: Vec::new(),
        produces: Vec::new(),
        declared: Default::default(),
        source: None,
    };
    spec.operations.insert(operation.id.clone(), operation);
    let step = LoginStep {
        request: login_request(),
        expect: Vec::new(),
        must: Match::default(),
        capture: Vec::new(),
    };
    spec.logins.insert(
        "password".to_owned(),
        Login {
            name: "password".to_owned(),
            kind: LoginKind::Steps(vec![step]),
            send: Vec::new(),
            whoami: None,
            refresh: None,
            source: None,
        },
    );
    let mut spare = spec.identities.values().next().expect("an identity").clone();
    spare.name = "spare".into();
    spare.login = Some("password".to_owned());
    spare.throw_away = true;
    spare.fields = vec![
        ("email".to_owned(), Secret::new("spare@acme.test".to_owned())),
        ("password".to_owned(), Secret::new(RIGHT.to_owned())),
    ];
    spec.identities.insert("spare".into(), spare);
    spec.settings.rate_limits = vec![limit()];
    change(spec);
}

/// The outcomes of all checks, by id.
pub(crate) async fn outcomes(server: Server, change: impl FnOnce(&mut Spec)) -> BTreeMap<String, Outcome> {
    outcomes_of(server.api(), change).await
}

/// The outcomes of all checks of an API, by id.
pub(crate) async fn outcomes_of(api: FakeApi, change: impl FnOnce(&mut Spec)) -> BTreeMap<String, Outcome> {
    let bench = Bench::new(api.with_plan(|spec| with_login(spec, change)));
    let ctx = bench.ctx();
    let mut all = BTreeMap::new();
    for check in check_rate_limit::checks() {
        let contribution = check.contribute(ctx.spec);
        for (case, missing) in contribution.not_testable {
            all.insert(case.check.to_string(), Outcome::NotTestable { missing });
        }
        for group in contribution.groups {
            for verdict in (group.run)(&ctx).await {
                let (_, outcome) = verdict.into_parts();
                all.insert(check.page().id.to_string(), outcome);
            }
        }
    }
    all
}

/// Which checks came to what, as one letter each.
pub(crate) fn letters(outcomes: &BTreeMap<String, Outcome>) -> Vec<(String, char)> {
    outcomes
        .iter()
        .map(|(check, outcome)| {
            let letter = match outcome {
                Outcome::Pass { .. } => 'p',
                Outcome::Fail { .. } => 'F',
                Outcome::Inconclusive { .. } => '?',
                Outcome::NotTestable { .. } => '-',
                Outcome::Skipped { .. } => 's',
            };
            (check.trim_start_matches("rate-limit/").to_owned(), letter)
        })
        .collect()
}

/// Asserts that all pass but those named.
#[track_caller]
pub(crate) fn all_pass_but(outcomes: &BTreeMap<String, Outcome>, others: &[(&str, char)]) {
    let found = letters(outcomes);
    assert!(found.len() >= 3, "{found:?}");
    for (check, letter) in &found {
        let wanted = others
            .iter()
            .find(|(name, _)| name == check)
            .map_or('p', |(_, letter)| *letter);
        assert_eq!(
            *letter,
            wanted,
            "{check}: {:#?}",
            outcomes[&format!("rate-limit/{check}")]
        );
    }
    for (name, _) in others {
        assert!(
            found.iter().any(|(check, _)| check == name),
            "{name} is not among {found:?}"
        );
    }
}
