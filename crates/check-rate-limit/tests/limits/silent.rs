//! Locks that are answered like a wrong password: the right one tells.

use gate_exchange::Outgoing;
use gate_model::{Cause, Outcome, Secret};
use gate_spec::{LimitKey, Spec, WhileLocked};

use crate::bench::{RIGHT, Server, all_pass_but, outcomes};

fn silent() -> Server {
    Server {
        silent: true,
        ..Server::default()
    }
}

/// Somebody else who logs in in the same way.
fn two(spec: &mut Spec) {
    let mut other = spec.identities["spare"].clone();
    other.name = "other".into();
    other.throw_away = false;
    other.fields = vec![
        ("email".to_owned(), Secret::new("other@acme.test".to_owned())),
        ("password".to_owned(), Secret::new(RIGHT.to_owned())),
    ];
    spec.identities.insert("other".into(), other);
}

#[tokio::test]
async fn a_lock_without_a_word_is_proven_by_the_right_password() {
    let all = outcomes(silent(), two).await;
    all_pass_but(&all, &[("retry-after", '-')]);
    let Outcome::Pass { proof } = &all["rate-limit/enforced"] else {
        panic!("{all:#?}")
    };
    assert!(proof.contains("locked without a word"), "{proof}");
    let Outcome::Pass { proof } = &all["rate-limit/bypass"] else {
        panic!("{all:#?}")
    };
    assert!(proof.contains("ways around were refused too"), "{proof}");
}

#[tokio::test]
async fn a_lock_without_a_word_that_comes_too_late_is_red() {
    let late = Server { limit: 40, ..silent() };
    let none = ["bypass", "neighbour", "lockout", "retry-after", "recovery"].map(|name| (name, '-'));
    let all = outcomes(late, |_| {}).await;
    all_pass_but(&all, &[&none[..], &[("enforced", 'F')]].concat());
}

#[tokio::test]
async fn ways_around_a_lock_without_a_word_are_found() {
    let by_text = |_: &Outgoing, email: &str| email.to_owned();
    let by_agent = |out: &Outgoing, email: &str| {
        let mut headers = out.request.headers.iter();
        let agent = headers.find(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        format!("{} {agent:?}", email.to_ascii_lowercase())
    };
    for (key, name) in [
        (by_text as fn(&Outgoing, &str) -> String, "other letter case"),
        (by_agent, "User-Agent"),
    ] {
        let all = outcomes(Server { key, ..silent() }, two).await;
        all_pass_but(&all, &[("bypass", 'F'), ("retry-after", '-')]);
        let Outcome::Fail { findings } = &all["rate-limit/bypass"] else {
            panic!("{all:#?}")
        };
        assert!(
            findings.iter().any(|finding| finding.title.contains(name)),
            "{findings:#?}"
        );
    }
}

#[tokio::test]
async fn a_lock_without_a_word_that_never_ends_or_hits_everybody_is_red() {
    let never = Server {
        lifted: false,
        ..silent()
    };
    all_pass_but(&outcomes(never, two).await, &[("recovery", 'F'), ("retry-after", '-')]);
    let everybody = Server {
        key: |_, _| "all".to_owned(),
        ..silent()
    };
    all_pass_but(&outcomes(silent(), two).await, &[("retry-after", '-')]);
    all_pass_but(
        &outcomes(everybody, two).await,
        &[("neighbour", 'F'), ("retry-after", '-')],
    );
    let global = |spec: &mut Spec| {
        two(spec);
        spec.settings.rate_limits[0].key = LimitKey::default();
    };
    all_pass_but(&outcomes(everybody, global).await, &[("retry-after", '-')]);
    all_pass_but(
        &outcomes(silent(), global).await,
        &[("neighbour", 'F'), ("retry-after", '-')],
    );
}

#[tokio::test]
async fn a_lock_is_no_proof_where_the_right_password_never_logged_in() {
    let wrong = |spec: &mut Spec| {
        spec.identities["spare"].fields[1].1 = Secret::new("not it".to_owned());
    };
    // Without any limit: the right password of the plan is as wrong as the others, and is no lock.
    let open = Server {
        limit: 1000,
        ..Server::default()
    };
    let all = outcomes(open, wrong).await;
    assert!(matches!(all["rate-limit/enforced"], Outcome::Fail { .. }), "{all:#?}");
    // With one that refuses aloud: it is proven, and what becomes of the right password is not.
    let all = outcomes(Server::default(), wrong).await;
    assert!(matches!(all["rate-limit/enforced"], Outcome::Pass { .. }), "{all:#?}");
    let Outcome::Inconclusive { undecided } = &all["rate-limit/lockout"] else {
        panic!("{all:#?}")
    };
    assert_eq!(undecided.cause, Cause::IdentityUnproven);
}

#[tokio::test]
async fn where_the_right_password_is_let_in_nothing_is_locked_without_a_word() {
    let open = Server {
        lets_right_in: true,
        ..silent()
    };
    let all = outcomes(open, |_| {}).await;
    assert!(matches!(all["rate-limit/enforced"], Outcome::Fail { .. }), "{all:#?}");
    let accepted = |spec: &mut Spec| {
        spec.settings.rate_limits[0].while_locked = WhileLocked::Accepted;
    };
    let all = outcomes(silent(), accepted).await;
    assert!(matches!(all["rate-limit/enforced"], Outcome::Fail { .. }), "{all:#?}");
}
