//! Without a switch: isolation, roles, tokens, throttling, validation.

use gate_demo::{CREDENTIALS, Config, PLAN, SIGNING_KEY, Tokens, secrets};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{
    client::{Api, text},
    sweep::breaches,
};

#[tokio::test(start_paused = true)]
async fn nobody_sees_or_changes_what_is_not_his() {
    for tokens in Tokens::ALL {
        let config = Config {
            tokens,
            ..Config::default()
        };
        assert!(breaches(config).await.is_empty(), "{tokens}");
    }
}

#[tokio::test]
async fn a_tenant_shares_its_objects_by_role() {
    let api = Api::new(Config::default());
    let (alice, bob, vera) = (
        api.login("alice").await,
        api.login("bob").await,
        api.login("vera").await,
    );
    let id = text(&api.post(&alice, "/projects", json!({ "name": "shared" })).await.json()["id"]);
    let path = format!("/projects/{id}");
    for token in [&alice, &bob, &vera] {
        assert_eq!(api.get(token, &path).await.json()["name"], "shared");
    }
    let rename = |name: &str| Some(json!({ "name": name }));
    assert_eq!(api.send(Some(&bob), "PATCH", &path, rename("by bob")).await.status, 200);
    assert_eq!(
        api.send(Some(&vera), "PATCH", &path, rename("by vera")).await.status,
        403
    );
    assert_eq!(api.get(&alice, &path).await.json()["name"], "by bob");
    assert_eq!(api.get(&alice, "/admin/users").await.json()["total"], 4);
    for token in [&bob, &vera] {
        assert_eq!(api.get(token, "/admin/users").await.status, 403);
    }
    assert_eq!(api.send(Some(&alice), "DELETE", &path, None).await.status, 204);
    assert_eq!(api.get(&alice, &path).await.status, 404);
}

#[tokio::test]
async fn roles_are_given_by_those_who_have_them() {
    let api = Api::new(Config::default());
    let (alice, adam) = (api.login("alice").await, api.login("adam").await);
    let users = api.get(&alice, "/admin/users").await.json();
    let id = |email: &str| {
        let users = users["items"].as_array().expect("a list");
        text(&users.iter().find(|user| user["email"] == email).expect("a user")["id"])
    };
    let path = |email: &str| format!("/admin/users/{}/role", id(email));
    let give = |token: String, email: &'static str, role: &'static str| {
        let (api, path) = (&api, path(email));
        async move {
            api.send(Some(&token), "PATCH", &path, Some(json!({ "role": role })))
                .await
                .status
        }
    };
    assert_eq!(give(adam.clone(), "vera@acme.test", "member").await, 200);
    assert_eq!(give(adam.clone(), "vera@acme.test", "owner").await, 403);
    assert_eq!(give(adam.clone(), "alice@acme.test", "viewer").await, 403);
    assert_eq!(give(adam.clone(), "adam@acme.test", "owner").await, 403);
    assert_eq!(give(alice.clone(), "bob@acme.test", "owner").await, 200);
    assert_eq!(give(alice, "bob@acme.test", "king").await, 422);
}

#[tokio::test]
async fn logout_and_refresh_end_what_they_replace() {
    let api = Api::new(Config::default());
    let login = api.try_login("bob").await.json();
    let (access, refresh) = (text(&login["access_token"]), text(&login["refresh_token"]));
    let renew = |token: String| {
        let api = &api;
        async move {
            api.send(None, "POST", "/auth/refresh", Some(json!({ "refresh_token": token })))
                .await
        }
    };
    let renewed = renew(refresh.clone()).await.json();
    let fresh = text(&renewed["access_token"]);
    assert_eq!(api.get(&fresh, "/me").await.status, 200);
    assert_eq!(renew(refresh).await.status, 401, "a refresh token works once");
    assert_eq!(
        api.get(&fresh, "/me").await.status,
        401,
        "a second use ends the session"
    );
    assert_eq!(renew(text(&renewed["refresh_token"])).await.status, 401);
    assert_eq!(api.get(&access, "/me").await.status, 401);

    let (ended, other) = (api.login("bob").await, api.login("bob").await);
    assert_eq!(api.send(Some(&ended), "POST", "/auth/logout", None).await.status, 204);
    assert_eq!(api.get(&ended, "/me").await.status, 401);
    assert_eq!(
        api.get(&other, "/me").await.status,
        200,
        "other sessions of the user live on"
    );
}

#[tokio::test]
async fn forged_and_expired_tokens_are_refused() {
    let api = Api::new(Config::default());
    let good = api.login("mallory").await;
    let payload = |token: &str| token.split('.').nth(1).expect("a JWT").to_owned();
    let claims: Value = jsonwebtoken::dangerous::insecure_decode(&good).expect("a JWT").claims;
    let sign = |algorithm, key: &str, change: &dyn Fn(&mut Value)| {
        let mut claims = claims.clone();
        change(&mut claims);
        let key = EncodingKey::from_secret(key.as_bytes());
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            ..Header::new(algorithm)
        };
        jsonwebtoken::encode(&header, &claims, &key).expect("a token")
    };
    let same = |_: &mut Value| {};
    assert_eq!(
        api.get(&sign(Algorithm::HS256, SIGNING_KEY, &same), "/me").await.status,
        200
    );
    let alice = text(&api.get(&api.login("alice").await, "/me").await.json()["id"]);
    let issued = claims["iat"].as_u64().expect("a number");
    let bad = [
        sign(Algorithm::HS256, "another key of some length", &same),
        sign(Algorithm::HS512, SIGNING_KEY, &same),
        sign(Algorithm::HS256, SIGNING_KEY, &|claims| {
            claims["exp"] = json!(issued - 1)
        }),
        sign(Algorithm::HS256, SIGNING_KEY, &|claims| {
            claims["iss"] = json!("elsewhere")
        }),
        sign(Algorithm::HS256, SIGNING_KEY, &|claims| claims["sub"] = json!(alice)),
        sign(Algorithm::HS256, SIGNING_KEY, &|claims| {
            claims.as_object_mut().expect("an object").remove("exp");
        }),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", payload(&good)),
        format!("{good}x"),
        String::new(),
    ];
    for token in bad {
        assert_eq!(api.get(&token, "/me").await.status, 401, "{token}");
    }
    let other = Api::new(Config::default());
    assert_eq!(other.get(&good, "/me").await.status, 401, "a token of another instance");
}

#[tokio::test(start_paused = true)]
async fn failed_logins_are_throttled_by_account() {
    let api = Api::new(Config::default());
    let wrong = |email: &'static str| {
        let api = &api;
        let body = json!({ "email": email, "password": "wrong" });
        async move { api.send(None, "POST", "/auth/login", Some(body)).await }
    };
    for email in ["bob@acme.test", "nobody@acme.test"] {
        for _ in 0..5 {
            assert_eq!(wrong(email).await.status, 401);
        }
        let refused = wrong(email).await;
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (429, Some("5")),
            "{email}"
        );
    }
    assert_eq!(
        api.try_login("bob").await.status,
        429,
        "the right password is refused too"
    );
    assert_eq!(api.try_login("alice").await.status, 200, "other accounts are heard");
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(api.try_login("bob").await.status, 200);
}

#[tokio::test]
async fn what_is_not_asked_for_is_refused() {
    let api = Api::new(Config::default());
    let alice = api.login("alice").await;
    for (body, status) in [
        (json!({ "name": "x", "tenant": "globex" }), 422),
        (json!({ "name": "" }), 422),
        (json!({ "name": 7 }), 422),
        (json!({}), 422),
        (json!({ "name": "x".repeat(121) }), 422),
        (json!({ "name": "x" }), 201),
    ] {
        assert_eq!(
            api.post(&alice, "/projects", body.clone()).await.status,
            status,
            "{body}"
        );
    }
    assert_eq!(api.send(Some(&alice), "POST", "/projects", None).await.status, 415);
    for path in [
        "/projects?limit=0",
        "/projects?limit=9999",
        "/projects?offset=-1",
        "/search",
        "/search?q=",
    ] {
        assert_eq!(api.get(&alice, path).await.status, 422, "{path}");
    }
    for path in [
        "/projects/1",
        "/projects/%00",
        "/invoices/x",
        "/invoices/99999999999999999999",
        "/nowhere",
    ] {
        assert_eq!(api.get(&alice, path).await.status, 404, "{path}");
    }
    assert_eq!(api.send(Some(&alice), "PUT", "/projects", None).await.status, 405);
    let large = "x".repeat(1024 * 1024 + 1);
    assert_eq!(api.upload(Some(&alice), "large", &large).await.status, 413);
}

#[tokio::test]
async fn invoices_files_and_exports_hold_what_was_put_in() {
    let api = Api::new(Config::default());
    let alice = api.login("alice").await;
    let draft = json!({ "customer": "C", "amount_cents": 5, "currency": "USD" });
    let invoice = api.post(&alice, "/invoices", draft).await;
    let path = invoice.header("location").expect("a location").to_owned();
    assert!(invoice.json()["id"].is_u64());
    let pay = format!("{path}/pay");
    assert_eq!(
        api.send(Some(&alice), "POST", &pay, None).await.json()["status"],
        "paid"
    );
    assert_eq!(api.send(Some(&alice), "POST", &pay, None).await.status, 409);
    assert_eq!(
        api.send(Some(&alice), "DELETE", &path, None).await.json()["status"],
        "paid"
    );
    assert_eq!(api.get(&alice, &path).await.status, 404);

    let file = api.upload(Some(&alice), "../a; b.txt", "content").await;
    assert_eq!(file.json()["name"], "a_ b.txt");
    let file = api.get(&alice, file.header("location").expect("a location")).await;
    assert_eq!(file.body, "content");
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"a_ b.txt\"")
    );

    let project = api
        .post(&alice, "/projects", json!({ "name": "=1+1", "description": "a\"b" }))
        .await;
    let export = api
        .get(
            &alice,
            &format!("{}/export", project.header("location").expect("a location")),
        )
        .await;
    assert!(export.body.contains(",\"'=1+1\",\"a\"\"b\""), "{}", export.body);
}

#[tokio::test]
async fn a_changed_password_replaces_the_old_one() {
    let api = Api::new(Config::default());
    let (bob, elsewhere) = (api.login("bob").await, api.login("bob").await);
    let change = |current: &str| json!({ "current_password": current, "new_password": "demo-new-not-a-secret" });
    assert_eq!(api.post(&bob, "/me/password", change("wrong")).await.status, 403);
    let right = CREDENTIALS
        .iter()
        .find(|user| user.name == "bob")
        .expect("bob")
        .password;
    assert_eq!(api.post(&bob, "/me/password", change(right)).await.status, 204);
    assert_eq!(api.get(&bob, "/me").await.status, 200);
    assert_eq!(api.get(&elsewhere, "/me").await.status, 401);
    assert_eq!(api.try_login("bob").await.status, 401);
}

#[test]
fn secrets_are_long_and_distinct() {
    let secrets = secrets();
    assert_eq!(secrets.len(), CREDENTIALS.len() + 9);
    for secret in &secrets {
        assert!(secret.len() >= 16);
        assert_eq!(
            secrets.iter().filter(|other| other.contains(secret.as_str())).count(),
            1
        );
    }
}

#[test]
fn the_plan_logs_in_people_who_exist() {
    assert!(PLAN.contains("url: \"${DEMO_URL}\""));
    let users = PLAN
        .lines()
        .filter_map(|line| line.trim().strip_prefix("as: { email: "))
        .collect::<Vec<_>>();
    assert_eq!(users.len(), 6);
    for user in users {
        let (email, rest) = user.split_once(',').expect("an email, then a password");
        let credential = CREDENTIALS
            .iter()
            .find(|credential| credential.email == email)
            .expect("a seeded user");
        assert!(rest.contains(&format!(":-{}}}", credential.password)), "{user}");
    }
}
