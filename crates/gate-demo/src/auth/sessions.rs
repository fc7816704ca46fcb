//! Live sessions, the secrets that name them, and secrets that were mailed. Only hashes are kept.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use super::{digest, same};
use crate::tables::Role;

/// Live sessions kept; the oldest one goes when there are more.
const MAX_SESSIONS: usize = 20_000;
/// Renewals of one session, because used refresh tokens are remembered as long as it lives.
const MAX_RENEWALS: usize = 10_000;
/// How long a refresh token or a cookie can be used.
pub(super) const REFRESH_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a mailed secret can be used.
const MAIL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Session {
    user: Uuid,
    /// The role of the user when it was opened; only a hole asks for it.
    role: Role,
    /// Logged out, and kept for its refresh token all the same; only a hole does so.
    asleep: bool,
    opened: Instant,
    refresh: Option<[u8; 32]>,
    renewals: usize,
    csrf: Option<[u8; 32]>,
}

/// What comes of a refresh token that is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Its session ends.
    EndsSession,
    /// It is refused.
    Refused,
    /// It is as good as a new one.
    Allowed,
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
    /// Opaque access tokens and cookies by hash, with the moment at which they end.
    keys: HashMap<[u8; 32], (Uuid, Instant)>,
    mailed: Vec<Mailed>,
    /// A reset token that ran out long before the server was started.
    old: Option<(Uuid, [u8; 32])>,
}

impl Sessions {
    /// Opens a session.
    pub fn open(&mut self, user: Uuid, role: Role) -> Uuid {
        self.make_room();
        let id = Uuid::new_v4();
        let session = Session {
            user,
            role,
            asleep: false,
            opened: Instant::now(),
            refresh: None,
            renewals: 0,
            csrf: None,
        };
        self.live.insert(id, session);
        id
    }

    /// Whose session it is, if it lives.
    pub fn user(&self, session: Uuid) -> Option<Uuid> {
        self.live
            .get(&session)
            .filter(|session| !session.asleep)
            .map(|session| session.user)
    }

    /// The role that the user of a session had when it was opened.
    pub fn first_role(&self, session: Uuid) -> Option<Role> {
        self.live.get(&session).map(|session| session.role)
    }

    /// Takes the refresh token of a session away, and leaves the session.
    pub fn forget_refresh(&mut self, session: Uuid) {
        self.refresh.retain(|_, owner| *owner != session);
        if let Some(live) = self.live.get_mut(&session) {
            live.refresh = None;
        }
    }

    /// Refuses what names a session until its refresh token is used.
    pub fn put_to_sleep(&mut self, session: Uuid) {
        if let Some(live) = self.live.get_mut(&session) {
            live.asleep = true;
        }
    }

    /// Lets an opaque access token or a cookie name a session for so long.
    pub fn admit(&mut self, session: Uuid, secret: &str, lifetime: Duration) {
        let now = Instant::now();
        self.keys.retain(|_, (_, end)| now < *end);
        self.keys.insert(digest(secret), (session, now + lifetime));
    }

    /// The session that an opaque access token or a cookie names.
    pub fn named(&self, secret: &str) -> Option<Uuid> {
        let (session, end) = self.keys.get(&digest(secret))?;
        (Instant::now() < *end).then_some(*session)
    }

    /// Gives a session its next refresh token.
    pub fn refresh_with(&mut self, session: Uuid, token: &str) {
        if let Some(live) = self.live.get_mut(&session) {
            live.refresh = Some(digest(token));
            self.refresh.insert(digest(token), session);
        }
    }

    /// Uses up a refresh token. One that was used before ends its session (RFC 9700, 4.14.2), unless a hole is lenient.
    pub fn use_up(&mut self, token: &str, reuse: Reuse) -> Option<Uuid> {
        let used = digest(token);
        let id = *self.refresh.get(&used)?;
        let session = self.live.get_mut(&id)?;
        session.renewals += 1;
        let worn = session.opened.elapsed() > REFRESH_LIFETIME || session.renewals > MAX_RENEWALS;
        if session.refresh != Some(used) && !worn {
            match reuse {
                Reuse::Allowed => return Some(id),
                Reuse::Refused => return None,
                Reuse::EndsSession => {}
            }
        }
        if session.refresh != Some(used) || worn {
            self.end(id);
            return None;
        }
        session.asleep = false;
        Some(id)
    }

    /// Sets the token that unsafe requests of a cookie session need.
    pub fn protect(&mut self, session: Uuid, csrf: &str) {
        if let Some(live) = self.live.get_mut(&session) {
            live.csrf = Some(digest(csrf));
        }
    }

    /// Is this the token that unsafe requests of the session need?
    pub fn is_protected_by(&self, session: Uuid, csrf: &str) -> bool {
        let expected = self.live.get(&session).and_then(|live| live.csrf);
        expected.is_some_and(|expected| same(&expected, &digest(csrf)))
    }

    /// Is this the token of any session? Only a hole asks.
    pub fn protects_any(&self, csrf: &str) -> bool {
        let sent = digest(csrf);
        self.live
            .values()
            .filter_map(|session| session.csrf)
            .any(|token| same(&token, &sent))
    }

    /// Ends one session: its access and refresh tokens are refused from now on.
    pub fn end(&mut self, session: Uuid) {
        if self.live.remove(&session).is_some() {
            self.refresh.retain(|_, owner| *owner != session);
            self.keys.retain(|_, (owner, _)| *owner != session);
        }
    }

    /// Ends the sessions of a user but one.
    pub fn end_all(&mut self, user: Uuid, except: Option<Uuid>) {
        self.live
            .retain(|id, session| session.user != user || Some(*id) == except);
        let live = &self.live;
        self.refresh.retain(|_, owner| live.contains_key(owner));
        self.keys.retain(|_, (owner, _)| live.contains_key(owner));
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

    /// Keeps a secret that goes out by mail; an older one for the same purpose is worthless from now on, unless it is to be `kept`.
    pub fn remember(&mut self, user: Uuid, purpose: Purpose, secret: &str, kept: bool) {
        self.mailed
            .retain(|mail| kept || mail.user != user || mail.purpose != purpose);
        self.mailed.push(Mailed {
            user,
            purpose,
            secret: digest(secret),
            sent: Instant::now(),
        });
    }

    /// Redeems a mailed secret, once. `user` narrows it to one account, as short codes need; `kept` ones can be redeemed again.
    pub fn redeem(&mut self, user: Option<Uuid>, purpose: Purpose, secret: &str, kept: bool) -> Option<Uuid> {
        let hash = digest(secret);
        self.mailed.retain(|mail| mail.sent.elapsed() < MAIL_LIFETIME);
        let found = self.mailed.iter().position(|mail| {
            mail.purpose == purpose && user.is_none_or(|user| user == mail.user) && same(&mail.secret, &hash)
        })?;
        if kept {
            return Some(self.mailed[found].user);
        }
        Some(self.mailed.swap_remove(found).user)
    }

    /// Remembers a reset token that ran out long ago.
    pub fn remember_old(&mut self, user: Uuid, secret: &str) {
        self.old = Some((user, digest(secret)));
    }

    /// Whose old reset token it is.
    pub fn whose_old(&self, secret: &str) -> Option<Uuid> {
        let (user, hash) = self.old?;
        same(&hash, &digest(secret)).then_some(user)
    }
}
