//! Logins by form, by OAuth, by signup and by fixed credentials.

mod support;

use std::sync::{Arc, Mutex};

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_exchange::{Actor, Outgoing, Purpose, Request, Sessions as _, Target as _};
use gate_model::{Cause, Secret};
use gate_spec::{
    CredentialSlot, Extract, Identity, Login, LoginKind, Match, Method, StaticCredential, StatusMatch, Whoami,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use support::{
    Raw, client, get as send_get, identity, login, named, post_form, post_json, request, serve, spec, step, template,
    with_identity, with_login,
};

type Fields = HashMap<String, String>;

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn set_cookies(cookies: &[&str]) -> AppendHeaders<Vec<(&'static str, String)>> {
    AppendHeaders(
        cookies
            .iter()
            .map(|cookie| ("set-cookie", (*cookie).to_owned()))
            .collect(),
    )
}

/// A login as Django does it: a CSRF cookie and field, a redirect on success, a rotated CSRF cookie.
fn django() -> Router {
    let page = || async {
        let html = r#"<input name="csrfmiddlewaretoken" value="form&#x2F;token">"#;
        (set_cookies(&["csrftoken=first-csrf; Path=/"]), Html(html))
    };
    let submit = |headers: HeaderMap, Form(fields): Form<Fields>| async move {
        let cookie = header(&headers, "cookie");
        if cookie.contains("csrftoken=first-csrf")
            && fields
                .get("csrfmiddlewaretoken")
                .is_some_and(|token| token == "form/token")
            && fields
                .get("password")
                .is_some_and(|password| password == "right&proper")
        {
            let cookies = set_cookies(&[
                "sessionid=session-of-alice; Path=/; HttpOnly",
                "csrftoken=second%2Dcsrf; Path=/",
            ]);
            (StatusCode::FOUND, cookies, [("location", "/home")]).into_response()
        } else {
            Html("<p>Please enter a correct user name and password</p>").into_response()
        }
    };
    let account = |headers: HeaderMap| async move {
        if header(&headers, "cookie").contains("sessionid=session-of-alice") {
            Json(json!({"username": "alice"})).into_response()
        } else {
            (StatusCode::FOUND, [("location", "/login")]).into_response()
        }
    };
    let change = |headers: HeaderMap| async move {
        let served = header(&headers, "cookie").contains("csrftoken=second%2Dcsrf")
            && header(&headers, "x-csrftoken") == "second-csrf";
        if served {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::FORBIDDEN
        }
    };
    Router::new()
        .route("/login", get(page).post(submit))
        .route("/home", get(|| async { "welcome" }))
        .route("/account", get(account))
        .route("/change", post(change))
}

fn django_login(expect: Vec<StatusMatch>) -> Login {
    let mut submit = step(
        post_form(
            "/login",
            &[("csrfmiddlewaretoken", "{{form}}"), ("password", "{{password}}")],
        ),
        &[],
    );
    submit.expect = expect;
    let page = step(
        request(Method::Get, "/login"),
        &[
            ("csrf", Extract::Cookie("csrftoken".to_owned())),
            (
                "form",
                Extract::Regex(r#"csrfmiddlewaretoken" value="([^"]+)""#.to_owned()),
            ),
        ],
    );
    Login {
        send: vec![
            CredentialSlot::Jar,
            CredentialSlot::UnsafeHeader {
                name: "X-CSRFToken".to_owned(),
                value: template("{{csrf}}"),
            },
        ],
        whoami: Some(Whoami {
            request: request(Method::Get, "/account"),
            must: Match::default(),
        }),
        ..login("form", LoginKind::Steps(vec![page, submit]))
    }
}

#[tokio::test]
async fn a_form_login_with_csrf_and_redirect() {
    let url = serve(django()).await;
    for expect in [Vec::new(), vec![StatusMatch::Exact(302)]] {
        let alice = identity("alice", Some("form"), &[("password", "right&proper")]);
        let client = client(with_identity(with_login(spec(&url), django_login(expect)), alice));
        let how = client.prove().await.remove(0).result;
        assert_eq!(how, Ok("GET /account shows a user of its own (`username`)".to_owned()));
        let change = Outgoing::new(
            &Actor::identity(&named("alice")),
            Purpose::Control,
            Request::new(Method::Post, "/change"),
        );
        let exchange = client.send(change).await.expect("an answer");
        assert_eq!(exchange.status, 204);
        assert_eq!(exchange.credential_headers.to_vec(), ["X-CSRFToken", "Cookie"]);
    }
}

/// This server looks at its token against forged requests and at no session: a forged session without the token would be refused
/// for want of it.
#[tokio::test]
async fn writes_with_an_altered_session_carry_the_token_against_forged_requests() {
    let url = serve(django()).await;
    let alice = identity("alice", Some("form"), &[("password", "right&proper")]);
    let client = client(with_identity(with_login(spec(&url), django_login(Vec::new())), alice));
    let credentials = client
        .credentials(&Actor::identity(&named("alice")))
        .await
        .expect("credentials");
    let forged = |writes: bool| {
        let session = |place: &gate_exchange::Place| *place == gate_exchange::Place::Cookie("sessionid".to_owned());
        let parts = credentials.parts.iter().map(|(place, value)| match session(place) {
            true => (place.clone(), gate_model::Secret::new("forged".to_owned())),
            false => (place.clone(), value.clone()),
        });
        let mut altered = credentials.of_parts("forged", "a forged session", parts.collect());
        if writes {
            altered.beside_writes.clone_from(&credentials.beside_writes);
        }
        Actor::altered(altered)
    };
    for (writes, method, path, status) in [
        (true, Method::Post, "/change", 204),
        (false, Method::Post, "/change", 403),
        (true, Method::Get, "/account", 302),
    ] {
        let outgoing = Outgoing::new(&forged(writes), Purpose::Probe, Request::new(method, path));
        let exchange = client.send(outgoing).await.expect("an answer");
        assert_eq!(exchange.status, status, "{writes} {method}");
        let sent = exchange.credential_headers.iter().any(|name| name == "X-CSRFToken");
        assert_eq!(sent, writes && method == Method::Post);
    }
}

#[tokio::test]
async fn a_failed_form_login_that_answers_200_is_no_login() {
    let url = serve(django()).await;
    let alice = || identity("alice", Some("form"), &[("password", "wrong")]);
    let strict = client(with_identity(
        with_login(spec(&url), django_login(vec![StatusMatch::Exact(302)])),
        alice(),
    ));
    let undecided = strict.prove().await.remove(0).result.expect_err("refused");
    assert_eq!(undecided.cause, Cause::LoginFailed);
    assert!(undecided.detail.contains("answered 200"), "{}", undecided.detail);
    let lax = client(with_identity(with_login(spec(&url), django_login(Vec::new())), alice()));
    let undecided = lax.prove().await.remove(0).result.expect_err("the whoami is refused");
    assert_eq!(undecided.cause, Cause::LoginFailed);
    assert!(
        undecided.detail.contains("GET /account answered 302"),
        "{}",
        undecided.detail
    );
}

#[tokio::test]
async fn redirects_out_of_scope_are_not_followed() {
    for location in [
        "http://evil.test/collect",
        "http://169.254.169.254/latest",
        "//evil.test/x",
    ] {
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let server = Raw::answering(answer).await;
        let kind = LoginKind::Steps(vec![step(
            post_json("/login", json!({"password": "{{password}}"})),
            &[],
        )]);
        let alice = identity("alice", Some("l"), &[("password", "correct-horse")]);
        let client = client(with_identity(with_login(spec(&server.url), login("l", kind)), alice));
        let undecided = client.prove().await.remove(0).result.expect_err("out of scope");
        assert!(undecided.detail.contains("not in scope"), "{}", undecided.detail);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn endless_redirects_end() {
    let server =
        Raw::answering("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
    let kind = LoginKind::Steps(vec![step(request(Method::Post, "/login"), &[])]);
    let spec = with_login(spec(&server.url), login("l", kind));
    let client = client(with_identity(spec, identity("alice", Some("l"), &[])));
    let undecided = client.prove().await.remove(0).result.expect_err("endless");
    assert!(
        undecided.detail.contains("more than 10 redirects"),
        "{}",
        undecided.detail
    );
    assert_eq!(server.lines()[1], "GET /again HTTP/1.1");
    assert_eq!(server.seen().len(), 11);
}

/// A token endpoint; `basic` says whether it takes the client's credentials by HTTP Basic.
fn token_endpoint(basic: bool) -> Router {
    let token = move |headers: HeaderMap, Form(form): Form<Fields>| async move {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let by_basic = format!("Basic {}", STANDARD.encode("the%20client:s3cret%2Fclient"));
        let client = if basic {
            header(&headers, "authorization") == by_basic
        } else {
            field("client_id") == "the client" && field("client_secret") == "s3cret/client"
        };
        let granted = match field("grant_type") {
            "client_credentials" => client && field("scope") == "read write" && field("audience") == "api",
            "password" => field("username") == "alice" && field("password") == "pass word&1",
            "refresh_token" => field("refresh_token") == "refresh-token-1",
            _ => false,
        };
        if granted {
            Json(json!({
                "access_token": format!("granted-by-{}", field("grant_type")),
                "token_type": "Bearer",
                "refresh_token": "refresh-token-1",
            }))
            .into_response()
        } else {
            (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"}))).into_response()
        }
    };
    Router::new()
        .route("/oauth/token", post(token))
        .route("/echo", any(echo))
}

async fn echo(headers: HeaderMap, RawQuery(query): RawQuery) -> Json<Value> {
    let fields: HashMap<&str, &str> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    Json(json!({"headers": fields, "query": query}))
}

async fn authorization(client: &gate_exchange::Client) -> Value {
    let exchange = send_get(client, &Actor::identity(&named("alice")), "/echo")
        .await
        .expect("an answer");
    exchange.json().expect("JSON")["headers"]["authorization"].clone()
}

#[tokio::test]
async fn client_credentials_by_basic_or_by_form() {
    for basic in [true, false] {
        let url = serve(token_endpoint(basic)).await;
        let kind = LoginKind::ClientCredentials {
            token_url: template("/oauth/token"),
            scope: Some("read write".to_owned()),
            extra: vec![("audience".to_owned(), template("api"))],
        };
        let fields = [("client_id", "the client"), ("client_secret", "s3cret/client")];
        let spec = with_identity(
            with_login(spec(&url), login("cc", kind)),
            identity("alice", Some("cc"), &fields),
        );
        assert_eq!(
            authorization(&client(spec)).await,
            json!("Bearer granted-by-client_credentials")
        );
    }
}

#[tokio::test]
async fn password_grant_and_its_refresh() {
    let url = serve(token_endpoint(true)).await;
    let kind = LoginKind::Password {
        token_url: template(&format!("{url}/oauth/token")),
        scope: None,
        extra: Vec::new(),
    };
    let fields = [("username", "alice"), ("password", "pass word&1")];
    let spec = with_identity(
        with_login(spec(&url), login("pw", kind)),
        identity("alice", Some("pw"), &fields),
    );
    let client = client(spec);
    assert_eq!(authorization(&client).await, json!("Bearer granted-by-password"));
    client.renew(&named("alice")).await.expect("renewed");
    assert_eq!(authorization(&client).await, json!("Bearer granted-by-refresh_token"));
}

#[tokio::test]
async fn fixed_credentials_go_where_the_plan_says() {
    let url = serve(Router::new().route("/echo", any(echo))).await;
    let slots = vec![
        CredentialSlot::Header {
            name: "X-Api-Key".to_owned(),
            value: template("{{token}}"),
        },
        CredentialSlot::Basic {
            username: template("{{username}}"),
            password: template("{{password}}"),
        },
        CredentialSlot::Query {
            name: "key".to_owned(),
            value: template("{{token}}"),
        },
        CredentialSlot::Cookie {
            name: "auth".to_owned(),
            value: template("{{token}}"),
        },
    ];
    let fields = [("token", "k&y-123456"), ("username", "alice"), ("password", "p:w")];
    let alice = Identity {
        credential: Some(StaticCredential { send: slots }),
        ..identity("alice", None, &fields)
    };
    let client = client(with_identity(spec(&url), alice));
    let exchange = send_get(&client, &Actor::identity(&named("alice")), "/echo?a=1")
        .await
        .expect("an answer");
    let seen = exchange.json().expect("JSON");
    assert_eq!(seen["headers"]["x-api-key"], "k&y-123456");
    assert_eq!(
        seen["headers"]["authorization"],
        format!("Basic {}", STANDARD.encode("alice:p:w"))
    );
    assert_eq!(seen["headers"]["cookie"], "auth=k&y-123456");
    assert_eq!(seen["query"], "a=1&key=k%26y-123456");
    assert!(exchange.url.ends_with("/echo?a=1"));
    assert_eq!(
        exchange.credential_headers.to_vec(),
        ["X-Api-Key", "Authorization", "Cookie", "?key"]
    );
    let evidence = client.evidence("probe", &exchange, None);
    let shown = serde_json::to_string(&evidence).expect("JSON");
    for secret in ["k&y-123456", "k%26y", &STANDARD.encode("alice:p:w")] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

#[tokio::test]
async fn a_user_signs_up_once_with_values_of_its_own() {
    type Users = Arc<Mutex<HashMap<String, String>>>;
    let users = Users::default();
    let sign_up = |State(users): State<Users>, Json(body): Json<Value>| async move {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        users
            .lock()
            .expect("not poisoned")
            .insert(text("email"), text("password"));
        StatusCode::CREATED
    };
    let log_in = |State(users): State<Users>, Json(body): Json<Value>| async move {
        let known = users.lock().expect("not poisoned");
        let password = known.get(body["email"].as_str().unwrap_or_default());
        let response: Response = if password.is_some() && password.map(String::as_str) == body["password"].as_str() {
            Json(json!({"data": {"token": "token-after-signup"}})).into_response()
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        };
        response
    };
    let app = Router::new()
        .route("/signup", post(sign_up))
        .route("/login", post(log_in))
        .route("/echo", any(echo))
        .with_state(users.clone());
    let body = || json!({"email": "{{email}}", "password": "{{password}}"});
    let kind = LoginKind::Steps(vec![step(post_json("/login", body()), &[])]);
    let spare = Identity {
        signup: Some(post_json("/signup", body())),
        fields: vec![("email".to_owned(), Secret::new("spare+{{unique}}@x.test".to_owned()))],
        ..identity("alice", Some("l"), &[])
    };
    let client = client(with_identity(
        with_login(spec(&serve(app).await), login("l", kind)),
        spare,
    ));
    assert_eq!(authorization(&client).await, json!("Bearer token-after-signup"));
    client.renew(&named("alice")).await.expect("renewed");
    let users = users.lock().expect("not poisoned");
    assert_eq!(users.len(), 1);
    let (email, password) = users.iter().next().expect("one user");
    assert!(
        email.starts_with("spare+") && email.ends_with("@x.test") && email.len() > 20,
        "{email}"
    );
    assert!(password.len() >= 16);
}

#[tokio::test]
async fn what_a_login_lacks_is_named() {
    let url = serve(Router::new().route("/login", post(|| async { Json(json!({"ok": true})) }))).await;
    let kind = LoginKind::Steps(vec![step(
        post_json("/login", json!({})),
        &[("token", Extract::JsonPath("$.access_token".to_owned()))],
    )]);
    let spec_with = |kind| {
        with_identity(
            with_login(spec(&url), login("l", kind)),
            identity("alice", Some("l"), &[]),
        )
    };
    let missing = client(spec_with(kind))
        .prove()
        .await
        .remove(0)
        .result
        .expect_err("no token");
    assert!(
        missing.detail.contains("`$.access_token` is missing"),
        "{}",
        missing.detail
    );
    let kind = LoginKind::Steps(vec![step(post_json("/login", json!({})), &[])]);
    let nothing = client(spec_with(kind))
        .prove()
        .await
        .remove(0)
        .result
        .expect_err("nothing");
    assert!(
        nothing.detail.contains("neither a token nor a cookie"),
        "{}",
        nothing.detail
    );
    assert!(nothing.settle.is_some());
    let kind = LoginKind::Steps(vec![step(
        post_json("/login", json!({})),
        &[("token", Extract::JsonPath("$.x-y".to_owned()))],
    )]);
    let unreadable = client(spec_with(kind))
        .prove()
        .await
        .remove(0)
        .result
        .expect_err("a wrong path");
    assert!(unreadable.detail.contains("$['a-b']"), "{}", unreadable.detail);
    let kind = LoginKind::Steps(vec![step(post_json("/login", json!({"p": "{{password}}"})), &[])]);
    let unfilled = client(spec_with(kind))
        .prove()
        .await
        .remove(0)
        .result
        .expect_err("no password");
    assert!(
        unfilled.detail.contains("nothing is known as `password`"),
        "{}",
        unfilled.detail
    );
}
