//! A first plan of the embedded demo API.

mod support;

use gate_demo::{CREDENTIALS, Config, Demo, Tokens};
use support::{asked, people, text};

/// The plan with everything that is commented out before the hints made to count.
fn uncommented(text: &str) -> String {
    let (before, _) = text.split_once("# What further lines").expect("there are hints");
    before
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') || rest.starts_with("  ") => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn user(name: &str) -> (&'static str, &'static str) {
    let user = CREDENTIALS.iter().find(|user| user.name == name).expect("a user");
    (user.email, user.password)
}

#[tokio::test]
async fn two_logins_make_a_plan_that_says_what_was_found() {
    let demo = Demo::start(Config::default()).await.expect("the demo starts");
    let url = format!("http://{}", demo.addr);
    let made = gate_init::init(&asked(url, None, people([user("alice"), user("mallory")])))
        .await
        .expect("a plan");
    assert!(made.proven());
    assert_eq!(made.variables(), ["LAUNCHGATE_PASSWORD_A", "LAUNCHGATE_PASSWORD_B"]);
    let text = text(&made);
    for wanted in [
        "  openapi: \"/openapi.json\"\n",
        "# Derived: users log in by POST /auth/login.\n",
        "  alice: { tenant: acme, role: owner, as: { email: \"alice@acme.test\", password: \"${LAUNCHGATE_PASSWORD_A}\" } }\n",
        "  mallory: { tenant: globex, role: owner, as: { email: \"mallory@globex.test\", password: \"${LAUNCHGATE_PASSWORD_B}\" } }\n",
        "#  project: { create: { post: /projects, json: ",
        "# 3 cases: no signing key is given.\n#tokens: { signing_key: ",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    for (_, password) in [user("alice"), user("mallory")] {
        assert!(!text.contains(password), "{text}");
    }
    let everything = uncommented(&text);
    let document = demo_document(demo.addr).await;
    let env = |name: &str| (name != "LAUNCHGATE_URL").then(|| format!("{name} of the test"));
    let draft =
        gate_plan::read("all.yml", &everything, &env, None).unwrap_or_else(|wrong| panic!("{wrong}\n{everything}"));
    let spec = draft
        .finish(Some(("openapi.json", &document)))
        .unwrap_or_else(|wrong| panic!("{wrong}\n{everything}"));
    assert_eq!(spec.resources.len(), made.spec.resources.len());
    assert!(spec.identities.len() > made.spec.identities.len(), "{everything}");
    demo.stop().await;
}

/// A login with cookies gives a token, without which nobody may write anything.
#[tokio::test]
async fn a_token_against_forged_requests_is_seen_in_the_answer_of_the_login() {
    let config = Config {
        tokens: Tokens::Cookie,
        ..Config::default()
    };
    let demo = Demo::start(config).await.expect("the demo starts");
    let url = format!("http://{}", demo.addr);
    let made = gate_init::init(&asked(url, None, people([user("alice"), user("mallory")])))
        .await
        .expect("a plan");
    assert!(made.proven(), "{:?}", made.proofs);
    let text = text(&made);
    for wanted in [
        "# The login sets cookies, and $.csrf_token holds a token that goes with unsafe requests as X-CSRF-Token.\n",
        "\nlogins:\n  login: { request: { post: /auth/login, ",
        "capture: { csrf: \"$.csrf_token\" }, send: { cookies: all, unsafe_headers: { X-CSRF-Token: \"{{csrf}}\" } }",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    assert!(!text.contains("MISSING: the document does not show a login"), "{text}");
    demo.stop().await;
}

#[tokio::test]
async fn users_of_one_tenant_are_not_taken_for_strangers() {
    let demo = Demo::start(Config::default()).await.expect("the demo starts");
    let url = format!("http://{}", demo.addr);
    let made = gate_init::init(&asked(url, None, people([user("alice"), user("bob")])))
        .await
        .expect("a plan");
    let text = text(&made);
    assert!(text.contains("  bob: { tenant: acme, "), "{text}");
    assert!(text.contains("# MISSING: both belong to one tenant"), "{text}");
    assert!(text.contains("#  mallory: { tenant: other, "), "{text}");
    demo.stop().await;
}

#[tokio::test]
async fn one_user_under_two_names_is_seen() {
    let demo = Demo::start(Config::default()).await.expect("the demo starts");
    let url = format!("http://{}", demo.addr);
    let (email, password) = user("alice");
    let shouted = email.to_uppercase();
    let made = gate_init::init(&asked(url, None, people([(email, password), (&shouted, password)])))
        .await
        .expect("a plan");
    assert!(!made.proven());
    assert!(text(&made).contains("# NOT PROVEN: "), "{}", text(&made));
    demo.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_said_and_never_shown() {
    let demo = Demo::start(Config::default()).await.expect("the demo starts");
    let url = format!("http://{}", demo.addr);
    let made = gate_init::init(&asked(
        url,
        None,
        people([user("alice"), ("mallory@globex.test", "wrong-password-of-hers")]),
    ))
    .await
    .expect("a plan");
    assert!(!made.proven());
    let text = text(&made);
    assert!(text.contains("# NOT PROVEN: mallory: "), "{text}");
    assert!(!text.contains("wrong-password-of-hers"), "{text}");
    demo.stop().await;
}

/// The document as the server gives it.
async fn demo_document(address: std::net::SocketAddr) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET /openapi.json HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    answer.split_once("\r\n\r\n").expect("a head").1.to_owned()
}
