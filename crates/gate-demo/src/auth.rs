//! Passwords, sessions and tokens: short-lived signed access tokens (JWT, HS256), opaque refresh tokens that rotate,
//! and one-time secrets that are mailed.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{guard::Actor, problem::Problem, state::App};

/// Rounds of the password hash. A real product takes Argon2 or scrypt; the demo starts hundreds of times in tests
/// and logs in several users each time, so that a login has to stay cheap.
const ROUNDS: usize = 64;
/// Live sessions kept; the oldest one goes when there are more.
const MAX_SESSIONS: usize = 20_000;
/// Renewals of one session, because used refresh tokens are remembered as long as it lives.
const MAX_RENEWALS: usize = 10_000;
/// How long a refresh token can be used.
const REFRESH_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a mailed secret can be used.
const MAIL_LIFETIME: Duration = Duration::from_secs(600);
const ISSUER: &str = "gate-demo";

/// Stretches a password with its salt.
pub(crate) fn hash_password(password: &str, salt: &[u8; 16]) -> [u8; 32] {
    let mut hash: [u8; 32] = Sha256::new()
        .chain_update(salt)
        .chain_update(password)
        .finalize()
        .into();
    for _ in 0..ROUNDS {
        hash = Sha256::new().chain_update(salt).chain_update(hash).finalize().into();
    }
    hash
}

/// Compares without telling by its duration where the difference is.
pub(crate) fn same(left: &[u8; 32], right: &[u8; 32]) -> bool {
    left.iter()
        .zip(right)
        .fold(0, |difference, (a, b)| difference | (a ^ b))
        == 0
}

/// A value that nobody guesses, as text.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// How secrets are kept: only their hash.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// What an access token says. Role and tenant are looked up on each request, never believed.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: u64,
    exp: u64,
}

/// The answer to a login.
#[derive(Debug, Serialize)]
pub(crate) struct TokenPair {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
}

#[derive(Debug)]
struct Session {
    user: Uuid,
    opened: Instant,
    refresh: [u8; 32],
    renewals: usize,
}

/// What a mailed secret is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A one-time code for a login.
    Login,
    /// A token that sets a new password.
    Reset,
}

#[derive(Debug)]
struct Mailed {
    user: Uuid,
    purpose: Purpose,
    secret: [u8; 32],
    sent: Instant,
}

/// Live sessions and mailed secrets.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    live: HashMap<Uuid, Session>,
    /// Refresh tokens by hash, used ones too: a second use ends the session.
    refresh: HashMap<[u8; 32], Uuid>,
    mailed: Vec<Mailed>,
}

impl Sessions {
    /// Ends one session: its access and refresh tokens are refused from now on.
    pub fn end(&mut self, session: Uuid) {
        if self.live.remove(&session).is_some() {
            self.refresh.retain(|_, owner| *owner != session);
        }
    }

    /// Ends the sessions of a user but one.
    pub fn end_all(&mut self, user: Uuid, except: Option<Uuid>) {
        self.live
            .retain(|id, session| session.user != user || Some(*id) == except);
        let live = &self.live;
        self.refresh.retain(|_, owner| live.contains_key(owner));
    }

    fn make_room(&mut self) {
        if self.live.len() >= MAX_SESSIONS
            && let Some(oldest) = self
                .live
                .iter()
                .min_by_key(|(_, session)| session.opened)
                .map(|(id, _)| *id)
        {
            self.end(oldest);
        }
    }

    /// Keeps a secret that goes out by mail; an older one for the same purpose is worthless from now on.
    pub fn remember(&mut self, user: Uuid, purpose: Purpose, secret: &str) {
        self.mailed.retain(|mail| mail.user != user || mail.purpose != purpose);
        self.mailed.push(Mailed {
            user,
            purpose,
            secret: digest(secret),
            sent: Instant::now(),
        });
    }

    /// Redeems a mailed secret, once. `user` narrows it to one account, as short codes need.
    pub fn redeem(&mut self, user: Option<Uuid>, purpose: Purpose, secret: &str) -> Option<Uuid> {
        let hash = digest(secret);
        self.mailed.retain(|mail| mail.sent.elapsed() < MAIL_LIFETIME);
        let found = self.mailed.iter().position(|mail| {
            mail.purpose == purpose && user.is_none_or(|user| user == mail.user) && same(&mail.secret, &hash)
        })?;
        Some(self.mailed.swap_remove(found).user)
    }
}

/// Opens a session for a user who has proved who they are.
pub(crate) fn open(app: &App, user: Uuid) -> Result<TokenPair, Problem> {
    let session = Uuid::new_v4();
    let refresh_token = random_token();
    let mut sessions = app.sessions();
    sessions.make_room();
    let refresh = digest(&refresh_token);
    sessions.refresh.insert(refresh, session);
    sessions.live.insert(
        session,
        Session {
            user,
            opened: Instant::now(),
            refresh,
            renewals: 0,
        },
    );
    pair(app, user, session, refresh_token)
}

/// Trades a refresh token for a new pair. A token that was used before ends its session (RFC 9700, 4.14.2).
pub(crate) fn renew(app: &App, token: &str) -> Result<TokenPair, Problem> {
    let used = digest(token);
    let refresh_token = random_token();
    let mut sessions = app.sessions();
    let id = *sessions.refresh.get(&used).ok_or_else(Problem::bad_credentials)?;
    let session = sessions.live.get_mut(&id).ok_or_else(Problem::bad_credentials)?;
    session.renewals += 1;
    let worn = session.opened.elapsed() > REFRESH_LIFETIME || session.renewals > MAX_RENEWALS;
    if session.refresh != used || worn {
        sessions.end(id);
        return Err(Problem::bad_credentials());
    }
    session.refresh = digest(&refresh_token);
    let (user, fresh) = (session.user, session.refresh);
    sessions.refresh.insert(fresh, id);
    pair(app, user, id, refresh_token)
}

fn pair(app: &App, user: Uuid, session: Uuid, refresh_token: String) -> Result<TokenPair, Problem> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Problem::internal())?
        .as_secs();
    let expires_in = app.config.token_seconds();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: user,
        sid: session,
        jti: Uuid::new_v4(),
        iat: now,
        exp: now + expires_in,
    };
    let access_token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &app.encoding_key)
        .map_err(|_| Problem::internal())?;
    app.gave_out(&access_token);
    app.gave_out(&refresh_token);
    Ok(TokenPair {
        access_token,
        token_type: "Bearer",
        expires_in,
        refresh_token,
    })
}

/// Who sent a request: a bearer token that is signed, unexpired and of a live session, and the user as of now.
pub(crate) fn actor(app: &App, headers: &HeaderMap) -> Option<Actor> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    let claims = jsonwebtoken::decode::<Claims>(token.trim(), &app.decoding_key, &validation)
        .ok()?
        .claims;
    if app
        .sessions()
        .live
        .get(&claims.sid)
        .is_none_or(|session| session.user != claims.sub)
    {
        return None;
    }
    let tables = app.tables();
    let user = tables.users.iter().find(|user| user.id == claims.sub)?;
    Some(Actor::of(user, claims.sid))
}
