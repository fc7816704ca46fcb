//! What goes by mail: one-time codes for a login, and password resets. Nothing here tells whether an account exists.

use std::sync::atomic::Ordering;

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::done;
use crate::{
    Hole,
    auth::{self, Purpose, hash_password, random_token},
    input::{Check, Sent, length},
    openapi::{Operation, post},
    problem::{Answer, Problem},
    state::{App, Mail, Shared},
};

/// Wrong reset tokens name no account: they are counted together.
const RESETS: &str = "resets";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("/auth/otp/request", request_code)
            .named("requestOtp", "auth", "Have a one-time code mailed.")
            .public()
            .takes("MailRequest")
            .answers_empty(202, "Mailed, if the account exists.")
            .fails(429, "Throttled"),
        post("/auth/otp/verify", verify_code)
            .named("verifyOtp", "auth", "Log in with a one-time code.")
            .public()
            .takes("OtpVerification")
            .answers(200, "Logged in.", "Login")
            .fails(401, "BadCredentials")
            .fails(429, "Throttled"),
        post("/auth/password-reset/request", request_reset)
            .named("requestPasswordReset", "auth", "Have a reset token mailed.")
            .public()
            .takes("MailRequest")
            .answers_empty(202, "Mailed, if the account exists.")
            .fails(429, "Throttled"),
        post("/auth/password-reset/confirm", confirm_reset)
            .named("confirmPasswordReset", "auth", "Set a new password with a reset token.")
            .public()
            .takes("PasswordReset")
            .answers_empty(204, "Set; all sessions are ended.")
            .fails(401, "BadCredentials")
            .fails(429, "Throttled"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailRequest {
    email: String,
}

impl Check for MailRequest {
    fn check(&self) -> Result<(), String> {
        length("email", &self.email, 3, 254)
    }
}

fn account(app: &App, email: &str) -> Option<Uuid> {
    app.tables()
        .users
        .iter()
        .find(|user| user.email == email)
        .map(|user| user.id)
}

/// Mails a secret to an account, if it exists; asks too often are refused either way.
fn send(app: &App, headers: &HeaderMap, sent: &Sent, purpose: Purpose) -> Answer {
    let request: MailRequest = sent.read()?;
    let email = request.email.to_ascii_lowercase();
    let key = format!("{purpose:?} {email}");
    {
        let mut mails = app.mails();
        if let Some(seconds) = mails.blocked(&key) {
            return Err(Problem::throttled(seconds));
        }
        mails.fail(&key);
    }
    let secret = secret(app, purpose);
    let known = account(app, &email);
    if let Some(user) = known {
        let kept = purpose == Purpose::Login && app.hole(Hole::OtpNotSuperseded);
        app.sessions().remember(user, purpose, &secret, kept);
        let (subject, text) = match purpose {
            Purpose::Login => (
                "Your code",
                format!("Your code is {secret}. It is good for ten minutes."),
            ),
            Purpose::Reset => (
                "Set a new password",
                format!("Go to {}/reset?token={secret} within ten minutes.", home(app, headers)),
            ),
        };
        if purpose == Purpose::Reset {
            app.gave_out(&secret);
        }
        let copy = secret.clone();
        app.send(Mail {
            to: email,
            secret: copy,
            subject,
            text,
        });
    }
    if purpose == Purpose::Reset && app.hole(Hole::ResetTellsAccounts) && known.is_none() {
        return Err(Problem::missing());
    }
    if purpose == Purpose::Reset && app.hole(Hole::ResetTokenInAnswer) {
        return Ok((StatusCode::ACCEPTED, Json(json!({ "debug": secret }))).into_response());
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

/// What is mailed: six digits for a login, something that nobody guesses for a reset.
fn secret(app: &App, purpose: Purpose) -> String {
    let count = app.mails_sent.fetch_add(1, Ordering::SeqCst);
    match purpose {
        Purpose::Login if app.hole(Hole::OtpShort) => format!("4817{:02}", rand::random_range(0..100)),
        Purpose::Login => format!("{:06}", rand::random_range(0..1_000_000)),
        Purpose::Reset if app.hole(Hole::ResetTokenSequential) => format!("{:020}", 90_017_000 + count),
        Purpose::Reset if app.hole(Hole::ResetTokenOfMoment) => {
            let second = time::OffsetDateTime::now_utc().unix_timestamp().to_string();
            Sha256::digest(second)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        }
        Purpose::Reset => random_token(),
    }
}

/// Where links lead: to the server's own address, whatever a request says that it is called.
fn home(app: &App, headers: &HeaderMap) -> String {
    let named = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let forwarded = named("x-forwarded-host").filter(|_| app.hole(Hole::ResetLinkForwardedHost));
    let host = named("host").filter(|_| app.hole(Hole::ResetLinkHost));
    forwarded
        .or(host)
        .map_or_else(|| app.url(), |host| format!("http://{host}"))
}

async fn request_code(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    send(&app, &headers, &sent, Purpose::Login)
}

async fn request_reset(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    send(&app, &headers, &sent, Purpose::Reset)
}

/// Whose mailbox is looked at.
#[derive(Deserialize)]
pub(super) struct Mailbox {
    to: String,
}

/// Stands for a mail catcher, which test set-ups have beside the API and which is no part of it: what was mailed to an address, the
/// newest first. It is not in the OpenAPI document.
pub(super) async fn mailbox(State(app): State<Shared>, Query(mailbox): Query<Mailbox>) -> Response {
    let mails = app.mails_to(&mailbox.to.to_ascii_lowercase());
    let messages: Vec<_> = mails
        .iter()
        .map(|mail| json!({ "to": mail.to, "subject": mail.subject, "text": mail.text }))
        .collect();
    Json(json!({ "messages": messages })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtpVerification {
    email: String,
    code: String,
}

impl Check for OtpVerification {
    fn check(&self) -> Result<(), String> {
        length("email", &self.email, 3, 254)?;
        let digits = self.code.len() == 6 && self.code.bytes().all(|byte| byte.is_ascii_digit());
        if digits {
            Ok(())
        } else {
            Err("code needs six digits".to_owned())
        }
    }
}

async fn verify_code(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    let request: OtpVerification = sent.read()?;
    let email = request.email.to_ascii_lowercase();
    let key = format!("code {email}");
    if let Some(seconds) = app.logins().blocked(&key) {
        return Err(Problem::throttled(seconds));
    }
    let user = account(&app, &email);
    let kept = app.hole(Hole::OtpReusable);
    let any = app.hole(Hole::OtpOfAnyAccount);
    let redeemed = user.and_then(|user| {
        let narrowed = (!any).then_some(user);
        let owner = app.sessions().redeem(narrowed, Purpose::Login, &request.code, kept)?;
        Some(if any { user } else { owner })
    });
    let Some(user) = redeemed else {
        if !app.hole(Hole::OtpVerifyUnlimited) {
            app.logins().fail(&key);
        }
        return Err(Problem::bad_credentials());
    };
    app.logins().clear(&key);
    auth::log_in(&app, &headers, user)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordReset {
    token: String,
    new_password: String,
}

impl Check for PasswordReset {
    fn check(&self) -> Result<(), String> {
        length("token", &self.token, 1, 200)?;
        length("new_password", &self.new_password, 12, 200)
    }
}

async fn confirm_reset(State(app): State<Shared>, sent: Sent) -> Answer {
    let request: PasswordReset = sent.read()?;
    if let Some(seconds) = app.resets().blocked(RESETS) {
        return Err(Problem::throttled(seconds));
    }
    let kept = app.hole(Hole::ResetTokenReusable);
    let redeemed = app.sessions().redeem(None, Purpose::Reset, &request.token, kept);
    let old = || {
        app.hole(Hole::ResetTokenNeverExpires)
            .then(|| app.sessions().whose_old(&request.token))
    };
    let Some(user) = redeemed.or_else(|| old().flatten()) else {
        if !app.hole(Hole::ResetConfirmUnlimited) {
            app.resets().fail(RESETS);
        }
        return Err(Problem::bad_credentials());
    };
    if let Some(user) = app.tables().users.iter_mut().find(|row| row.id == user) {
        // The salt stays, so that whoever sets a password back leaves everything as it was.
        user.password_hash = hash_password(&request.new_password, &user.salt);
    }
    app.sessions().end_all(user, None);
    Ok(done())
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, header},
    };
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use crate::{Config, serve::assembled, state::App};

    async fn post(app: &crate::state::Shared, path: &str, body: Value) -> u16 {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).expect("a valid request");
        assembled(app)
            .oneshot(request)
            .await
            .expect("the router never fails")
            .status()
            .as_u16()
    }

    /// The secret in the newest mail to an address.
    fn mailed(app: &crate::state::Shared, to: &str) -> Option<String> {
        app.mails_to(to).first().map(|mail| mail.secret.clone())
    }

    #[tokio::test]
    async fn a_code_logs_in_once_and_only_its_account() {
        let app = App::new(Config::default());
        let (bob, vera) = ("bob@acme.test", "vera@acme.test");
        assert_eq!(post(&app, "/auth/otp/request", json!({ "email": bob })).await, 202);
        let code = mailed(&app, bob).expect("a mail");
        let verify = |email: &str| json!({ "email": email, "code": code });
        assert_eq!(post(&app, "/auth/otp/verify", verify(vera)).await, 401);
        assert_eq!(post(&app, "/auth/otp/verify", verify(bob)).await, 200);
        assert_eq!(post(&app, "/auth/otp/verify", verify(bob)).await, 401);
    }

    #[tokio::test]
    async fn guesses_of_a_code_are_throttled() {
        let app = App::new(Config::default());
        let email = "bob@acme.test";
        assert_eq!(post(&app, "/auth/otp/request", json!({ "email": email })).await, 202);
        let code = mailed(&app, email).expect("a mail");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(
                post(&app, "/auth/otp/verify", json!({ "email": email, "code": wrong })).await,
                401
            );
        }
        assert_eq!(
            post(&app, "/auth/otp/verify", json!({ "email": email, "code": code })).await,
            429
        );
    }

    #[tokio::test]
    async fn a_reset_token_sets_a_password_once_and_unknown_accounts_look_alike() {
        let app = App::new(Config::default());
        let email = "bob@acme.test";
        let request = "/auth/password-reset/request";
        assert_eq!(post(&app, request, json!({ "email": "nobody@acme.test" })).await, 202);
        assert_eq!(mailed(&app, "nobody@acme.test"), None);
        assert_eq!(post(&app, request, json!({ "email": email })).await, 202);
        let token = mailed(&app, email).expect("a mail");
        let confirm = json!({ "token": token, "new_password": "demo-new-not-a-secret" });
        assert_eq!(post(&app, "/auth/password-reset/confirm", confirm.clone()).await, 204);
        assert_eq!(post(&app, "/auth/password-reset/confirm", confirm).await, 401);
        let login = json!({ "email": email, "password": "demo-new-not-a-secret" });
        assert_eq!(post(&app, "/auth/login", login).await, 200);
    }
}
