//! Every question about limits on a fake login: pass, fail and undecided.

mod bench;
mod makes;
mod many;
mod silent;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_exchange::{Outgoing, Way};
use gate_model::{Cause, Outcome};
use gate_spec::{LimitKey, Method, Spec, StatusMatch, WhileLocked};
use serde_json::{Value, json};

use crate::bench::{Server, all_pass_but, letters, outcomes, outcomes_of, with_login};

#[tokio::test]
async fn a_sound_limit_passes_every_question() {
    let all = outcomes(Server::default(), |_| {}).await;
    assert_eq!(all.len(), 6);
    all_pass_but(&all, &[]);
}

#[tokio::test]
async fn without_a_limit_only_that_is_red() {
    let server = Server {
        limit: 1000,
        ..Server::default()
    };
    let none = [
        ("bypass", '-'),
        ("neighbour", '-'),
        ("lockout", '-'),
        ("retry-after", '-'),
        ("recovery", '-'),
    ];
    let all = outcomes(server, |_| {}).await;
    all_pass_but(&all, &[&none[..], &[("enforced", 'F')]].concat());
}

#[tokio::test]
async fn a_limit_that_is_too_high_or_too_low_is_red() {
    for limit in [8, 2] {
        let server = Server {
            limit,
            ..Server::default()
        };
        all_pass_but(&outcomes(server, |_| {}).await, &[("enforced", 'F')]);
    }
}

#[tokio::test]
async fn a_window_that_is_far_shorter_than_declared_is_red() {
    let minute = |spec: &mut Spec| spec.settings.rate_limits[0].window = Duration::from_secs(60);
    let second = Server {
        window: Duration::from_secs(1),
        ..Server::default()
    };
    let all = outcomes(second, minute).await;
    all_pass_but(&all, &[("enforced", 'F'), ("recovery", '-')]);
    let Outcome::Fail { findings } = &all["rate-limit/enforced"] else {
        panic!("{all:#?}")
    };
    assert!(
        format!("{:?}", findings[0]).contains("window is shorter"),
        "{findings:#?}"
    );
    // A name for a time that is too short is not a window that is too short.
    let lies = Server {
        window: Duration::from_secs(60),
        retry_after: Some("1"),
        ..Server::default()
    };
    all_pass_but(&outcomes(lies, minute).await, &[("recovery", '-')]);
}

#[tokio::test]
async fn a_declared_number_of_processes_is_no_regression() {
    let server = Server {
        limit: 10,
        ..Server::default()
    };
    all_pass_but(
        &outcomes(server, |spec| spec.settings.rate_limits[0].replicas = 2).await,
        &[],
    );
}

#[tokio::test]
async fn keys_that_the_client_writes_are_ways_around() {
    let by_header = |out: &Outgoing, email: &str| {
        let mut headers = out.request.headers.iter();
        let forwarded = headers.find(|(name, _)| name.eq_ignore_ascii_case("true-client-ip"));
        format!("{} {:?}", email.to_ascii_lowercase(), forwarded)
    };
    let by_text = |_: &Outgoing, email: &str| email.to_owned();
    let by_connection =
        |out: &Outgoing, email: &str| format!("{} {}", email.to_ascii_lowercase(), out.way == Way::Pooled);
    for (key, name) in [
        (by_header as fn(&Outgoing, &str) -> String, "True-Client-IP"),
        (by_text, "other letter case"),
        (by_connection, "a connection that was used before"),
    ] {
        let all = outcomes(
            Server {
                key,
                ..Server::default()
            },
            |_| {},
        )
        .await;
        all_pass_but(&all, &[("bypass", 'F')]);
        let Outcome::Fail { findings } = &all["rate-limit/bypass"] else {
            continue;
        };
        assert!(
            findings.iter().any(|finding| finding.title.contains(name)),
            "{findings:#?}"
        );
        assert!(findings.iter().all(|finding| finding.evidence.len() == 3));
    }
}

#[tokio::test]
async fn another_spelling_that_is_another_account_is_no_way_around() {
    // Letter case matters here, to the limit and to the login alike.
    let api = FakeApi::on({
        let failures: Mutex<BTreeMap<String, u32>> = Mutex::default();
        move |out, _| {
            let body: Value = serde_json::from_slice(out.request.body_bytes()).unwrap_or_default();
            if out.request.path.split('?').next() != Some("/login") {
                return (out.request.method == Method::Post).then(|| Reply::new(404, Value::Null));
            }
            let Some(email) = body["email"].as_str() else {
                return Some(Reply::new(422, Value::Null));
            };
            let mut failures = failures.lock().expect("no test panics here");
            let count = failures.entry(email.to_owned()).or_default();
            if *count >= 5 {
                return Some(Reply::new(429, Value::Null));
            }
            *count += 1;
            Some(Reply::new(401, json!({"error": "bad credentials"})))
        }
    });
    let bench = Bench::new(api.with_plan(|spec| with_login(spec, |_| {})));
    let ctx = bench.ctx();
    let bypass = check_rate_limit::checks().remove(1);
    let groups = bypass.contribute(ctx.spec).groups;
    let outcome = (groups[0].run)(&ctx).await.remove(0).into_parts().1;
    let Outcome::Pass { proof } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(proof.contains("not shown to mean the same account"), "{proof}");
}

#[tokio::test]
async fn whom_a_limit_hits_is_held_against_its_key() {
    let everybody = Server {
        key: |_, _| "all".to_owned(),
        ..Server::default()
    };
    all_pass_but(&outcomes(everybody, |_| {}).await, &[("neighbour", 'F')]);
    let global = |spec: &mut Spec| spec.settings.rate_limits[0].key = LimitKey::default();
    all_pass_but(&outcomes(everybody, global).await, &[]);
    all_pass_but(&outcomes(Server::default(), global).await, &[("neighbour", 'F')]);
}

#[tokio::test]
async fn the_right_password_is_treated_as_declared() {
    let open = Server {
        lets_right_in: true,
        ..Server::default()
    };
    all_pass_but(&outcomes(open, |_| {}).await, &[("lockout", 'F')]);
    let accepted = |spec: &mut Spec| spec.settings.rate_limits[0].while_locked = WhileLocked::Accepted;
    all_pass_but(&outcomes(open, accepted).await, &[]);
    all_pass_but(&outcomes(Server::default(), accepted).await, &[("lockout", 'F')]);
    let nobody = |spec: &mut Spec| spec.identities["spare"].throw_away = false;
    all_pass_but(&outcomes(Server::default(), nobody).await, &[("lockout", '-')]);
}

#[tokio::test]
async fn the_named_time_is_read_and_waited_for() {
    let said = |retry_after| Server {
        retry_after: Some(retry_after),
        ..Server::default()
    };
    all_pass_but(&outcomes(said("soon"), |_| {}).await, &[("retry-after", 'F')]);
    all_pass_but(&outcomes(said("none"), |_| {}).await, &[("retry-after", 'F')]);
    all_pass_but(&outcomes(said("1"), |_| {}).await, &[("recovery", 'F')]);
    let never = Server {
        lifted: false,
        ..Server::default()
    };
    all_pass_but(&outcomes(never, |_| {}).await, &[("recovery", 'F')]);
    let long = |spec: &mut Spec| spec.settings.rate_limits[0].window = Duration::from_secs(60);
    let slow = Server {
        window: Duration::from_secs(60),
        ..Server::default()
    };
    let all = outcomes(slow, long).await;
    all_pass_but(&all, &[("recovery", '-')]);
    let Outcome::NotTestable { missing } = &all["rate-limit/recovery"] else {
        panic!()
    };
    assert!(
        missing.add.as_ref().is_some_and(|line| line.contains("nightly")),
        "{missing:?}"
    );
}

#[tokio::test]
async fn refusals_are_what_the_plan_says_they_are() {
    let captcha = Server {
        status: 403,
        ..Server::default()
    };
    let all = outcomes(captcha, |_| {}).await;
    let Outcome::Inconclusive { undecided } = &all["rate-limit/enforced"] else {
        panic!("{all:#?}")
    };
    assert_eq!(undecided.cause, Cause::NeitherAnswer);
    assert!(
        undecided
            .settle
            .as_ref()
            .is_some_and(|line| line.contains("status: 403")),
        "{undecided:?}"
    );
    let declared = |spec: &mut Spec| spec.settings.rate_limits[0].refused.statuses = vec![StatusMatch::Exact(403)];
    all_pass_but(&outcomes(captcha, declared).await, &[]);
}

#[tokio::test]
async fn a_login_that_fails_in_another_way_proves_nothing() {
    let broken = Server {
        broken: true,
        ..Server::default()
    };
    let all = outcomes(broken, |_| {}).await;
    assert!(letters(&all).iter().all(|(_, letter)| *letter != 'p'), "{all:#?}");
}

#[tokio::test]
async fn a_limit_that_costs_too_much_is_not_tried() {
    let high = |spec: &mut Spec| spec.settings.rate_limits[0].limit = 1000;
    let all = outcomes(Server::default(), high).await;
    assert!(letters(&all).iter().all(|(_, letter)| *letter == '-'), "{all:#?}");
}

#[tokio::test]
async fn a_login_of_which_the_plan_says_nothing_is_looked_at() {
    let silent = |spec: &mut Spec| spec.settings.rate_limits.clear();
    let one = |server| async move { outcomes(server, silent).await.remove("rate-limit/undeclared") };
    assert!(matches!(one(Server::default()).await, Some(Outcome::Pass { .. })));
    let open = Server {
        limit: 1000,
        ..Server::default()
    };
    let Some(Outcome::Fail { findings }) = one(open).await else {
        panic!("a failure is expected")
    };
    assert!(findings[0].remediation.contains("rate_limits:"), "{findings:#?}");
    // Locked without a word: the right password is refused with the same answer.
    let silently = Server {
        status: 401,
        ..Server::default()
    };
    assert!(matches!(one(silently).await, Some(Outcome::Pass { .. })));
    let broken = Server {
        broken: true,
        ..Server::default()
    };
    assert!(matches!(one(broken).await, Some(Outcome::NotTestable { .. })));
}

/// On a slow server a refill may explain each served request, until the way around has used up a limit of its own.
#[tokio::test]
async fn a_way_around_that_used_up_a_limit_of_its_own_is_not_refused_by_this_one() {
    let window = Duration::from_secs(100);
    let by_agent = |out: &Outgoing, email: &str| {
        let mut headers = out.request.headers.iter();
        let agent = headers.find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        format!("{} {agent:?}", email.to_ascii_lowercase())
    };
    for seconds in [5, 8, 12, 16] {
        let server = Server {
            window,
            key: by_agent,
            lifted: false,
            ..Server::default()
        };
        let slow = server.api().that_takes(Duration::from_secs(seconds));
        let all = outcomes_of(slow, |spec| spec.settings.rate_limits[0].window = window).await;
        let bypass = &all["rate-limit/bypass"];
        assert!(!matches!(bypass, Outcome::Pass { .. }), "{seconds} s: {bypass:#?}");
    }
}
