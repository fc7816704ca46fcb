//! The server of the fake of users and sessions: what it keeps, and what it answers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use gate_exchange::{Actor, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_spec::Method;
use serde_json::{Value, json};

use super::Reply;
use super::accounts::FakeAccounts;

/// What the server gets wrong, or is odd about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An access token outlives its logout.
    LogoutKeepsToken,
    /// A refresh token outlives its logout.
    LogoutKeepsRefresh,
    /// A logout ends every session of the user.
    LogoutEndsAll,
    /// A logout is answered 500.
    LogoutBroken,
    /// Other sessions outlive a change of the password.
    PasswordKeepsSessions,
    /// A change of the password is answered 204, and nothing is changed.
    PasswordIgnored,
    /// A disabled user keeps the session.
    DisabledKeepsSession,
    /// A session keeps the role that it was opened with.
    RoleOfLogin,
    /// Disabling is answered 204, and nothing is changed.
    DisableIgnored,
    /// A session that is open keeps what its user's membership gave, once that was taken away.
    RemovedKeepsSession,
    /// A removal is answered 204, and nothing is changed.
    RemovalIgnored,
    /// Tokens are JWTs that live ten seconds by their own word, and are refused then.
    ShortTokens,
    /// The same, and they are served for good.
    ShortTokensServed,
    /// A cookie that the server did not give is answered 500.
    UnknownCookieBreaks,
    /// The same refresh token is given again and again.
    RefreshNotRotated,
    /// A used refresh token is traded again.
    RefreshReused,
    /// A used refresh token is refused, and its successor lives on.
    ReuseKeepsFamily,
    /// A used refresh token is traded again until somebody waited.
    RefreshGrace,
    /// Logins give no refresh token.
    NoRefresh,
    /// A login ends the older sessions of its user.
    SingleSession,
    /// A login goes on with the session that the browser names.
    SessionFixed,
    /// Everything is answered 429 once a session was ended.
    ThrottledAfter,
    /// No login works once a session was ended.
    NoLoginAfter,
    /// What is done to a user first is done, and the connection breaks before the answer.
    ActUnanswered,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) password: String,
    pub(super) role: String,
    pub(super) disabled: bool,
    pub(super) removed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) user: IdentityName,
    pub(super) token: String,
    pub(super) refresh: String,
    pub(super) used: Vec<String>,
    pub(super) served: bool,
    pub(super) refreshed: bool,
    pub(super) role: String,
    /// How much had been waited when it was opened.
    pub(super) born: Duration,
}

/// What short tokens live: `exp` is `iat` and ten seconds.
const SHORT: Duration = Duration::from_secs(10);
/// The header and the payload of such a token.
const SHORT_TOKEN: &str = concat!("eyJhbGciOiJIUzI1NiJ9", ".", "eyJpYXQiOjEwMDAs", "ImV4cCI6MTAxMH0");

/// What somebody holds of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) token: String,
    pub(super) refresh: String,
    pub(super) password: String,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) users: BTreeMap<IdentityName, User>,
    pub(super) sessions: Vec<Session>,
    pub(super) shared: HashMap<IdentityName, Held>,
    pub(super) private: HashMap<u64, Held>,
    pub(super) next: u64,
    pub(super) requests: u64,
    pub(super) after: bool,
    pub(super) waited: Duration,
}

impl FakeAccounts {
    pub(super) fn log_in(
        &self,
        name: &IdentityName,
        password: Option<&str>,
        named: Option<&str>,
    ) -> Result<Held, Undecided> {
        let refused = || Undecided::new(Cause::LoginFailed, format!("{name} cannot log in: answered 401"));
        let mut state = self.state();
        state.requests += 1;
        if state.after && self.has(Fault::NoLoginAfter) {
            return Err(refused());
        }
        let planned = self
            .spec()
            .identities
            .get(name)
            .and_then(|identity| identity.field("password"));
        let password = password
            .or(planned.map(|field| field.expose().as_str()))
            .unwrap_or_default();
        let user = state
            .users
            .get(name)
            .filter(|user| !user.disabled && user.password == password);
        let user = user.ok_or_else(refused)?;
        let role = if user.removed { String::new() } else { user.role.clone() };
        if self.has(Fault::SingleSession) {
            state.sessions.retain(|session| session.user != *name);
        }
        state.next += 1;
        let born = state.waited;
        let token = match named {
            Some(named) if self.has(Fault::SessionFixed) => named.to_owned(),
            _ if self.has(Fault::ShortTokens) || self.has(Fault::ShortTokensServed) => {
                format!("{SHORT_TOKEN}.{:08}", state.next)
            }
            _ => format!("token-of-{name}-{}", state.next),
        };
        let refresh = if self.has(Fault::NoRefresh) {
            String::new()
        } else {
            format!("refresh-of-{name}-{}", state.next)
        };
        state.sessions.push(Session {
            user: name.clone(),
            token: token.clone(),
            refresh: refresh.clone(),
            used: Vec::new(),
            served: true,
            refreshed: true,
            role,
            born,
        });
        Ok(Held {
            token,
            refresh,
            password: password.to_owned(),
        })
    }

    pub(super) fn answer(&self, actor: &Actor, request: &Request) -> Result<Reply, Undecided> {
        let token = self.token(actor)?;
        let mut state = self.state();
        state.requests += 1;
        if state.after && self.has(Fault::ThrottledAfter) {
            return Ok(Reply::new(429, Value::Null));
        }
        let found = state
            .sessions
            .iter()
            .position(|session| session.served && Some(&session.token) == token.as_ref());
        let waited = state.waited;
        let found = found.filter(|index| {
            !self.has(Fault::ShortTokens) || waited.saturating_sub(state.sessions[*index].born) < SHORT
        });
        if found.is_none() && self.has(Fault::UnknownCookieBreaks) && token.is_some() {
            return Ok(Reply::new(500, Value::Null));
        }
        let Some(index) = found else {
            return Ok(Reply::new(401, json!({"error": "who?"})));
        };
        let session = state.sessions[index].clone();
        let body: Value = serde_json::from_slice(request.body_bytes()).unwrap_or(Value::Null);
        let segments: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        Ok(match (request.method, segments.as_slice()) {
            (Method::Get, ["me"]) => {
                let id = state.users.get(&session.user).map(|user| user.id.clone());
                Reply::new(200, json!({"id": id, "name": session.user.as_str()}))
            }
            (Method::Get, ["admin"]) => {
                let now = state
                    .users
                    .get(&session.user)
                    .filter(|user| !user.removed)
                    .map(|user| user.role.clone())
                    .unwrap_or_default();
                let removed = state.users.get(&session.user).is_some_and(|user| user.removed);
                let kept = removed && self.has(Fault::RemovedKeepsSession);
                let role = if kept || (self.has(Fault::RoleOfLogin) && !removed) {
                    session.role
                } else {
                    now
                };
                Reply::new(if role == "manager" { 200 } else { 403 }, json!({"secrets": []}))
            }
            (Method::Post, ["auth", "logout"]) => self.log_out(&mut state, index),
            (Method::Post, ["me", "password"]) => self.change_password(&mut state, &session, &body),
            (_, ["users", id, rest @ ..]) => {
                let first = !state.after;
                let reply = self.change_user(&mut state, &session, id, rest, &body);
                if first && self.has(Fault::ActUnanswered) {
                    return Err(Undecided::new(Cause::Transport, "the connection broke"));
                }
                reply
            }
            _ => Reply::new(404, Value::Null),
        })
    }

    fn log_out(&self, state: &mut State, index: usize) -> Reply {
        if self.has(Fault::LogoutBroken) {
            return Reply::new(500, Value::Null);
        }
        state.after = true;
        let user = state.sessions[index].user.clone();
        for (at, session) in state.sessions.iter_mut().enumerate() {
            if at == index || (self.has(Fault::LogoutEndsAll) && session.user == user) {
                session.served = self.has(Fault::LogoutKeepsToken);
                session.refreshed = self.has(Fault::LogoutKeepsRefresh);
            }
        }
        Reply::new(204, Value::Null)
    }

    fn change_password(&self, state: &mut State, session: &Session, body: &Value) -> Reply {
        let Some(user) = state.users.get_mut(&session.user) else {
            return Reply::new(401, Value::Null);
        };
        if body["password"] != json!(user.password) {
            return Reply::new(403, Value::Null);
        }
        if self.has(Fault::PasswordIgnored) {
            return Reply::new(204, Value::Null);
        }
        user.password = body["new_password"].as_str().unwrap_or_default().to_owned();
        state.after = true;
        if !self.has(Fault::PasswordKeepsSessions) {
            let (own, name) = (session.token.clone(), session.user.clone());
            state.sessions.retain(|other| other.user != name || other.token == own);
        }
        Reply::new(204, Value::Null)
    }

    fn change_user(&self, state: &mut State, session: &Session, id: &str, rest: &[&str], body: &Value) -> Reply {
        let caller = state.users.get(&session.user).map(|user| user.role.clone());
        if caller.as_deref() != Some("manager") {
            return Reply::new(403, Value::Null);
        }
        let Some((name, user)) = state.users.iter_mut().find(|(_, user)| user.id == id) else {
            return Reply::new(404, Value::Null);
        };
        let name = name.clone();
        match rest {
            ["role"] => user.role = body["role"].as_str().unwrap_or_default().to_owned(),
            ["disable"] if !self.has(Fault::DisableIgnored) => {
                user.disabled = true;
                if !self.has(Fault::DisabledKeepsSession) {
                    state.sessions.retain(|other| other.user != name);
                }
            }
            ["enable"] => user.disabled = false,
            ["membership"] if body.is_null() && !self.has(Fault::RemovalIgnored) => user.removed = true,
            ["membership"] if !body.is_null() => {
                user.removed = false;
                user.role = body["role"].as_str().unwrap_or_default().to_owned();
            }
            _ => {}
        }
        state.after = true;
        Reply::new(204, Value::Null)
    }

    /// Trades a refresh token for a new session of the same family.
    pub(super) fn trade(&self, refresh: &str) -> Option<Held> {
        let mut state = self.state();
        state.requests += 1;
        state.next += 1;
        let (count, waited) = (state.next, !state.waited.is_zero());
        let reused = self.has(Fault::RefreshReused) || (self.has(Fault::RefreshGrace) && !waited);
        let at = state.sessions.iter().position(|session| {
            session.refreshed && (session.refresh == refresh || session.used.iter().any(|used| used == refresh))
        })?;
        let disabled = state
            .users
            .get(&state.sessions[at].user)
            .is_none_or(|user| user.disabled);
        let session = &mut state.sessions[at];
        if disabled {
            return None;
        }
        if session.refresh != refresh && !reused {
            if !self.has(Fault::ReuseKeepsFamily) {
                session.refreshed = false;
                session.served = false;
            }
            return None;
        }
        if session.refresh == refresh && !self.has(Fault::RefreshNotRotated) {
            session.used.push(session.refresh.clone());
            session.refresh = format!("refresh-{count}");
        }
        session.token = format!("token-{count}");
        Some(Held {
            token: session.token.clone(),
            refresh: session.refresh.clone(),
            password: String::new(),
        })
    }
}
