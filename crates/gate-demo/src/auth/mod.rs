//! Passwords, sessions and what a login gives: short-lived access tokens or a cookie, refresh tokens that rotate, and
//! one-time secrets that are mailed.

mod limit;
mod login;
mod password;
mod sessions;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

pub(crate) use limit::LoginLimit;
pub(crate) use login::{log_in, log_in_for_bearer, renew, visit};
pub(crate) use password::{hash_password, same, stored_password};
pub(crate) use sessions::{Purpose, Sessions};

/// The cookie that names a session.
pub(crate) const COOKIE: &str = "session";

/// A value that nobody guesses, as text.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// How secrets are kept: only their hash.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
