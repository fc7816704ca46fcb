//! Fakes for tests of checks: an API of notes in memory, with a hook to make it wrong, and the doors to it.
//!
//! The API is sound: notes belong to tenants, strangers are answered 404, nobody 401. A test breaks it with [`FakeApi::on`].

mod accounts;
mod accounts_server;
mod bench;
mod notes;
mod notes_life;
mod notes_spec;
mod steps;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gate_exchange::{
    Actor, Alive, Altered, BoxFuture, Credentials, Exchange, Observer, Outgoing, Parsed, Place, Presented, Purpose,
    Request, Sessions, Target,
};
use gate_model::{Cause, Evidence, IdentityName, Secret, Undecided};
use gate_spec::{Method, Spec};

use crate::Clock as _;
use notes_spec::notes_spec;

pub use accounts::{AccountBench, FakeAccounts};
pub use accounts_server::Fault;
pub use bench::Bench;
pub use notes::{Reply, World, sound_answer};
pub use steps::Steps;

/// What a session of an identity presents, by the number of its login.
type Presents = Box<dyn Fn(&IdentityName, u64) -> Vec<(Place, Secret<String>)> + Send + Sync>;

type Hook = Box<dyn Fn(&Outgoing, &mut World) -> Option<Reply> + Send + Sync>;

/// The API and its sessions.
pub struct FakeApi {
    spec: Arc<Spec>,
    world: Mutex<World>,
    hook: Option<Hook>,
    presents: Option<Presents>,
    /// `Set-Cookie` of logins.
    sets: Vec<String>,
    renewable: bool,
    takes: Duration,
    generation: AtomicU64,
    observers: Mutex<Vec<Arc<dyn Observer>>>,
    clock: Arc<Steps>,
}

impl FakeApi {
    /// A sound API.
    pub fn sound() -> Self {
        Self {
            spec: Arc::new(notes_spec()),
            world: Mutex::default(),
            hook: None,
            presents: None,
            sets: Vec::new(),
            renewable: true,
            takes: Duration::ZERO,
            generation: AtomicU64::new(1),
            observers: Mutex::default(),
            clock: Arc::default(),
        }
    }

    /// An API that answers differently where the hook says so.
    pub fn on(hook: impl Fn(&Outgoing, &mut World) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self {
            hook: Some(Box::new(hook)),
            ..Self::sound()
        }
    }

    /// The same API with another plan.
    pub fn with_plan(mut self, change: impl FnOnce(&mut Spec)) -> Self {
        change(Arc::make_mut(&mut self.spec));
        self
    }

    /// Sessions present something else than a bearer token; the hook has to read it.
    pub fn presenting(
        mut self,
        presents: impl Fn(&IdentityName, u64) -> Vec<(Place, Secret<String>)> + Send + Sync + 'static,
    ) -> Self {
        self.presents = Some(Box::new(presents));
        self
    }

    /// Logins are answered with these lines of `Set-Cookie`.
    pub fn setting(mut self, lines: &[&str]) -> Self {
        self.sets = lines.iter().map(|line| (*line).to_owned()).collect();
        self
    }

    /// Every answer takes so long.
    pub fn that_takes(mut self, each: Duration) -> Self {
        self.takes = each;
        self
    }

    /// Sessions that die stay dead.
    pub fn with_static_sessions(mut self) -> Self {
        self.renewable = false;
        self
    }

    /// Shows every exchange to an observer.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(observer);
    }

    /// The plan of this API.
    pub fn spec(&self) -> &Arc<Spec> {
        &self.spec
    }

    /// How much time was waited for so far.
    pub fn passed(&self) -> Duration {
        self.clock.passed()
    }

    /// The state, for assertions.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn exchange(&self, outgoing: Outgoing, reply: Reply) -> Exchange {
        Exchange {
            number: self.world(|world| world.requests),
            url: format!("http://127.0.0.1{}", outgoing.request.path).into(),
            sent: Arc::new(outgoing),
            generation: 0,
            credential_headers: Arc::from(Vec::new()),
            status: reply.status,
            headers: reply.headers.into(),
            body: Vec::new().into(),
            truncated: false,
            duration: Duration::from_millis(1),
            parsed: Parsed::default(),
        }
    }

    fn answer(&self, outgoing: &Outgoing) -> Reply {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.pass(self.clock.passed());
        world.requests += 1;
        if let Some(hook) = &self.hook
            && let Some(reply) = hook(outgoing, &mut world)
        {
            return reply;
        }
        sound_answer(&self.spec, outgoing, &mut world)
    }
}

impl Target for FakeApi {
    fn send<'a>(&'a self, outgoing: Outgoing) -> BoxFuture<'a, Result<Exchange, Undecided>> {
        Box::pin(async move {
            self.clock.sleep(self.takes).await;
            let reply = self.answer(&outgoing);
            if reply.status == 0 {
                return Err(Undecided::new(Cause::Transport, "the connection was reset"));
            }
            let generation = match (&outgoing.actor.identity, &outgoing.actor.presented) {
                (Some(_), Presented::Session) => self.generation.load(Ordering::Relaxed),
                (_, Presented::Altered(altered)) => altered.generation,
                _ => 0,
            };
            let body = if reply.body.is_null() {
                Vec::new()
            } else {
                reply.body.to_string().into_bytes()
            };
            let exchange = Exchange {
                generation,
                body: body.into(),
                ..self.exchange(outgoing, reply)
            };
            for observer in self.observers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                observer.see(&exchange);
            }
            Ok(exchange)
        })
    }

    fn evidence(&self, label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence {
        evidence_of(label, exchange, proof)
    }
}

/// An exchange as evidence.
fn evidence_of(label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence {
    Evidence {
        label: label.to_owned(),
        actor: exchange.sent.actor.to_string(),
        method: exchange.sent.request.method.to_string(),
        url: exchange.url.to_string(),
        status: exchange.status,
        duration_ms: 1,
        headers: Vec::new(),
        body: exchange.text().into_owned(),
        proof: proof.map(str::to_owned),
        curl: String::new(),
    }
}

impl Sessions for FakeApi {
    fn alive<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Alive, Undecided>> {
        Box::pin(async move {
            if self.world(|world| world.dead.contains(identity)) {
                return Err(Undecided::new(
                    Cause::SessionLost,
                    format!("{identity}'s session was refused: 401"),
                ));
            }
            Ok(Alive {
                generation: self.generation.load(Ordering::Relaxed),
            })
        })
    }

    fn renew<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            if !self.renewable {
                return Err(Undecided::new(
                    Cause::LoginFailed,
                    format!("{identity} has a static token"),
                ));
            }
            self.world(|world| world.dead.remove(identity));
            self.generation.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    }

    fn private<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(async move {
            Ok(Actor {
                identity: Some(identity.clone()),
                presented: Presented::Private(self.generation.load(Ordering::Relaxed)),
            })
        })
    }

    fn credentials<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Credentials, Undecided>> {
        Box::pin(async move {
            let identity = actor
                .identity
                .clone()
                .ok_or_else(|| Undecided::new(Cause::SessionLost, "nobody has credentials"))?;
            let generation = self.generation.load(Ordering::Relaxed);
            let parts = match &self.presents {
                Some(presents) => presents(&identity, generation),
                None => {
                    let place = Place::Header {
                        name: "Authorization".to_owned(),
                        scheme: Some("Bearer".to_owned()),
                    };
                    vec![(place, Secret::new(token_of(&identity, generation)))]
                }
            };
            let token = parts
                .iter()
                .position(|(place, _)| matches!(place, Place::Header { .. }));
            Ok(Credentials {
                identity,
                generation,
                parts,
                token,
                others: Vec::new(),
                beside_writes: Vec::new(),
            })
        })
    }

    fn recognised<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, Result<bool, Undecided>> {
        let outgoing = Outgoing::new(
            &Actor::altered(altered.clone()),
            Purpose::Alive,
            Request::new(Method::Get, "/me"),
        );
        Box::pin(async move { Ok((200..300).contains(&self.answer(&outgoing).status)) })
    }
}

/// The token of an identity's session.
fn token_of(identity: &IdentityName, generation: u64) -> String {
    format!("token-of-{identity}-{generation}")
}
