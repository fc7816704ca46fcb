//! A fake of users and their sessions: logins, logouts, refresh tokens, passwords, roles. Sound, unless a [`Fault`] says how it
//! is not.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gate_exchange::{
    Actor, Alive, BoxFuture, Credentials, Entry, Exchange, Look, Outgoing, Parsed, Place, Presented, Purpose, Request,
    SessionLife, Sessions, Target, Trade,
};
use gate_model::{Cause, Evidence, IdentityName, Secret, Undecided};
use gate_objects::{Canaries, Journal, ObjectStore};
use gate_spec::{Method, Spec};
use serde_json::Value;

use super::accounts_server::{Fault, Held, State, User};
use super::{Reply, evidence_of};
use crate::{AliveBook, CarrierBook, Clock, Ctx, ServedBook, Turns, UndoBook};

/// The server and its clients.
pub struct FakeAccounts {
    spec: Arc<Spec>,
    faults: BTreeSet<Fault>,
    /// `Set-Cookie` of logins, after the name and value; none where tokens are sent in a header.
    cookie: Option<String>,
    state: Mutex<State>,
}

impl FakeAccounts {
    /// A server for the identities of a plan.
    pub fn new(spec: Spec, faults: &[Fault]) -> Self {
        let mut state = State::default();
        for (count, identity) in spec.identities.values().enumerate() {
            let user = User {
                id: format!("u{count}"),
                password: identity
                    .field("password")
                    .map(|field| field.expose().clone())
                    .unwrap_or_default(),
                role: identity.roles.first().cloned().unwrap_or_default(),
                disabled: false,
                removed: false,
            };
            state.users.insert(identity.name.clone(), user);
        }
        Self {
            spec: Arc::new(spec),
            faults: faults.iter().copied().collect(),
            cookie: None,
            state: Mutex::new(state),
        }
    }

    /// Logins set a cookie with these attributes.
    pub fn with_cookie(mut self, attributes: &str) -> Self {
        self.cookie = Some(attributes.to_owned());
        self
    }

    /// The plan.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// The role and password of a user, and whether the user is locked out or taken out, for assertions.
    pub fn user(&self, name: &str) -> Option<(String, String, bool)> {
        let state = self.state();
        let user = state.users.get(&IdentityName::new(name))?;
        Some((user.role.clone(), user.password.clone(), user.disabled || user.removed))
    }

    /// Requests so far, logins among them.
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// How long checks waited.
    pub fn waited(&self) -> Duration {
        self.state().waited
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self, actor: &Actor) -> Result<Held, Undecided> {
        let name = actor
            .identity
            .as_ref()
            .ok_or_else(|| Undecided::new(Cause::SessionLost, "nobody has no session"))?;
        let known = match actor.presented {
            Presented::Private(number) => self.state().private.get(&number).cloned(),
            _ => self.state().shared.get(name).cloned(),
        };
        if let Some(held) = known {
            return Ok(held);
        }
        let held = self.log_in(name, None, None)?;
        self.state().shared.insert(name.clone(), held.clone());
        Ok(held)
    }

    fn keep(&self, name: &IdentityName, held: Held) -> Actor {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        state.private.insert(number, held);
        Actor {
            identity: Some(name.clone()),
            presented: Presented::Private(number),
        }
    }

    /// The token that a request brings.
    pub(super) fn token(&self, actor: &Actor) -> Result<Option<String>, Undecided> {
        if let Presented::Altered(altered) = &actor.presented {
            return Ok(altered.headers.iter().find_map(|(_, value)| {
                let value = value.expose();
                value
                    .strip_prefix("Bearer ")
                    .or_else(|| value.split("sid=").nth(1))
                    .map(str::to_owned)
            }));
        }
        if actor.is_anonymous() {
            return Ok(None);
        }
        self.held(actor).map(|held| Some(held.token))
    }

    fn exchange(&self, outgoing: Outgoing, reply: Reply) -> Exchange {
        Exchange {
            number: self.state().requests,
            url: format!("http://127.0.0.1{}", outgoing.request.path).into(),
            sent: Arc::new(outgoing),
            generation: 1,
            credential_headers: Arc::from(Vec::new()),
            status: reply.status,
            headers: reply.headers.into(),
            body: if reply.body.is_null() {
                Vec::new().into()
            } else {
                reply.body.to_string().into_bytes().into()
            },
            truncated: false,
            duration: Duration::from_millis(1),
            parsed: Parsed::default(),
        }
    }

    fn whoami(&self, actor: &Actor) -> Result<Look, Undecided> {
        let outgoing = Outgoing::new(actor, Purpose::Alive, Request::new(Method::Get, "/me"));
        let reply = self.answer(actor, &outgoing.request)?;
        let exchange = self.exchange(outgoing, reply);
        let shown = match exchange.status {
            200 => Ok(()),
            429 => Err(Undecided::new(Cause::Throttled, "429")),
            _ => Err(Undecided::new(
                Cause::SessionLost,
                format!("{actor}'s session was refused"),
            )),
        };
        Ok(Look { exchange, shown })
    }
}

impl Target for FakeAccounts {
    fn send<'a>(&'a self, outgoing: Outgoing) -> BoxFuture<'a, Result<Exchange, Undecided>> {
        Box::pin(async move {
            let reply = self.answer(&outgoing.actor, &outgoing.request)?;
            Ok(self.exchange(outgoing, reply))
        })
    }

    fn evidence(&self, label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence {
        evidence_of(label, exchange, proof)
    }
}

impl Sessions for FakeAccounts {
    fn alive<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Alive, Undecided>> {
        Box::pin(async move {
            self.whoami(&Actor::identity(identity))?.shown?;
            Ok(Alive { generation: 1 })
        })
    }

    fn renew<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            let held = self.log_in(identity, None, None)?;
            self.state().shared.insert(identity.clone(), held);
            Ok(())
        })
    }

    fn private<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move {
            if self.has(Fault::SingleSession) {
                return Err(Undecided::new(Cause::SessionLost, "a new login ends the older session"));
            }
            let held = self.log_in(identity, None, None)?;
            Ok(self.keep(identity, held))
        })
    }

    fn credentials<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Credentials, Undecided>> {
        Box::pin(async move {
            let held = self.held(actor)?;
            let place = match &self.cookie {
                Some(_) => Place::Cookie("sid".to_owned()),
                None => Place::Header {
                    name: "Authorization".to_owned(),
                    scheme: Some("Bearer".to_owned()),
                },
            };
            let others = Some(("refresh_token".to_owned(), Secret::new(held.refresh.clone())));
            Ok(Credentials {
                identity: actor.identity.clone().unwrap_or_else(|| IdentityName::new("nobody")),
                generation: 1,
                parts: vec![(place, Secret::new(held.token))],
                token: self.cookie.is_none().then_some(0),
                others: others.into_iter().filter(|_| !held.refresh.is_empty()).collect(),
                beside_writes: Vec::new(),
            })
        })
    }

    fn recognised<'a>(&'a self, altered: &'a gate_exchange::Altered) -> BoxFuture<'a, Result<bool, Undecided>> {
        Box::pin(async move { Ok(self.whoami(&Actor::altered(altered.clone()))?.shown.is_ok()) })
    }
}

impl SessionLife for FakeAccounts {
    fn enter<'a>(&'a self, identity: &'a IdentityName, entry: &'a Entry) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move {
            let field = |name: &str| entry.fields.iter().find(|(field, _)| field == name);
            let password = field("password").map(|(_, value)| value.expose().as_str());
            let named = entry.cookies.iter().find(|(name, _)| name == "sid");
            let held = self.log_in(identity, password, named.map(|(_, value)| value.expose().as_str()))?;
            Ok(self.keep(identity, held))
        })
    }

    fn freeze<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move {
            let held = self.held(actor)?;
            let name = actor.identity.clone().unwrap_or_else(|| IdentityName::new("nobody"));
            Ok(self.keep(&name, held))
        })
    }

    fn look<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Look, Undecided>> {
        Box::pin(async move { self.whoami(actor) })
    }

    fn refresh<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Trade, Undecided>> {
        Box::pin(async move {
            let held = self.held(actor)?;
            if held.refresh.is_empty() {
                return Err(Undecided::new(Cause::ControlFailed, "the login gave no refresh token"));
            }
            let name = actor.identity.clone().unwrap_or_else(|| IdentityName::new("nobody"));
            let throttled = self.state().after && self.has(Fault::ThrottledAfter);
            let gained = if throttled { None } else { self.trade(&held.refresh) };
            let status = if throttled {
                429
            } else {
                if gained.is_some() { 200 } else { 401 }
            };
            let outgoing = Outgoing::new(actor, Purpose::Login, Request::new(Method::Post, "/auth/refresh"));
            Ok(Trade {
                exchange: self.exchange(outgoing, Reply::new(status, Value::Null)),
                session: gained.map(|held| self.keep(&name, held)),
            })
        })
    }

    fn value(&self, actor: &Actor, name: &str) -> Option<Value> {
        let held = self.held(actor).ok()?;
        match name {
            "token" => Some(Value::from(held.token)),
            "refresh_token" => Some(Value::from(held.refresh)),
            "password" if !held.password.is_empty() => Some(Value::from(held.password)),
            _ => {
                let identity = self.spec.identities.get(actor.identity.as_ref()?)?;
                Some(Value::from(identity.field(name)?.expose().as_str()))
            }
        }
    }

    fn new_password(&self) -> Secret<String> {
        Secret::new("another-password".to_owned())
    }

    fn cookie_answers(&self, actor: &Actor) -> Vec<Exchange> {
        let (Some(attributes), Ok(held)) = (&self.cookie, self.held(actor)) else {
            return Vec::new();
        };
        let mut reply = Reply::new(200, Value::Null);
        let line = format!("sid={}; {attributes}", held.token);
        reply.headers = vec![("set-cookie".to_owned(), line)];
        let outgoing = Outgoing::new(actor, Purpose::Login, Request::new(Method::Post, "/auth/login"));
        vec![self.exchange(outgoing, reply)]
    }
}

impl Clock for FakeAccounts {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.state().waited += duration;
        Box::pin(std::future::ready(()))
    }
}

/// The doors to such a server.
pub struct AccountBench {
    /// The server.
    pub server: Arc<FakeAccounts>,
    objects: ObjectStore,
    canaries: Arc<Canaries>,
    alive: AliveBook,
    carriers: CarrierBook,
    served: ServedBook,
    turns: Turns,
    /// What was not taken back.
    pub undo: UndoBook,
}

impl AccountBench {
    /// A bench around a server.
    pub fn new(server: FakeAccounts) -> Self {
        let server = Arc::new(server);
        let canaries = Arc::new(Canaries::new());
        Self {
            objects: ObjectStore::new(
                Arc::clone(server.spec()),
                Arc::clone(&server) as Arc<dyn Target>,
                Arc::clone(&server) as Arc<dyn Sessions>,
                Arc::clone(&canaries),
                Journal::none(),
            ),
            server,
            canaries,
            alive: AliveBook::default(),
            carriers: CarrierBook::default(),
            served: ServedBook::default(),
            turns: Turns::new(8),
            undo: UndoBook::default(),
        }
    }

    /// The doors.
    pub fn ctx(&self) -> Ctx<'_> {
        Ctx {
            spec: self.server.spec(),
            target: &*self.server,
            objects: &self.objects,
            sessions: &*self.server,
            life: &*self.server,
            canaries: &self.canaries,
            alive: &self.alive,
            carriers: &self.carriers,
            served: &self.served,
            undo: &self.undo,
            clock: &*self.server,
            turns: &self.turns,
        }
    }
}
