//! Ways in which the server is broken or odd without a security hole: a gate must call none of them a regression, and
//! must not call a run proven that it could not prove. Routes do not know of them, but for a few words at the login
//! and in lists; the rest is done around the routes.

mod around;
mod replies;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    str::FromStr,
    sync::{Mutex, atomic::AtomicBool},
};

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode},
};
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use around::around;

use crate::{CREDENTIALS, state::App, tables::User};

/// One oddity. Written as `name` or `name=value`, such as `everyone-status=500`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sabotage {
    /// Everything but logins, `/me`, health and the document answers this status.
    EveryoneStatus(u16),
    /// Requests for another tenant's object, and those without a valid login, answer this status.
    ForeignStatus(u16),
    /// Requests for another tenant's object, and those without a valid login, answer 200 without a body.
    ForeignEmpty200,
    /// Everything but logins, `/me`, health and the document answers 200 without a body.
    Empty200,
    /// The first request for a foreign object ends that user's session, once; a new login works and lasts.
    IntruderSessionLost,
    /// Every request for a foreign object ends that user's session.
    IntruderSessionLostAlways,
    /// Users of other tenants than the first are logged in and served nothing but `/me`, as with a second factor pending.
    IntruderMfaPending,
    /// Every session of the first user (alice) ends after so many requests; a new login works.
    OwnerSessionLost(u32),
    /// After so many requests of the first user (alice) her sessions end and her login is refused.
    OwnerLockedOut(u32),
    /// After so many requests of anybody the server closes its connections and accepts no more.
    DiesAfter(u32),
    /// Every answer takes so many milliseconds longer.
    Slow(u64),
    /// Refusals and validation errors repeat path, query and body as they were sent.
    EchoErrors,
    /// Access tokens live so many seconds; refresh works.
    ShortTokens(u64),
    /// A login ends the older sessions of the user.
    SingleSession,
    /// So many requests per second for everybody together; more are answered 429 with `Retry-After: 1`.
    GlobalLimiter(u32),
    /// Lists come in pages of two, oldest first, with the total in `X-Total-Count` and the next page in `Link`.
    PagedLists,
    /// Successful writes answer 204 without a body; new ids are in `Location` alone.
    NoContentWrites,
    /// Whoever sends no credentials is redirected to `/login` with 302.
    RedirectToLogin,
    /// Refusals are answered 200 with `{"error", "code"}`.
    Envelope200,
    /// Whoever has no valid login is answered 400.
    Anonymous400,
    /// Reads are answered from a cache per caller for a second, with `Age` and `X-Cache`.
    Cached,
    /// Session cookies say `SameSite=None`: the token alone keeps other sites out.
    CrossSiteCookies,
    /// Failed logins are counted in windows that begin by the clock.
    FixedWindow,
    /// Failed logins take from a bucket that fills up steadily.
    TokenBucket,
    /// An account is locked (423) until so much time has passed since its last failed login.
    Lockout,
    /// Instead of 429 the login answers 403 and asks for a captcha.
    Captcha,
    /// An account is locked like that, and answered as if the password were wrong.
    SilentLockout,
    /// Instead of 429 the login answers late.
    SlowedDown,
}

/// Names with what they mean; `=N` stands for a number that follows.
const FORMS: [(&str, &str); 28] = [
    (
        "everyone-status=N",
        "everything but logins, /me, health and the document answers status N",
    ),
    ("foreign-status=N", "foreign and anonymous requests answer status N"),
    (
        "foreign-empty-200",
        "foreign and anonymous requests answer 200 without a body",
    ),
    (
        "empty-200",
        "everything but logins, /me, health and the document answers 200 without a body",
    ),
    (
        "intruder-session-lost",
        "the first request for a foreign object ends that user's session",
    ),
    (
        "intruder-session-lost-always",
        "every request for a foreign object ends that user's session",
    ),
    (
        "intruder-mfa-pending",
        "users of other tenants are logged in and served nothing but /me",
    ),
    (
        "owner-session-lost=N",
        "every session of the first user ends after N requests",
    ),
    (
        "owner-locked-out=N",
        "after N requests of the first user every login of that user is refused",
    ),
    ("dies-after=N", "after N requests the server closes its connections"),
    ("slow=N", "every answer takes N milliseconds longer"),
    ("echo-errors", "refusals and validation errors repeat what was sent"),
    ("short-tokens=N", "access tokens live N seconds"),
    ("single-session", "a login ends the user's older sessions"),
    ("global-limiter=N", "N requests per second for everybody together"),
    ("paged-lists", "pages of two, oldest first, the total in a header"),
    ("no-content-writes", "writes answer 204 without a body"),
    (
        "redirect-to-login",
        "whoever sends no credentials is redirected to /login",
    ),
    (
        "status-200-envelope",
        "refusals are answered 200 with an error in the body",
    ),
    ("anonymous-400", "whoever has no valid login is answered 400"),
    ("cached", "reads are answered from a cache for a second"),
    (
        "cross-site-cookies",
        "session cookies are sent by pages of every site (SameSite=None)",
    ),
    ("fixed-window", "failed logins are counted in windows by the clock"),
    ("token-bucket", "failed logins take from a bucket that fills up"),
    ("lockout", "an account with failed logins is locked (423) for a while"),
    ("captcha", "the login answers 403 and asks for a captcha instead of 429"),
    (
        "silent-lockout",
        "a locked account is answered as if the password were wrong",
    ),
    ("slowed-down", "the login answers late instead of 429"),
];

impl Sabotage {
    /// Every name with what it does; `=N` stands for a number that has to follow.
    #[must_use]
    pub fn forms() -> &'static [(&'static str, &'static str)] {
        &FORMS
    }

    fn parts(self) -> (&'static str, Option<u64>) {
        match self {
            Self::EveryoneStatus(status) => ("everyone-status", Some(status.into())),
            Self::ForeignStatus(status) => ("foreign-status", Some(status.into())),
            Self::ForeignEmpty200 => ("foreign-empty-200", None),
            Self::Empty200 => ("empty-200", None),
            Self::IntruderSessionLost => ("intruder-session-lost", None),
            Self::IntruderSessionLostAlways => ("intruder-session-lost-always", None),
            Self::IntruderMfaPending => ("intruder-mfa-pending", None),
            Self::OwnerSessionLost(requests) => ("owner-session-lost", Some(requests.into())),
            Self::OwnerLockedOut(requests) => ("owner-locked-out", Some(requests.into())),
            Self::DiesAfter(requests) => ("dies-after", Some(requests.into())),
            Self::Slow(millis) => ("slow", Some(millis)),
            Self::EchoErrors => ("echo-errors", None),
            Self::ShortTokens(seconds) => ("short-tokens", Some(seconds)),
            Self::SingleSession => ("single-session", None),
            Self::GlobalLimiter(requests) => ("global-limiter", Some(requests.into())),
            Self::PagedLists => ("paged-lists", None),
            Self::NoContentWrites => ("no-content-writes", None),
            Self::RedirectToLogin => ("redirect-to-login", None),
            Self::Envelope200 => ("status-200-envelope", None),
            Self::Anonymous400 => ("anonymous-400", None),
            Self::Cached => ("cached", None),
            Self::CrossSiteCookies => ("cross-site-cookies", None),
            Self::FixedWindow => ("fixed-window", None),
            Self::TokenBucket => ("token-bucket", None),
            Self::Lockout => ("lockout", None),
            Self::Captcha => ("captcha", None),
            Self::SilentLockout => ("silent-lockout", None),
            Self::SlowedDown => ("slowed-down", None),
        }
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (name, Some(value)) => write!(f, "{name}={value}"),
            (name, None) => f.write_str(name),
        }
    }
}

/// No sabotage is written like this.
#[derive(Debug, thiserror::Error)]
#[error("no sabotage of the demo is written {0:?}")]
pub struct UnknownSabotage(pub String);

impl FromStr for Sabotage {
    type Err = UnknownSabotage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| UnknownSabotage(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Sabotage> {
    let Some((name, value)) = text.split_once('=') else {
        return Some(match text {
            "foreign-empty-200" => Sabotage::ForeignEmpty200,
            "empty-200" => Sabotage::Empty200,
            "intruder-session-lost" => Sabotage::IntruderSessionLost,
            "intruder-session-lost-always" => Sabotage::IntruderSessionLostAlways,
            "intruder-mfa-pending" => Sabotage::IntruderMfaPending,
            "echo-errors" => Sabotage::EchoErrors,
            "single-session" => Sabotage::SingleSession,
            "paged-lists" => Sabotage::PagedLists,
            "no-content-writes" => Sabotage::NoContentWrites,
            "redirect-to-login" => Sabotage::RedirectToLogin,
            "status-200-envelope" => Sabotage::Envelope200,
            "anonymous-400" => Sabotage::Anonymous400,
            "cached" => Sabotage::Cached,
            "cross-site-cookies" => Sabotage::CrossSiteCookies,
            "fixed-window" => Sabotage::FixedWindow,
            "token-bucket" => Sabotage::TokenBucket,
            "lockout" => Sabotage::Lockout,
            "captcha" => Sabotage::Captcha,
            "silent-lockout" => Sabotage::SilentLockout,
            "slowed-down" => Sabotage::SlowedDown,
            _ => return None,
        });
    };
    let status = || {
        value
            .parse()
            .ok()
            .filter(|status| StatusCode::from_u16(*status).is_ok())
    };
    Some(match name {
        "everyone-status" => Sabotage::EveryoneStatus(status()?),
        "foreign-status" => Sabotage::ForeignStatus(status()?),
        "owner-session-lost" => Sabotage::OwnerSessionLost(value.parse().ok()?),
        "owner-locked-out" => Sabotage::OwnerLockedOut(value.parse().ok()?),
        "dies-after" => Sabotage::DiesAfter(value.parse().ok()?),
        "slow" => Sabotage::Slow(value.parse().ok()?),
        "short-tokens" => Sabotage::ShortTokens(value.parse().ok()?),
        "global-limiter" => Sabotage::GlobalLimiter(value.parse().ok()?),
        _ => return None,
    })
}

/// What the sabotage remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Begin of the current window of the limiter, and the requests in it.
    window: Mutex<Option<(Instant, u32)>>,
    /// Requests of the first user, by session.
    owner_requests: Mutex<HashMap<Uuid, u32>>,
    owner_locked_out: AtomicBool,
    /// Users whose session was ended once.
    struck: Mutex<HashSet<Uuid>>,
    cache: Mutex<HashMap<(String, String), Kept>>,
}

/// A kept answer.
#[derive(Debug, Clone)]
struct Kept {
    since: Instant,
    headers: HeaderMap,
    body: Bytes,
}

/// Is the login of this user refused by [`Sabotage::OwnerLockedOut`]?
pub(crate) fn locked_out(app: &App, user: &User) -> bool {
    user.email == CREDENTIALS[0].email && app.sabotage.owner_locked_out.load(std::sync::atomic::Ordering::SeqCst)
}
