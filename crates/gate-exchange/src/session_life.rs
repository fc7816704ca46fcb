//! The door to what sessions go through: logins that differ from the plan's, sessions that are kept as they were, refresh
//! tokens that are traded again. For checks of session life; everything else has [`crate::Sessions`].

use gate_model::{IdentityName, Secret, Undecided};
use serde_json::Value;

use crate::{Actor, BoxFuture, Exchange};

/// How a login differs from the one of the plan.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Fields of the identity with another value: a new password.
    pub fields: Vec<(String, Secret<String>)>,
    /// Cookies that the browser holds before it.
    pub cookies: Vec<(String, Secret<String>)>,
}

/// What the target says of a session when it is asked whose it is.
#[derive(Clone, Debug)]
pub struct Look {
    /// The exchange.
    pub exchange: Exchange,
    /// Whether it shows a live session of the identity; the reason where it does not.
    pub shown: Result<(), Undecided>,
}

/// What the refresh token of a session was traded for.
#[derive(Clone, Debug)]
pub struct Trade {
    /// The answer.
    pub exchange: Exchange,
    /// The session that it gave, where it gave one.
    pub session: Option<Actor>,
}

/// What sessions go through. Nothing here renews a session behind the caller's back.
pub trait SessionLife: Send + Sync {
    /// Logs an identity in once more, into a session that nobody else uses, in a way that differs from the plan's. A server
    /// that keeps a single session for each user ends the older one by it.
    ///
    /// # Errors
    /// Where the login fails, or the credentials are static.
    fn enter<'a>(&'a self, identity: &'a IdentityName, entry: &'a Entry) -> BoxFuture<'a, Result<Actor, Undecided>>;

    /// The session of an actor as it is now: never renewed, and nothing that the target sets later changes it. Whoever acts
    /// with it presents what a thief would who copied it at this moment.
    ///
    /// # Errors
    /// Where the actor has no session and none can be had.
    fn freeze<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Actor, Undecided>>;

    /// Asks the target whose session the actor presents. Altered credentials are asked for the identity that they were
    /// made of.
    ///
    /// # Errors
    /// Where no answer came, and [`gate_model::Cause::SessionLost`] where frozen credentials ran out by themselves.
    fn look<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Look, Undecided>>;

    /// Presents the refresh token of an actor's session, which keeps the session as it is; what is gained is a session of
    /// its own (RFC 6749 section 6).
    ///
    /// # Errors
    /// Where no answer came, or the session has no refresh token.
    fn refresh<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Trade, Undecided>>;

    /// The value of a placeholder for an actor with a session: what the login captured, then the identity's fields.
    fn value(&self, actor: &Actor, name: &str) -> Option<Value>;

    /// A new password that common policies accept. The redactor knows it before the caller does.
    fn new_password(&self) -> Secret<String>;

    /// The answers of the login that set cookies, in order; those of the last renewal where there was one.
    fn cookie_answers(&self, actor: &Actor) -> Vec<Exchange>;
}
