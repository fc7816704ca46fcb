//! Each oddity does what its name says.

use std::time::Duration;

use gate_demo::{Config, Sabotage};
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Api, Reply, text};

fn odd(text: &str) -> Api {
    Api::new(Config::default().with_sabotage(text.parse().expect("a sabotage")))
}

/// Alice's new project as a path, with her token and mallory's.
async fn scene(api: &Api) -> (String, String, String) {
    let (alice, mallory) = (api.login("alice").await, api.login("mallory").await);
    let created = api.post(&alice, "/projects", json!({ "name": "alices" })).await;
    (
        created.header("location").expect("a location").to_owned(),
        alice,
        mallory,
    )
}

#[test]
fn every_form_is_read_as_it_is_written() {
    for (form, description) in Sabotage::forms() {
        let form = form.replace("=N", "=404");
        assert_eq!(
            form.parse::<Sabotage>().map(|sabotage| sabotage.to_string()).ok(),
            Some(form)
        );
        assert!(!description.is_empty());
    }
    for wrong in ["everyone-status", "everyone-status=99", "slow=x", "cached=1", ""] {
        assert!(wrong.parse::<Sabotage>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn everyone_is_answered_alike_after_the_login() {
    for status in [401, 403, 404, 429, 500] {
        let api = odd(&format!("everyone-status={status}"));
        let alice = api.login("alice").await;
        for path in ["/activity", "/projects", "/invoices/1001"] {
            assert_eq!(api.get(&alice, path).await.status, status);
        }
        assert_eq!(api.send(None, "GET", "/healthz", None).await.status, 200);
        assert_eq!(api.get(&alice, "/me").await.status, 200, "the session is well");
    }
    let api = odd("empty-200");
    let reply = api.get(&api.login("alice").await, "/projects").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}

async fn refusals(api: &Api) -> [Reply; 2] {
    let (path, alice, mallory) = scene(api).await;
    assert_eq!(api.get(&alice, &path).await.status, 200, "the owner is served");
    [api.get(&mallory, &path).await, api.send(None, "GET", &path, None).await]
}

#[tokio::test]
async fn foreigners_are_answered_oddly_and_owners_are_not() {
    for status in [500, 400, 429] {
        for reply in refusals(&odd(&format!("foreign-status={status}"))).await {
            assert_eq!(reply.status, status);
        }
    }
    for reply in refusals(&odd("foreign-empty-200")).await {
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    }
    let [foreign, anonymous] = refusals(&odd("anonymous-400")).await;
    assert_eq!((foreign.status, anonymous.status), (404, 400));
    let [foreign, anonymous] = refusals(&odd("redirect-to-login")).await;
    assert_eq!(
        (foreign.status, anonymous.status, anonymous.header("location")),
        (404, 302, Some("/login"))
    );
    let [foreign, anonymous] = refusals(&odd("status-200-envelope")).await;
    assert_eq!((foreign.status, foreign.json()["code"].as_u64()), (200, Some(404)));
    assert_eq!((anonymous.status, anonymous.json()["code"].as_u64()), (200, Some(401)));
}

#[tokio::test]
async fn the_intruder_loses_his_session() {
    for (form, second) in [("intruder-session-lost", 200), ("intruder-session-lost-always", 401)] {
        let api = odd(form);
        let (path, alice, mallory) = scene(&api).await;
        assert_eq!(api.get(&mallory, "/me").await.status, 200);
        assert_eq!(api.get(&mallory, &path).await.status, 404);
        assert_eq!(api.get(&mallory, "/me").await.status, 401);
        let again = api.login("mallory").await;
        assert_eq!(api.get(&again, &path).await.status, 404);
        assert_eq!(api.get(&again, "/me").await.status, second, "{form}");
        assert_eq!(api.get(&alice, &path).await.status, 200);
    }
}

#[tokio::test]
async fn the_owner_loses_his_session() {
    for (form, next_login) in [("owner-session-lost=2", 200), ("owner-locked-out=2", 401)] {
        let api = odd(form);
        let (alice, bob) = (api.login("alice").await, api.login("bob").await);
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(api.get(&alice, "/me").await.status);
            assert_eq!(api.get(&bob, "/me").await.status, 200);
        }
        assert_eq!(statuses, [200, 200, 401, 401], "{form}");
        assert_eq!(api.try_login("alice").await.status, next_login, "{form}");
    }
}

#[tokio::test]
async fn errors_echo_what_was_sent() {
    let api = odd("echo-errors");
    let (path, _, mallory) = scene(&api).await;
    let body = Some(json!({ "name": "sent by mallory" }));
    let reply = api
        .send(Some(&mallory), "PATCH", &format!("{path}?trace=abc"), body)
        .await;
    assert_eq!(reply.status, 404);
    for part in [path.as_str(), "trace=abc", "sent by mallory"] {
        assert!(reply.body.contains(part), "{part}: {}", reply.body);
    }
    assert!(!reply.body.contains("alices"), "an echo leaks nothing");
}

#[tokio::test]
async fn short_tokens_say_so_and_are_renewed() {
    let api = odd("short-tokens=2");
    let login = api.try_login("alice").await.json();
    assert_eq!(login["expires_in"], 2);
    let renewed = api
        .send(
            None,
            "POST",
            "/auth/refresh",
            Some(json!({ "refresh_token": login["refresh_token"] })),
        )
        .await;
    assert_eq!((renewed.status, renewed.json()["expires_in"].as_u64()), (200, Some(2)));
}

#[tokio::test]
async fn a_login_ends_older_sessions() {
    let api = odd("single-session");
    let older = api.login("bob").await;
    let newer = api.login("bob").await;
    assert_eq!(api.get(&older, "/me").await.status, 401);
    assert_eq!(api.get(&newer, "/me").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn everybody_shares_the_limiter_and_waits_when_it_is_slow() {
    let api = odd("global-limiter=2");
    let health = async || api.send(None, "GET", "/healthz", None).await;
    assert_eq!(health().await.status, 200);
    assert_eq!(health().await.status, 200);
    let refused = health().await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(health().await.status, 200);

    let begin = Instant::now();
    odd("slow=70").send(None, "GET", "/healthz", None).await;
    assert_eq!(begin.elapsed(), Duration::from_millis(70));
}

#[tokio::test]
async fn lists_come_in_small_pages_oldest_first() {
    let api = odd("paged-lists");
    let alice = api.login("alice").await;
    for number in 0..4 {
        api.post(&alice, "/projects", json!({ "name": format!("number {number}") }))
            .await;
    }
    let mut names = Vec::new();
    let mut next = Some("/projects?limit=50".to_owned());
    while let Some(path) = next {
        let page = api.get(&alice, &path).await;
        assert_eq!(page.header("x-total-count"), Some("5"));
        assert!(page.json().get("total").is_none());
        let items = page.json()["items"].as_array().expect("items").clone();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|item| text(&item["name"])));
        let link = page
            .header("link")
            .and_then(|link| link.strip_prefix('<')?.split('>').next());
        next = link.map(str::to_owned);
    }
    assert_eq!(names, ["Anvil launch", "number 0", "number 1", "number 2", "number 3"]);
}

#[tokio::test]
async fn writes_answer_without_content() {
    let api = odd("no-content-writes");
    let alice = api.login("alice").await;
    let created = api.post(&alice, "/projects", json!({ "name": "one" })).await;
    assert_eq!((created.status, created.body.as_str()), (204, ""));
    let path = created.header("location").expect("a location");
    let changed = api
        .send(Some(&alice), "PATCH", path, Some(json!({ "name": "two" })))
        .await;
    assert_eq!((changed.status, changed.body.as_str()), (204, ""));
    assert_eq!(api.get(&alice, path).await.json()["name"], "two");
}

#[tokio::test(start_paused = true)]
async fn reads_are_cached_by_caller_for_a_second() {
    let api = odd("cached");
    let (path, alice, mallory) = scene(&api).await;
    let first = api.get(&alice, &path).await;
    assert_eq!((first.header("x-cache"), first.header("age")), (Some("MISS"), None));
    let hit = api.get(&alice, &path).await;
    assert_eq!((hit.header("x-cache"), hit.header("age")), (Some("HIT"), Some("0")));
    assert_eq!(hit.body, first.body);
    assert_eq!(
        api.get(&mallory, &path).await.status,
        404,
        "nobody is served from another's cache"
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(api.get(&alice, &path).await.header("x-cache"), Some("MISS"));
}
