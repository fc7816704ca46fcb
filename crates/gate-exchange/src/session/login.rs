//! Gets credentials: signup, login, refresh. One login at a time over the whole run, and no second try after a refusal.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gate_model::{Cause, Undecided};
use gate_spec::{Identity, Login, LoginKind};

use super::flow::Flow;
use super::live::Live;
use super::slot::{Flight, MAX_FAILURES, Slot};
use crate::Client;
use crate::budget::Purse;

impl Client {
    /// Live credentials of a session: those in use, or new ones where there are none or they run out.
    pub(crate) async fn ensure(&self, slot: &Slot, purse: Purse) -> Result<Arc<Live>, Undecided> {
        let usable = || slot.live().filter(|live| slot.frozen || !live.runs_out());
        if let Some(live) = usable() {
            return Ok(live);
        }
        let mut flight = slot.flight.lock().await;
        if let Some(live) = usable() {
            return Ok(live);
        }
        if let Some(failed) = &flight.failed {
            return Err(failed.clone());
        }
        self.obtain(slot, purse, &mut flight).await
    }

    /// New credentials, whatever those in use are.
    pub(crate) async fn replace(&self, slot: &Slot, purse: Purse) -> Result<Arc<Live>, Undecided> {
        if slot.frozen {
            let text = format!("{}'s session is kept as it was, and not renewed", slot.identity);
            return Err(Undecided::new(Cause::SessionLost, text));
        }
        let before = slot.live().map(|live| live.generation);
        let mut flight = slot.flight.lock().await;
        // Somebody else renewed while this one waited.
        if let Some(live) = slot.live()
            && before.is_some_and(|before| before != live.generation)
        {
            return Ok(live);
        }
        // What never worked is not tried again, and what worked once only so often: targets lock accounts.
        if (before.is_none() || flight.failures >= MAX_FAILURES)
            && let Some(failed) = &flight.failed
        {
            return Err(failed.clone());
        }
        self.obtain(slot, purse, &mut flight).await
    }

    async fn obtain(&self, slot: &Slot, purse: Purse, flight: &mut Flight) -> Result<Arc<Live>, Undecided> {
        match self.acquire(slot, purse).await {
            Ok(live) => {
                let live = Arc::new(live);
                tracing::debug!(identity = %slot.identity, generation = live.generation, "credentials");
                slot.set(live.clone());
                *flight = Flight::default();
                Ok(live)
            }
            Err(undecided) => {
                // The end of the run says nothing about the login.
                if !matches!(undecided.cause, Cause::Interrupted | Cause::Deadline | Cause::Budget) {
                    flight.failures += 1;
                    if undecided.cause == Cause::LoginFailed || flight.failures >= MAX_FAILURES {
                        flight.failed = Some(undecided.clone());
                    }
                }
                Err(undecided)
            }
        }
    }

    async fn acquire(&self, slot: &Slot, purse: Purse) -> Result<Live, Undecided> {
        let identity = self.who(slot)?;
        if !identity.unset.is_empty() {
            let names = identity.unset.join(", ");
            return Err(Undecided::new(
                Cause::LoginFailed,
                format!("{} has no credentials: {names} is not set", identity.name),
            ));
        }
        let login = self.login_of(identity);
        let mut flow = Flow::new(self, identity, slot, purse);
        if let Some(credential) = &identity.credential {
            return flow.fixed(&credential.send, self.book().next_generation());
        }
        let Some(login) = login else {
            let text = format!("{} has neither a login nor a token in the plan", identity.name);
            return Err(Undecided::new(Cause::LoginFailed, text)
                .settled_by(format!("identities:\n  {}:\n    token: \"${{TOKEN}}\"", identity.name)));
        };
        if matches!(login.kind, LoginKind::Static) {
            return flow.fixed(&login.send, self.book().next_generation());
        }
        let _one_at_a_time = self.book().logins.lock().await;
        slot.refreshed.store(false, Ordering::Relaxed);
        if let Some(old) = slot
            .live()
            .filter(|_| !slot.logs_in_next.swap(false, Ordering::Relaxed))
        {
            match flow.refresh(login, &old).await {
                Ok(true) => {
                    slot.refreshed.store(true, Ordering::Relaxed);
                    return flow.finish(login);
                }
                Ok(false) => {}
                Err(stop) if matches!(stop.cause, Cause::Interrupted | Cause::Deadline | Cause::Budget) => {
                    return Err(stop);
                }
                Err(refused) => {
                    tracing::debug!(identity = %identity.name, reason = %refused.detail, "no refresh, new login")
                }
            }
            flow = Flow::new(self, identity, slot, purse);
        }
        flow.sign_up(slot).await?;
        flow.log_in(login).await?;
        flow.finish(login)
    }

    /// Whether an identity's credentials are given by the plan, so that there is no way to get new ones.
    pub(crate) fn is_fixed(&self, identity: &Identity) -> bool {
        identity.credential.is_some()
            || self
                .login_of(identity)
                .is_none_or(|login| matches!(login.kind, LoginKind::Static))
    }

    pub(crate) fn login_of(&self, identity: &Identity) -> Option<&Login> {
        self.spec().logins.get(identity.login.as_ref()?)
    }
}
