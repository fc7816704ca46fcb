//! Private sessions that differ from the plan's, frozen ones, and a look at what the target makes of them.

use std::sync::Arc;

use gate_model::{Cause, IdentityName, Secret, Undecided};
use gate_spec::Lookup as _;
use serde_json::Value;

use super::live::Live;
use super::slot::{Differs, Slot};
use super::values::{Values, unique};
use crate::budget::Purse;
use crate::mask::{learn, names_credential};
use crate::{Actor, BoxFuture, Client, Entry, Exchange, Look, Presented, Purpose, SessionLife, Trade};

/// Values shorter than this are words, and no secrets.
const MIN_SECRET: usize = 6;

impl Client {
    async fn open_different(&self, name: &IdentityName, entry: &Entry) -> Result<Actor, Undecided> {
        let mut identity = self.identity(name)?.clone();
        if self.is_fixed(&identity) {
            return Err(Undecided::new(
                Cause::SessionLost,
                format!("{name} cannot log in in another way: its credentials are fixed in the plan"),
            ));
        }
        for (field, value) in &entry.fields {
            learn(self.redactor(), [value.expose().as_str()]);
            identity.fields.retain(|(known, _)| known != field);
            identity.fields.push((field.clone(), value.clone()));
        }
        learn(
            self.redactor(),
            entry.cookies.iter().map(|(_, value)| value.expose().as_str()),
        );
        let shared = self.slot(&Actor::identity(name), name)?;
        let differs = Differs {
            identity,
            cookies: entry.cookies.clone(),
        };
        let slot = self.book().open_different(&shared, differs);
        self.ensure(&slot, Purse::Run).await?;
        Ok(self.private_actor(name, slot))
    }

    pub(crate) fn private_actor(&self, name: &IdentityName, slot: Arc<Slot>) -> Actor {
        Actor {
            identity: Some(name.clone()),
            presented: Presented::Private(self.book().keep(slot)),
        }
    }

    /// The slot of an actor with a session, and what it holds now; logged in where it is not.
    pub(super) async fn held(&self, actor: &Actor) -> Result<(Arc<Slot>, Arc<Live>), Undecided> {
        let nobody = || Undecided::new(Cause::SessionLost, format!("{actor} has no session"));
        let name = actor.identity.as_ref().ok_or_else(nobody)?;
        let slot = self.slot(actor, name)?;
        let live = match slot.live() {
            Some(live) => live,
            None => self.ensure(&slot, Purse::Run).await?,
        };
        Ok((slot, live))
    }

    async fn frozen(&self, actor: &Actor) -> Result<Actor, Undecided> {
        let (slot, live) = self.held(actor).await?;
        let frozen = self.book().frozen(&slot, live.copy());
        Ok(self.private_actor(&slot.identity, frozen))
    }

    async fn look_at(&self, actor: &Actor) -> Result<Look, Undecided> {
        let altered = match &actor.presented {
            Presented::Altered(altered) => Some(Arc::clone(altered)),
            Presented::Nothing | Presented::Session | Presented::Private(_) => None,
        };
        let (slot, live) = match &altered {
            Some(altered) => self.held(&Actor::identity(&altered.of)).await?,
            None => self.held(actor).await?,
        };
        if slot.frozen && live.runs_out() {
            return Err(Undecided::new(
                Cause::SessionLost,
                format!("{actor}'s session ran out by itself while it was looked at"),
            ));
        }
        let question = self.question(&slot, &live).await?;
        let mut outgoing = self.asking(&slot, &live, &question)?;
        // A copy in a cache would show how it was before.
        let fresh = ("cache-control".to_owned(), "no-cache".to_owned());
        outgoing.request.headers.push(fresh);
        let worn = match &altered {
            Some(altered) => {
                // Who is asked about is himself: what his whoami shows is his own.
                outgoing.actor.presented = actor.presented.clone();
                self.wear_altered(altered, outgoing.request.method)
            }
            None => self.wear(self.who(&slot)?, &live, &outgoing)?,
        };
        let how = self.sender().how(Purpose::Alive);
        let exchange = self.sender().send(Arc::new(outgoing), &worn, how).await?;
        if altered.is_none() && !slot.frozen {
            live.learn(&exchange);
        }
        let shown = self.judge(&slot, &live, &question, &exchange).await;
        Ok(Look { exchange, shown })
    }

    fn value_of(&self, actor: &Actor, name: &str) -> Option<Value> {
        let slot = self.slot(actor, actor.identity.as_ref()?).ok()?;
        let live = slot.live()?;
        let values = Values {
            identity: self.who(&slot).ok()?,
            unique: &slot.account.unique,
            vars: &live.vars,
        };
        let value = values.get(name)?;
        if let Value::String(text) = &value
            && text.len() >= MIN_SECRET
            && names_credential(name)
        {
            learn(self.redactor(), [text.as_str()]);
        }
        Some(value)
    }
}

impl SessionLife for Client {
    fn enter<'a>(&'a self, identity: &'a IdentityName, entry: &'a Entry) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(self.open_different(identity, entry))
    }

    fn freeze<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(self.frozen(actor))
    }

    fn look<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Look, Undecided>> {
        Box::pin(self.look_at(actor))
    }

    fn refresh<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Trade, Undecided>> {
        Box::pin(self.trade(actor))
    }

    fn value(&self, actor: &Actor, name: &str) -> Option<Value> {
        self.value_of(actor, name)
    }

    fn new_password(&self) -> Secret<String> {
        let password = format!("Lg7-{}Aa1!", unique());
        learn(self.redactor(), [password.as_str()]);
        Secret::new(password)
    }

    fn cookie_answers(&self, actor: &Actor) -> Vec<Exchange> {
        let name = actor.identity.as_ref();
        let live = name.and_then(|name| self.slot(actor, name).ok()?.live());
        live.map(|live| live.answers.clone()).unwrap_or_default()
    }
}
