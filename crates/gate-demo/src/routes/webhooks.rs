//! What a payment provider tells: it has no session and signs what it sends, as Stripe does.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::{
    Hole, WEBHOOK_SECRET,
    input::{Check, Sent, length},
    openapi::{Operation, post},
    problem::{Answer, Problem},
    state::{App, Shared},
};

/// The header with the moment and the signature: `t=…,v1=…`.
const SIGNATURE: &str = "demo-signature";
/// How old a delivery may be, in seconds.
const TOLERANCE: u64 = 300;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("/webhooks/payments", payment)
            .named(
                "paymentWebhook",
                "service",
                "A payment was settled; signed in Demo-Signature.",
            )
            .public()
            .takes("WebhookEvent")
            .answers(200, "Taken note of.", "Received")
            .fails(401, "Unauthorized"),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookEvent {
    event: String,
    amount_cents: u64,
}

impl Check for WebhookEvent {
    fn check(&self) -> Result<(), String> {
        length("event", &self.event, 1, 80)?;
        if self.amount_cents > 1_000_000_000 {
            return Err("amount_cents is too large".to_owned());
        }
        Ok(())
    }
}

async fn payment(State(app): State<Shared>, headers: HeaderMap, sent: Sent) -> Answer {
    if !is_genuine(&app, &headers, sent.bytes()) {
        return Err(Problem::anonymous());
    }
    let _: WebhookEvent = sent.read()?;
    Ok(received())
}

fn received() -> Response {
    Json(json!({ "received": true })).into_response()
}

fn is_genuine(app: &App, headers: &HeaderMap, body: &[u8]) -> bool {
    let Some(header) = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()) else {
        return app.hole(Hole::WebhookUnsigned);
    };
    let part = |name: &str| {
        header
            .split(',')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let (Some(moment), Some(signature)) = (part("t"), part("v1")) else {
        return false;
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let fresh = moment
        .parse::<u64>()
        .is_ok_and(|moment| now.abs_diff(moment) <= TOLERANCE);
    if !fresh && !app.hole(Hole::WebhookStale) {
        return false;
    }
    let signed = [moment.as_bytes(), b".", body].concat();
    if is_signed_with(app, WEBHOOK_SECRET, &signed, signature) {
        if app.hole(Hole::WebhookSignatureRemembered) {
            app.gave_out(signature);
        }
        return true;
    }
    (app.hole(Hole::WebhookAnySecret) && is_signed_with(app, "", &signed, signature))
        || (app.hole(Hole::WebhookSignatureRemembered) && app.issued().iter().any(|known| known == signature))
}

/// Compares in constant time.
fn is_signed_with(app: &App, secret: &str, signed: &[u8], signature: &str) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(signed);
    let Some(bytes) = hex(signature) else { return false };
    if app.hole(Hole::WebhookSignaturePrefix) {
        return mac.verify_truncated_left(&bytes[..4]).is_ok();
    }
    mac.verify_slice(&bytes).is_ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
