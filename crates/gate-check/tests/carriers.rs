//! What of a session's credentials carries it, on the fake API of notes with jars of more than one cookie.

use gate_check::carriers;
use gate_check::testkit::{Bench, FakeApi, Reply};
use gate_exchange::{Actor, Credentials, Place, Presented, Sessions as _};
use gate_model::{Cause, Secret};
use serde_json::Value;

/// A server that lets those in who bring all of one of these sets.
fn server(jar: &'static [&'static str], ways: &'static [&'static [&'static str]], lacking: u16) -> Bench {
    let api = FakeApi::on(move |outgoing, _| {
        let Presented::Altered(altered) = &outgoing.actor.presented else {
            return None;
        };
        let sent = altered.headers.iter().find(|(name, _)| name == "Cookie");
        let sent = sent.map(|(_, value)| value.expose().clone()).unwrap_or_default();
        let brings = |name: &&str| sent.split("; ").any(|pair| pair == format!("{name}=value-of-{name}"));
        let status = if ways.iter().any(|way| way.iter().all(brings)) {
            200
        } else {
            lacking
        };
        Some(Reply::new(status, Value::Null))
    });
    Bench::new(api.presenting(|_, _| {
        let part = |name: &&str| {
            (
                Place::Cookie((*name).to_owned()),
                Secret::new(format!("value-of-{name}")),
            )
        };
        jar.iter().map(part).collect()
    }))
}

async fn of_alice(bench: &Bench) -> Credentials {
    let alice = Actor::identity(&"alice".into());
    bench.api.credentials(&alice).await.expect("credentials")
}

fn names(places: &[Place]) -> Vec<String> {
    let mut names: Vec<String> = places.iter().map(Place::to_string).collect();
    names.sort();
    names
}

async fn ways(bench: &Bench) -> Vec<Vec<String>> {
    let found = carriers(&bench.ctx(), &of_alice(bench).await).await.expect("an answer");
    let mut ways: Vec<Vec<String>> = found.ways().iter().map(|way| names(way)).collect();
    ways.sort();
    ways
}

fn sets(wanted: &[&[&str]]) -> Vec<Vec<String>> {
    let place = |name: &&str| Place::Cookie((*name).to_owned());
    let set = |set: &&[&str]| names(&set.iter().map(place).collect::<Vec<_>>());
    wanted.iter().map(set).collect()
}

#[tokio::test]
async fn a_single_cookie_costs_nothing() {
    let bench = server(&["sid"], &[&["sid"]], 401);
    assert_eq!(ways(&bench).await, sets(&[&["sid"]]));
    assert_eq!(bench.api.world(|world| world.requests), 0);
}

#[tokio::test]
async fn a_cookie_against_forged_requests_is_no_way_in() {
    // Whether the server says so by a refusal or by breaking.
    for lacking in [401, 500] {
        let bench = server(&["csrf", "sid"], &[&["sid"]], lacking);
        assert_eq!(ways(&bench).await, sets(&[&["sid"]]));
    }
    let bench = server(&["csrf", "sid"], &[&["sid"]], 401);
    assert_eq!(ways(&bench).await, sets(&[&["sid"]]));
    let asked = bench.api.world(|world| world.requests);
    assert!(asked <= 2, "{asked} requests");
    // It is asked once.
    assert_eq!(ways(&bench).await, sets(&[&["sid"]]));
    assert_eq!(bench.api.world(|world| world.requests), asked);
}

#[tokio::test]
async fn two_cookies_may_each_be_enough() {
    let bench = server(&["session", "csrf", "remember"], &[&["session"], &["remember"]], 401);
    assert_eq!(ways(&bench).await, sets(&[&["remember"], &["session"]]));
    let live = of_alice(&bench).await;
    let found = carriers(&bench.ctx(), &live).await.expect("an answer");
    let session = Place::Cookie("session".to_owned());
    let only = found.only_by(&live, &session);
    let left: Vec<Place> = only.parts.iter().map(|(place, _)| place.clone()).collect();
    assert_eq!(
        names(&left),
        ["the cookie `csrf`", "the cookie `session`"],
        "what lets nobody in stays"
    );
    assert_eq!(only.main().map(|(place, _)| place), Some(&session));
}

#[tokio::test]
async fn cookies_that_are_needed_together_are_one_way() {
    let bench = server(&["sid", "sid.sig"], &[&["sid", "sid.sig"]], 401);
    assert_eq!(ways(&bench).await, sets(&[&["sid", "sid.sig"]]));
    // Beside another way.
    let bench = server(
        &["a", "sid", "b", "sid.sig", "remember"],
        &[&["sid", "sid.sig"], &["remember"]],
        401,
    );
    assert_eq!(ways(&bench).await, sets(&[&["remember"], &["sid", "sid.sig"]]));
}

#[tokio::test]
async fn what_every_way_needs_stays_on_each() {
    let bench = server(
        &["device", "session", "remember"],
        &[&["device", "session"], &["device", "remember"]],
        401,
    );
    assert_eq!(
        ways(&bench).await,
        sets(&[&["device", "remember"], &["device", "session"]])
    );
    let live = of_alice(&bench).await;
    let found = carriers(&bench.ctx(), &live).await.expect("an answer");
    let left = |name: &str| {
        let only = found.only_by(&live, &Place::Cookie(name.to_owned()));
        let places: Vec<Place> = only.parts.into_iter().map(|(place, _)| place).collect();
        names(&places)
    };
    assert_eq!(left("session"), ["the cookie `device`", "the cookie `session`"]);
    assert_eq!(left("device").len(), 3, "without it nothing lets in");
}

#[tokio::test]
async fn one_among_many_is_found_with_few_questions() {
    const MANY: [&str; 16] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "sid", "m", "n", "o", "p",
    ];
    let bench = server(&MANY, &[&["sid"]], 401);
    assert_eq!(ways(&bench).await, sets(&[&["sid"]]));
    let asked = bench.api.world(|world| world.requests);
    assert!(asked <= 10, "{asked} requests");
}

#[tokio::test]
async fn a_session_that_is_lost_meanwhile_shows_nothing() {
    let bench = server(&["session", "remember"], &[&["session"], &["remember"]], 401);
    let live = of_alice(&bench).await;
    bench.api.world(|world| world.dead.insert("alice".into()));
    let lost = carriers(&bench.ctx(), &live).await.expect_err("no answer");
    assert_eq!(lost.cause, Cause::SessionLost);
    // And nothing of it is kept.
    bench.api.world(|world| world.dead.clear());
    assert_eq!(ways(&bench).await, sets(&[&["remember"], &["session"]]));
}
