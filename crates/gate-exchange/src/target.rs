//! The narrow doors to the target.

use std::future::Future;
use std::pin::Pin;

use gate_model::{Evidence, IdentityName, Undecided};

use crate::{Actor, Altered, Credentials, Exchange, Outgoing};

/// A boxed future, so that the traits can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests. Counts, bounds, paces and records each; adds the credentials that the actor presents.
pub trait Target: Send + Sync {
    /// Sends a request and waits for its answer. 429 is waited out within bounds and repeated; what is then still 429 is
    /// returned as it is.
    ///
    /// # Errors
    /// Transport failures, scope violations, used-up budget or deadline: no verdict can come from them.
    fn send<'a>(&'a self, outgoing: Outgoing) -> BoxFuture<'a, Result<Exchange, Undecided>>;

    /// An exchange as a report may show it: bounded, redacted, with its curl line. `proof` is the span to show of the
    /// response.
    fn evidence(&self, label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence;

    /// Takes note of a secret that a check met, such as a token in a message: from now on no report shows it.
    fn keep_secret(&self, _secret: &str) {}
}

/// A session that was just shown to be alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    /// The credentials that were shown to work; compare with [`Exchange::generation`].
    pub generation: u64,
}

/// Keeps the sessions of all identities.
pub trait Sessions: Send + Sync {
    /// Asks the target who the identity's session is, now, with the credentials that are in use. Renews nothing.
    ///
    /// # Errors
    /// [`gate_model::Cause::SessionLost`] where the session is dead; other causes where it could not be found out.
    fn alive<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Alive, Undecided>>;

    /// Gets new credentials: refresh where the plan knows one, else a new login.
    ///
    /// # Errors
    /// Where the login fails, or the credentials are static.
    fn renew<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<(), Undecided>>;

    /// Logs the identity in once more, into a session that nobody else uses.
    ///
    /// # Errors
    /// Where the login fails, or the credentials are static.
    fn private<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Actor, Undecided>>;

    /// The credentials that an actor's live session presents, taken apart; logs him in where he is not. Nobody, and
    /// whoever presents altered credentials, has none.
    ///
    /// # Errors
    /// Where the login fails.
    fn credentials<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Credentials, Undecided>>;

    /// The number of the credentials that an identity presents now: what [`Sessions::credentials`] says, without taking them
    /// apart.
    ///
    /// # Errors
    /// Where the login fails.
    fn generation<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<u64, Undecided>> {
        Box::pin(async move { Ok(self.credentials(&Actor::identity(identity)).await?.generation) })
    }

    /// Whether the target takes altered credentials for those of the identity that they were made of: it is asked who they
    /// are.
    ///
    /// # Errors
    /// Where that could not be found out.
    fn recognised<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, Result<bool, Undecided>>;
}
