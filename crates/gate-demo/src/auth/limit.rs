//! The limit of logins: whose failures count together, what is answered when there were too many, and how both can be got wrong.

use std::{sync::atomic::Ordering, time::Duration};

use axum::http::{HeaderMap, header};

use crate::{Hole, Sabotage, problem::Problem, state::App};

/// How late a login is answered where it is slowed down.
const LATE: Duration = Duration::from_millis(150);

/// The limit as it concerns one attempt.
pub(crate) struct LoginLimit {
    key: String,
}

impl LoginLimit {
    /// The limit for an account; none where there is no limit at all.
    pub(crate) fn of(app: &App, headers: &HeaderMap, typed: &str) -> Option<Self> {
        if app.hole(Hole::LoginUnlimited) {
            return None;
        }
        let sent = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let mut key = typed.to_ascii_lowercase();
        if app.hole(Hole::LoginLimitByRawEmail) {
            typed.clone_into(&mut key);
        }
        if app.hole(Hole::LoginLimitOfEverybody) {
            "everybody".clone_into(&mut key);
        }
        if app.hole(Hole::LoginLimitTrustsForwardedFor) {
            key = format!("{key} {}", sent("x-forwarded-for"));
        }
        if app.hole(Hole::LoginLimitByUserAgent) {
            key = format!("{key} {}", sent(header::USER_AGENT.as_str()));
        }
        if app.hole(Hole::LoginLimitPerReplica) {
            key = format!("{key} {}", app.requests.load(Ordering::SeqCst) % 2);
        }
        if app.hole(Hole::LoginLimitHigh) {
            // Ten accounts' worth for one.
            key = format!("{key} {}", app.requests.load(Ordering::SeqCst) % 10);
        }
        Some(Self { key })
    }

    /// Lets the attempt through, perhaps late, or says why not.
    pub(crate) async fn hold(&self, app: &App) -> Result<(), Problem> {
        let blocked = app.logins().blocked(&self.key);
        let Some(seconds) = blocked else { return Ok(()) };
        if app.odd(Sabotage::SlowedDown) {
            tokio::time::sleep(LATE).await;
            return Ok(());
        }
        Err(if app.odd(Sabotage::Captcha) {
            Problem::captcha()
        } else if app.odd(Sabotage::SilentLockout) {
            Problem::bad_credentials()
        } else if app.odd(Sabotage::Lockout) {
            Problem::locked(seconds)
        } else if app.hole(Hole::LoginRetryAfterLies) {
            Problem::throttled(1)
        } else if app.hole(Hole::LoginRetryAfterGarbled) {
            Problem::throttled_until(format!("{seconds} seconds"))
        } else {
            Problem::throttled(seconds)
        })
    }

    /// Counts a failure.
    pub(crate) fn fail(&self, app: &App) {
        app.logins().fail(&self.key);
    }

    /// Forgets the failures, after a login that worked.
    pub(crate) fn clear(&self, app: &App) {
        app.logins().clear(&self.key);
    }
}
