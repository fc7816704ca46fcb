//! Cookies that carry a session, on fakes: how they are set, and whether a login gives a new one.

mod support;

use gate_check::testkit::Fault;
use gate_model::Outcome;
use support::{failed, open, outcome, passed, server};

const FLAGS: &str = "session/cookie-flags";
const FIXATION: &str = "session/fixation";
const GOOD: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";

#[tokio::test]
async fn a_cookie_with_every_flag_passes() {
    let proof = passed(&outcome(FLAGS, server(&[]).with_cookie(GOOD)).await);
    assert!(proof.contains("`sid`"), "{proof}");
    // Without TLS nobody can be held to `Secure`; it is said.
    let plain = GOOD.replace("Secure; ", "");
    let proof = passed(&outcome(FLAGS, server(&[]).with_cookie(&plain)).await);
    assert!(proof.contains("is not Secure"), "{proof}");
}

#[tokio::test]
async fn each_missing_flag_is_named() {
    for (missing, says) in [("HttpOnly; ", "HttpOnly"), ("; SameSite=Lax", "SameSite")] {
        let said = failed(&outcome(FLAGS, server(&[]).with_cookie(&GOOD.replace(missing, ""))).await);
        assert!(said.contains(says), "without {missing}: {said}");
    }
}

#[tokio::test]
async fn a_cookie_that_nobody_saw_being_set_is_no_proof() {
    let why = open(&outcome(FLAGS, server(&[]).with_cookie(&format!("{GOOD}; Max-Age=0"))).await);
    assert!(why.contains("no answer of the login set"), "{why}");
}

#[tokio::test]
async fn a_login_that_gives_a_new_session_passes() {
    for faults in [&[][..], &[Fault::SingleSession]] {
        let proof = passed(&outcome(FIXATION, server(faults).with_cookie(GOOD)).await);
        assert!(proof.contains("made up"), "{proof}");
    }
}

#[tokio::test]
async fn a_login_that_goes_on_with_a_planted_session_fails() {
    let said = failed(&outcome(FIXATION, server(&[Fault::SessionFixed]).with_cookie(GOOD)).await);
    assert!(said.contains("whoever planted it is logged in too"), "{said}");
}

#[tokio::test]
async fn a_session_without_a_cookie_has_none_to_judge() {
    for check in [FLAGS, FIXATION, "session/cross-site-request"] {
        let outcome = outcome(check, server(&[])).await;
        assert!(matches!(outcome, Outcome::NotTestable { .. }), "{check}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_planted_cookie_that_breaks_the_server_proves_nothing() {
    let why = open(&outcome(FIXATION, server(&[Fault::UnknownCookieBreaks]).with_cookie(GOOD)).await);
    assert!(why.contains("500"), "{why}");
}
