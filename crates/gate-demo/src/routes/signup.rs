//! Signing up. The answer is the same whether the address has an account or not; only its mailbox is told.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use serde::Deserialize;

use crate::{
    Hole,
    auth::hash_password,
    input::{Check, Sent, length},
    openapi::{Operation, post},
    problem::{Answer, Problem},
    state::{Mail, Shared},
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("/auth/signup", sign_up)
            .named("signUp", "auth", "Ask for an account; what comes of it goes by mail.")
            .public()
            .takes("SignupRequest")
            .answers_empty(202, "A mail was sent.")
            .fails(429, "Throttled"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignupRequest {
    email: String,
    password: String,
}

impl Check for SignupRequest {
    fn check(&self) -> Result<(), String> {
        length("email", &self.email, 3, 254)?;
        length("password", &self.password, 12, 200)
    }
}

/// Nobody is let in by it: an account is opened by hand, once its address was confirmed.
async fn sign_up(State(app): State<Shared>, sent: Sent) -> Answer {
    let request: SignupRequest = sent.read()?;
    let email = request.email.to_ascii_lowercase();
    let key = format!("signup {email}");
    {
        let mut mails = app.mails();
        if let Some(seconds) = mails.blocked(&key) {
            return Err(Problem::throttled(seconds));
        }
        mails.fail(&key);
    }
    // The password of a known address costs as much as that of a new one.
    let _ = hash_password(&request.password, &rand::random());
    let known = app.tables().users.iter().any(|user| user.email == email);
    let text = if known {
        "Somebody, perhaps you, asked for a second account. There is one already."
    } else {
        "Somebody, perhaps you, asked for an account. We will be in touch."
    };
    app.send(Mail {
        to: email,
        secret: String::new(),
        subject: "Your account",
        text: text.to_owned(),
    });
    if known && app.hole(Hole::SignupTellsAccounts) {
        return Err(Problem::conflict("there is an account of this address already"));
    }
    Ok(StatusCode::ACCEPTED.into_response())
}
