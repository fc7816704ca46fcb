//! Sessions that are ended, on fakes: sound servers, servers that go on, and those of which nothing can be said.

mod support;

use gate_check::UndoBook;
use gate_check::testkit::{AccountBench, FakeAccounts, Fault};
use gate_model::Outcome;
use gate_objects::{Journal, JournalEntry};
use support::{PLAN, decide, failed, open, outcome, passed, server, settle, spec, users};

const LOGOUT: &str = "session/ends-at-logout";
const REFRESH_AFTER: &str = "session/refresh-after-logout";
const PASSWORD: &str = "session/ends-at-password-change";
const DISABLE: &str = "session/ends-at-disable";
const ROLE: &str = "session/ends-at-role-change";
const REMOVAL: &str = "session/ends-at-removal";
const ROTATION: &str = "session/refresh-rotation";

#[tokio::test]
async fn a_sound_server_passes_each() {
    for check in [LOGOUT, REFRESH_AFTER, PASSWORD, DISABLE, REMOVAL, ROLE, ROTATION] {
        let proof = passed(&outcome(check, server(&[])).await);
        assert!(proof.contains("spare"), "{check}: {proof}");
    }
}

#[tokio::test]
async fn each_fault_fails_its_own_check_alone() {
    for (fault, check, says) in [
        (Fault::LogoutKeepsToken, LOGOUT, "outlives its logout"),
        (Fault::LogoutKeepsRefresh, REFRESH_AFTER, "refresh token"),
        (Fault::PasswordKeepsSessions, PASSWORD, "change of the password"),
        (Fault::DisabledKeepsSession, DISABLE, "locked out"),
        (Fault::RemovedKeepsSession, REMOVAL, "no member any more"),
        (Fault::RoleOfLogin, ROLE, "taken away"),
        (Fault::RefreshReused, ROTATION, "taken again"),
        (Fault::ReuseKeepsFamily, ROTATION, "lives on"),
        (Fault::RefreshNotRotated, ROTATION, "again and again"),
    ] {
        for asked in [LOGOUT, REFRESH_AFTER, PASSWORD, DISABLE, REMOVAL, ROLE, ROTATION] {
            let outcome = outcome(asked, server(&[fault])).await;
            if asked == check {
                let said = failed(&outcome);
                assert!(said.contains(says), "{fault:?}: {said}");
            } else {
                passed(&outcome);
            }
        }
    }
}

#[tokio::test]
async fn a_logout_that_ends_every_session_is_sound() {
    passed(&outcome(LOGOUT, server(&[Fault::LogoutEndsAll])).await);
    passed(&outcome(REFRESH_AFTER, server(&[Fault::LogoutEndsAll])).await);
}

#[tokio::test]
async fn servers_with_a_single_session_for_each_user_are_sound() {
    for check in [LOGOUT, REFRESH_AFTER, PASSWORD, DISABLE, REMOVAL, ROLE, ROTATION] {
        passed(&outcome(check, server(&[Fault::SingleSession])).await);
    }
    let said = failed(&outcome(LOGOUT, server(&[Fault::SingleSession, Fault::LogoutKeepsToken])).await);
    assert!(said.contains("outlives"), "{said}");
}

#[tokio::test]
async fn nothing_is_said_where_the_act_had_no_effect() {
    for (fault, check, says) in [
        (Fault::LogoutBroken, LOGOUT, "did not succeed"),
        (Fault::PasswordIgnored, PASSWORD, "does not log in"),
        (Fault::DisableIgnored, DISABLE, "can log in all the same"),
        (Fault::RemovalIgnored, REMOVAL, "nothing shows that it was done"),
    ] {
        let why = open(&outcome(check, server(&[fault])).await);
        assert!(why.contains(says), "{fault:?}: {why}");
    }
}

/// How a check comes out, and what stands in the journal when the check is through and nothing was taken back yet: what takes it back, of
/// whom, with the id.
async fn journalled(check: &str, server: FakeAccounts) -> (Outcome, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Journal::create(folder.path(), "http://127.0.0.1:1", None).expect("a journal");
    let mut bench = AccountBench::new(server);
    bench.undo = UndoBook::noted_in(journal.clone());
    let before = users(&bench);
    let outcome = decide(&bench, check).await;
    let path = Journal::list(folder.path()).expect("listed").remove(0);
    let owed = Journal::read(&path).expect("read").owed;
    settle(&bench, &before).await;
    assert_eq!(journal.owed(), 0, "what was taken back is owed no more");
    let words = owed.iter().map(|entry| match entry {
        JournalEntry::Action { action, user, id, .. } => {
            format!("{action} {user} {}", id.clone().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    });
    (outcome, words.collect())
}

/// Where nobody knows whether it was done, it is taken back; a run that was killed there leaves what `launchgate sweep` needs.
#[tokio::test]
async fn what_is_done_to_a_user_stands_in_the_journal_before() {
    for (check, takes_back) in [(DISABLE, "enable"), (REMOVAL, "add_member"), (ROLE, "set_role")] {
        let (outcome, noted) = journalled(check, server(&[Fault::ActUnanswered])).await;
        let why = open(&outcome);
        assert!(why.contains("the connection broke"), "{check}: {why}");
        assert_eq!(noted, [format!("{takes_back} spare \"u1\"")], "{check}");
        // Whoever is no more than asked owes nothing in the end.
        let (outcome, noted) = journalled(check, server(&[])).await;
        passed(&outcome);
        assert!(noted.is_empty(), "{check}: {noted:?}");
    }
}

#[tokio::test]
async fn a_server_that_answers_nobody_any_more_proves_nothing() {
    for check in [LOGOUT, REFRESH_AFTER] {
        for fault in [Fault::ThrottledAfter, Fault::NoLoginAfter] {
            open(&outcome(check, server(&[fault])).await);
        }
    }
}

#[tokio::test]
async fn a_grace_time_for_refresh_tokens_is_allowed() {
    let proof = passed(&outcome(ROTATION, server(&[Fault::RefreshGrace])).await);
    assert!(proof.contains("after the grace time"), "{proof}");
}

#[tokio::test]
async fn a_login_without_refresh_tokens_has_none_to_judge() {
    for check in [REFRESH_AFTER, ROTATION] {
        let outcome = outcome(check, server(&[Fault::NoRefresh])).await;
        let Outcome::NotTestable { missing } = outcome else {
            panic!("{check}: {outcome:?}")
        };
        assert!(missing.add.is_some_and(|line| line.contains("refresh:")), "{check}");
    }
}

/// What a plan lacks says so itself, with the line that adds it.
#[tokio::test]
async fn a_plan_that_lacks_an_input_is_told_which() {
    let without = |what: &str| {
        let kept: Vec<&str> = PLAN
            .lines()
            .filter(|line| !line.trim_start().starts_with(what))
            .collect();
        spec(&kept.join("\n"))
    };
    for (dropped, check, adds) in [
        ("logout:", LOGOUT, "actions: { logout: "),
        ("change_password:", PASSWORD, "actions: { change_password: "),
        ("enable:", DISABLE, "actions: { enable: "),
        ("add_member:", REMOVAL, "actions: { add_member: "),
        ("remove_member:", REMOVAL, "actions: { remove_member: "),
        ("spare:", REMOVAL, "throw_away: true"),
        ("spare:", PASSWORD, "throw_away: true"),
        ("spare:", DISABLE, "throw_away: true"),
        ("alice:", ROLE, "identities:"),
        ("refresh:", ROTATION, "actions: { refresh: "),
    ] {
        let server = gate_check::testkit::FakeAccounts::new(without(dropped), &[]);
        let outcome = outcome(check, server).await;
        let Outcome::NotTestable { missing } = outcome else {
            panic!("{check} without {dropped} {outcome:?}")
        };
        let line = missing.add.unwrap_or_default();
        assert!(line.contains(adds), "{check} without {dropped} says {line}");
    }
}

#[tokio::test]
async fn a_role_that_takes_nothing_away_is_no_proof() {
    let text = PLAN.replace("role: viewer, loses: GET /admin", "role: viewer, loses: GET /me");
    let server = gate_check::testkit::FakeAccounts::new(spec(&text), &[]);
    let why = open(&outcome(ROLE, server).await);
    assert!(why.contains("the right was not lost"), "{why}");
}

/// Somebody without a tenant may still be told who he is.
#[tokio::test]
async fn to_be_known_is_not_to_be_a_member() {
    let text = PLAN.replace(", loses: GET /admin }\n  add_member", " }\n  add_member");
    let server = gate_check::testkit::FakeAccounts::new(spec(&text), &[]);
    let outcome = outcome(REMOVAL, server).await;
    let why = open(&outcome);
    assert!(why.contains("somebody without a tenant may be"), "{why}");
    let Outcome::Inconclusive { undecided } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(undecided.settle.is_some_and(|line| line.contains("loses:")));
}

const EXPIRY: &str = "session/ends-at-expiry";

#[tokio::test]
async fn a_token_that_runs_out_is_waited_for() {
    let proof = passed(&outcome(EXPIRY, server(&[Fault::ShortTokens])).await);
    assert!(proof.contains("lives 10s"), "{proof}");
    let said = failed(&outcome(EXPIRY, server(&[Fault::ShortTokensServed])).await);
    assert!(said.contains("outlives its own end"), "{said}");
    // Nothing says when such a token ends.
    let outcome = outcome(EXPIRY, server(&[])).await;
    let Outcome::NotTestable { missing } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(missing.add.is_some_and(|line| line.starts_with("tokens: { expired:")));
}

/// Whoever cannot open a second session has none that could be left to run out.
#[tokio::test]
async fn the_only_session_of_a_user_is_not_left_to_run_out() {
    let outcome = outcome(EXPIRY, server(&[Fault::ShortTokens, Fault::SingleSession])).await;
    assert!(matches!(outcome, Outcome::NotTestable { .. }), "{outcome:?}");
}
