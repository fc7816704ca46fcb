//! Requests of other sites, and requests with two credentials, on the fake API of notes.

use gate_check::testkit::{Bench, FakeApi, Reply, World, sound_answer};
use gate_exchange::{Actor, Outgoing, Place, Presented};
use gate_model::{Outcome, Secret};
use gate_spec::{Login, LoginKind, Method, Spec};
use serde_json::{Value, json};

const CROSS_SITE: &str = "session/cross-site-request";
const TWO: &str = "session/two-credentials";

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Unsafe requests may come from anywhere.
    AnyOrigin,
    /// The same, and they are answered 403.
    AnyOriginBehindRefusal,
    /// Nothing can be done to a note, nor made.
    WritesBroken,
    /// Of two credentials one part of the server takes the first, another the last.
    TakesBoth,
    /// Two credentials are answered 500.
    TwoBreak,
    /// Notes are for everybody.
    NotesOpen,
}

fn answer(spec: &Spec, outgoing: &Outgoing, world: &mut World, fault: Option<Fault>) -> Option<Reply> {
    let is = |wanted: Fault| fault == Some(wanted);
    let method = outgoing.request.method;
    if is(Fault::WritesBroken) && outgoing.request.path.ends_with("/done") {
        return Some(Reply::new(200, json!({ "id": 1, "done": false })));
    }
    if method == Method::Options {
        return Some(Reply::new(405, Value::Null));
    }
    let (who, foreign) = match &outgoing.actor.presented {
        Presented::Altered(altered) => {
            let tokens: Vec<&str> = altered
                .headers
                .iter()
                .filter_map(|(_, value)| value.expose().split("token-of-").nth(1)?.split('-').next())
                .collect();
            if tokens.len() > 1 && is(Fault::TwoBreak) {
                return Some(Reply::new(500, Value::Null));
            }
            let me = outgoing.request.path == "/me";
            let token = match tokens.as_slice() {
                [one] => Some(*one),
                [first, .., last] if is(Fault::TakesBoth) => Some(if me { *first } else { *last }),
                _ => None,
            };
            let foreign = outgoing.request.headers.iter().any(|(name, _)| name == "origin");
            (token.map(str::to_owned), foreign)
        }
        _ => (outgoing.actor.identity.as_ref().map(ToString::to_string), false),
    };
    if is(Fault::NotesOpen) && method == Method::Get && outgoing.request.path.starts_with("/notes/") {
        let id: u64 = outgoing.request.path.trim_start_matches("/notes/").parse().ok()?;
        return world.notes.get(&id).map(|(_, note)| Reply::new(200, note.clone()));
    }
    let Some(who) = who else {
        return Some(Reply::new(401, Value::Null));
    };
    if outgoing.request.path == "/me" {
        return Some(Reply::new(200, json!({ "id": who })));
    }
    let acting = Outgoing {
        actor: Actor::identity(&who.as_str().into()),
        ..outgoing.clone()
    };
    if foreign && !method.is_safe() {
        if is(Fault::AnyOriginBehindRefusal) {
            sound_answer(spec, &acting, world);
        }
        if !is(Fault::AnyOrigin) {
            return Some(Reply::new(403, Value::Null));
        }
    }
    Some(sound_answer(spec, &acting, world))
}

/// The API of notes whose users log in.
fn server(fault: Option<Fault>) -> FakeApi {
    let spec = FakeApi::sound().spec().clone();
    FakeApi::on(move |outgoing, world| answer(&spec, outgoing, world, fault)).with_plan(|spec| {
        let login = Login {
            name: "password".to_owned(),
            kind: LoginKind::Steps(Vec::new()),
            send: Vec::new(),
            whoami: None,
            refresh: None,
            source: None,
        };
        spec.logins.insert("password".to_owned(), login);
        for identity in spec.identities.values_mut() {
            identity.login = Some("password".to_owned());
        }
    })
}

/// The same with cookies.
fn with_cookies(fault: Option<Fault>) -> FakeApi {
    server(fault).presenting(|identity, generation| {
        let value = Secret::new(format!("token-of-{identity}-{generation}"));
        vec![(Place::Cookie("sid".to_owned()), value)]
    })
}

/// A server of two cookies that each let somebody in, beside one that does not.
fn remembering(fault: Option<Fault>) -> FakeApi {
    let spec = server(None).spec().clone();
    let api = FakeApi::on(move |outgoing, world| {
        let Presented::Altered(altered) = &outgoing.actor.presented else {
            return answer(&spec, outgoing, world, fault);
        };
        let sent = altered.headers.iter().find(|(name, _)| name == "Cookie");
        let sent = sent.map(|(_, value)| value.expose().clone()).unwrap_or_default();
        let mut pairs = sent.split("; ").filter_map(|pair| pair.split_once("=token-of-"));
        // The first that is good decides.
        let Some(who) = pairs.find_map(|(name, rest)| (name != "csrf").then(|| rest.split('-').next())) else {
            return Some(Reply::new(401, Value::Null));
        };
        let mut one = altered.as_ref().clone();
        let value = format!("sid=token-of-{}-1", who.unwrap_or_default());
        one.headers = vec![("Cookie".to_owned(), Secret::new(value))];
        let asked = Outgoing {
            actor: Actor::altered(one),
            ..outgoing.clone()
        };
        answer(&spec, &asked, world, fault)
    });
    let plan = server(None).spec().as_ref().clone();
    api.with_plan(|spec| *spec = plan).presenting(|identity, generation| {
        let part = |name: &str| {
            let value = Secret::new(format!("token-of-{identity}-{generation}"));
            (Place::Cookie(name.to_owned()), value)
        };
        vec![part("csrf"), part("session"), part("remember_token")]
    })
}

async fn outcome(check: &str, api: FakeApi) -> Outcome {
    let bench = Bench::new(api);
    let checks = check_session::checks();
    let check = checks.iter().find(|known| known.page().id.as_str() == check);
    let contribution = check.expect("the check").contribute(bench.api.spec());
    if let Some((_, missing)) = contribution.not_testable.into_iter().next() {
        return Outcome::NotTestable { missing };
    }
    let group = contribution.groups.into_iter().next().expect("a case");
    let mut verdicts = (group.run)(&bench.ctx()).await;
    verdicts.remove(0).into_parts().1
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pass { proof } => format!("pass: {proof}"),
        Outcome::Fail { findings } => format!("fail: {}", findings[0].title),
        Outcome::Inconclusive { undecided } => format!("open: {}", undecided.detail),
        Outcome::NotTestable { missing } => format!("lacks: {}", missing.what),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
    }
}

#[tokio::test]
async fn forms_of_other_sites_are_tried_where_cookies_carry_the_session() {
    for (fault, expected) in [
        (None, "pass: "),
        (
            Some(Fault::AnyOrigin),
            "fail: POST /notes/{id}/done: a page of another site",
        ),
        (
            Some(Fault::AnyOriginBehindRefusal),
            "fail: POST /notes/{id}/done: a page of another site",
        ),
    ] {
        let said = words(&outcome(CROSS_SITE, with_cookies(fault)).await);
        assert!(said.starts_with(expected), "{fault:?}: {said}");
    }
    let said = words(&outcome(CROSS_SITE, server(None)).await);
    assert!(said.starts_with("lacks: no cookie carries"), "{said}");
}

#[tokio::test]
async fn a_remember_me_cookie_carries_the_session_too() {
    let good = "csrf=1; SameSite=Lax";
    let session = "session=1; Path=/; HttpOnly; SameSite=Lax";
    let flags = |remember: &'static str| {
        let lines = [good, session, remember];
        outcome("session/cookie-flags", remembering(None).setting(&lines))
    };
    let said = words(&flags("remember_token=1; Path=/; HttpOnly; SameSite=Lax").await);
    assert!(
        said.starts_with("pass: ") && said.contains("`remember_token`"),
        "{said}"
    );
    let said = words(&flags("remember_token=1; Path=/").await);
    assert!(
        said.contains("fail: the session cookie `remember_token` can be read"),
        "{said}"
    );
    assert!(!said.contains("csrf"), "{said}");
    // A login gives both anew, and neither is judged by the other.
    let said = words(&outcome("session/fixation", remembering(None)).await);
    assert!(said.starts_with("pass: "), "{said}");
    assert!(
        said.contains("`session`") && said.contains("`remember_token`"),
        "{said}"
    );
}

/// What stays at home has to stay on every way in.
#[tokio::test]
async fn one_cookie_that_goes_along_is_enough() {
    let home = ["session=1; SameSite=Lax", "remember_token=1; SameSite=Strict"];
    let said = words(&outcome(CROSS_SITE, remembering(Some(Fault::AnyOrigin)).setting(&home)).await);
    assert!(said.starts_with("pass: without the cookie"), "{said}");
    let along = ["session=1; SameSite=Lax", "remember_token=1"];
    let said = words(&outcome(CROSS_SITE, remembering(Some(Fault::AnyOrigin)).setting(&along)).await);
    assert!(said.starts_with("fail: "), "{said}");
    let said = words(&outcome(CROSS_SITE, remembering(None).setting(&along)).await);
    assert!(said.starts_with("pass: "), "{said}");
}

/// What no owner can do shows nothing of forged requests: the other deed alone counts, and is said to.
#[tokio::test]
async fn a_deed_without_an_effect_proves_nothing() {
    let said = words(&outcome(CROSS_SITE, with_cookies(Some(Fault::WritesBroken))).await);
    assert!(said.contains("has no effect that alice could see"), "{said}");
}

#[tokio::test]
async fn two_credentials_are_taken_for_one_caller() {
    for (fault, expected) in [
        (None, "pass: the `Authorization` of alice before the one of mallory"),
        (
            Some(Fault::TakesBoth),
            "fail: a request with two credentials is answered for one here",
        ),
        (Some(Fault::TwoBreak), "open: "),
        // Whose object everybody reads tells nobody apart.
        (
            Some(Fault::NotesOpen),
            "open: mallory reads the note of alice by itself",
        ),
    ] {
        let said = words(&outcome(TWO, server(fault)).await);
        assert!(said.starts_with(expected), "{fault:?}: {said}");
    }
}
