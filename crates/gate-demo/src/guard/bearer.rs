//! The access token of a request: in the header `Authorization`, once, behind the word `Bearer` (RFC 6750, 2.1).

use axum::http::header;

use super::Asked;
use crate::{Hole, state::App};

/// What a request brought in place of a token.
pub(super) enum Brought {
    /// Nothing that counts.
    Nothing,
    /// A token, not yet looked at.
    Token(String),
    /// Nothing, which a hole takes for the first user.
    FirstUser,
}

/// The access token of a request.
pub(super) fn token(app: &App, asked: &Asked) -> Brought {
    let all = || asked.headers.get_all(header::AUTHORIZATION).iter();
    if all().count() > 1 && !app.hole(Hole::AuthorizationTwice) {
        return Brought::Nothing;
    }
    let Some(value) = all().next_back() else {
        return in_query(app, asked);
    };
    let Ok(value) = value.to_str() else {
        return Brought::Nothing;
    };
    let (scheme, token) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return match (app.hole(Hole::SchemeIgnored), token) {
            (false, _) => Brought::Nothing,
            (true, "") => Brought::Token(scheme.to_owned()),
            (true, token) => Brought::Token(token.to_owned()),
        };
    }
    if token.is_empty() && app.hole(Hole::EmptyBearerAccepted) {
        return Brought::FirstUser;
    }
    if matches!(token, "null" | "undefined") && app.hole(Hole::NullTokenAccepted) {
        return Brought::FirstUser;
    }
    Brought::Token(token.to_owned())
}

/// Addresses are logged and handed on, so that no token is taken from them (RFC 6750, 5.3).
fn in_query(app: &App, asked: &Asked) -> Brought {
    let named = asked
        .query
        .split('&')
        .find_map(|pair| pair.strip_prefix("access_token="));
    match named {
        Some(token) if app.hole(Hole::TokenInQuery) => Brought::Token(token.to_owned()),
        _ => Brought::Nothing,
    }
}
