//! The client behind [`Target`] and [`Sessions`].

use std::sync::Arc;
use std::sync::atomic::Ordering;

use gate_model::{Cause, Evidence, IdentityName, SharedRedactor, Undecided};
use gate_spec::{Identity, Method, Spec, TenantSelector};

use crate::budget::Purse;
use crate::compose::{absolute_url, is_absolute};
use crate::mask::{learn, learn_issued, learn_json, names_credential};
use crate::proxy::Proxy;
use crate::scope::{HostPort, Scope};
use crate::send::Sender;
use crate::session::{Book, Live, Slot, Worn};
use crate::visible::one_line;
use crate::wire::Lane;
use crate::{
    Actor, Alive, Altered, BoxFuture, ClientError, Credentials, Exchange, Observer, OperationSamples, Options,
    Outgoing, Presented, Purpose, Sessions, Target,
};

/// Speaks to one target for one run. Everything that leaves the machine leaves through it.
pub struct Client {
    spec: Arc<Spec>,
    sender: Sender,
    book: Book,
    redactor: SharedRedactor,
}

impl Client {
    /// A client for a plan. The run's clock starts here. The redactor learns every secret that the client learns.
    ///
    /// # Errors
    /// Where the target's URL, a host or the proxy cannot be used.
    pub fn new(spec: Arc<Spec>, options: Options, redactor: SharedRedactor) -> Result<Self, ClientError> {
        let proxy = options.proxy.as_deref().map(Proxy::parse).transpose()?;
        let scope = Scope::new(&spec, &options.allow_hosts_only, proxy.is_some())?;
        Self::with_scope(spec, &options, redactor, scope, proxy)
    }

    pub(crate) fn with_scope(
        spec: Arc<Spec>,
        options: &Options,
        redactor: SharedRedactor,
        scope: Scope,
        proxy: Option<Proxy>,
    ) -> Result<Self, ClientError> {
        learn(&redactor, spec.secrets.iter().map(|secret| secret.expose().as_str()));
        for identity in spec.identities.values() {
            let secret = identity.fields.iter().filter(|(name, _)| names_credential(name));
            learn(&redactor, secret.map(|(_, value)| value.expose().as_str()));
        }
        Ok(Self {
            sender: Sender::new(spec.clone(), options, scope, proxy, redactor.clone())?,
            book: Book::new(&spec),
            spec,
            redactor,
        })
    }

    /// Shows every exchange to an observer from now on; logins, which hold credentials in both directions, apart from all others.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.sender.observe(observer);
    }

    /// Requests that were sent so far, logins, repeats and clean-up included.
    pub fn requests_sent(&self) -> u64 {
        self.sender.budget.sent()
    }

    /// Durations of the exchanges of the run by operation; logins and latency samples are not among them.
    pub fn latencies(&self) -> Vec<OperationSamples> {
        self.sender.recorder.samples()
    }

    /// Calls the run off: what is under way ends now, nothing new is sent but clean-up, which has a short while.
    pub fn cancel(&self) {
        self.sender.budget.cancel();
    }

    /// Whether the run was called off.
    pub fn is_cancelled(&self) -> bool {
        self.sender.budget.is_cancelled()
    }

    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    pub(crate) fn redactor(&self) -> &SharedRedactor {
        &self.redactor
    }

    pub(crate) fn identity(&self, name: &IdentityName) -> Result<&Identity, Undecided> {
        let unknown = || Undecided::new(Cause::IdentityUnproven, format!("the plan knows no identity `{name}`"));
        self.spec.identities.get(name).ok_or_else(unknown)
    }

    /// The identity of a session, with other values in its fields where its login differs from the plan's.
    pub(crate) fn who<'a>(&'a self, slot: &'a Slot) -> Result<&'a Identity, Undecided> {
        match &slot.differs {
            Some(differs) => Ok(&differs.identity),
            None => self.identity(&slot.identity),
        }
    }

    /// What a server said, in one line without secrets.
    pub(crate) fn excerpt(&self, exchange: &Exchange, max_bytes: usize) -> String {
        let text = self.redactor.redact(&exchange.text());
        one_line(&crate::mask::mask_body(&text), max_bytes)
    }

    /// The credentials of a session for one request; none for hosts that are there for logins only.
    pub(crate) fn wear(&self, identity: &Identity, live: &Live, outgoing: &Outgoing) -> Result<Worn, Undecided> {
        // Most requests go below the target's own address; their URL matters for cookies only.
        let own = !is_absolute(&outgoing.request.path) && self.spec.target.tenant_in != Some(TenantSelector::Subdomain);
        let url = || absolute_url(&self.spec, outgoing);
        if !own && !self.takes_credentials(&url()) {
            return Ok(Worn::nothing());
        }
        live.wear(identity, outgoing.request.method, &url, &self.redactor)
    }

    fn takes_credentials(&self, url: &str) -> bool {
        let host = url.parse().ok().and_then(|uri| HostPort::of(&uri));
        host.is_none_or(|host| self.sender.scope.takes_credentials(&host))
    }

    pub(crate) fn slot(&self, actor: &Actor, identity: &IdentityName) -> Result<Arc<Slot>, Undecided> {
        let slot = match &actor.presented {
            Presented::Private(number) => self.book.private(*number),
            Presented::Nothing | Presented::Session | Presented::Altered(_) => self.book.shared(identity),
        };
        slot.ok_or_else(|| Undecided::new(Cause::SessionLost, format!("{identity} has no such session")))
    }

    async fn deliver(&self, outgoing: Outgoing) -> Result<Exchange, Undecided> {
        let how = self.sender.how(outgoing.purpose);
        let session = match (&outgoing.actor.presented, &outgoing.actor.identity) {
            (Presented::Session | Presented::Private(_), Some(identity)) => {
                let slot = self.slot(&outgoing.actor, identity)?;
                let live = self.ensure(&slot, how.purse).await?;
                Some((slot, live))
            }
            _ => None,
        };
        let mut worn = match (&session, &outgoing.actor.presented) {
            (Some((slot, live)), _) => self.wear(self.who(slot)?, live, &outgoing)?,
            (None, Presented::Altered(altered)) if self.takes_credentials(&absolute_url(&self.spec, &outgoing)) => {
                self.wear_altered(altered, outgoing.request.method)
            }
            (None, _) => Worn::nothing(),
        };
        if outgoing.purpose == Purpose::Login {
            worn.lane = Lane::Login;
        }
        if outgoing.purpose == Purpose::LookUp {
            worn.lane = Lane::LookUp;
        }
        let exchange = self.sender.send(Arc::new(outgoing), &worn, how).await?;
        if let Some((slot, live)) = session
            && !slot.frozen
        {
            live.learn(&exchange);
        }
        // A login that a limit let through gives what any login gives.
        if exchange.sent.purpose == Purpose::Limit
            && exchange.is_success()
            && let Some(json) = exchange.json()
        {
            learn_json(&self.redactor, &json);
        }
        // What is made may be a key or hold a secret that is shown this once.
        if exchange.sent.request.method == Method::Post
            && exchange.is_success()
            && let Some(json) = exchange.json()
        {
            learn_issued(&self.redactor, &json);
        }
        Ok(exchange)
    }

    /// Altered credentials may still be good ones: they are secrets like those that they were made of.
    pub(crate) fn wear_altered(&self, altered: &Altered, method: Method) -> Worn {
        learn(
            &self.redactor,
            altered.secrets.iter().map(|secret| secret.expose().as_str()),
        );
        let (mut headers, query) = (altered.headers.clone(), altered.query.clone());
        if !method.is_safe() {
            let own = |name: &str| {
                altered
                    .headers
                    .iter()
                    .any(|(known, _)| known.eq_ignore_ascii_case(name))
            };
            headers.extend(altered.beside_writes.iter().filter(|(name, _)| !own(name)).cloned());
        }
        Worn::of(Lane::Altered, altered.generation, headers, query)
    }

    async fn take_apart(&self, actor: &Actor) -> Result<Credentials, Undecided> {
        let nobody = || Undecided::new(Cause::SessionLost, format!("{actor} has no credentials"));
        let name = actor.identity.as_ref().ok_or_else(nobody)?;
        let slot = self.slot(actor, name)?;
        let live = self.ensure(&slot, Purse::Run).await?;
        let url = format!("{}/", self.spec.target.url);
        let worn = live.wear(self.who(&slot)?, Method::Get, &|| url.clone(), &self.redactor)?;
        let mut credentials = Credentials::apart(
            name,
            live.generation,
            &worn.headers,
            &worn.query,
            live.token().as_deref(),
        );
        credentials.others = live.others();
        let writes = live.wear(self.who(&slot)?, Method::Post, &|| url.clone(), &self.redactor)?;
        credentials.beside_writes = writes
            .headers
            .into_iter()
            .filter(|(name, _)| !worn.headers.iter().any(|(known, _)| known == name))
            .collect();
        Ok(credentials)
    }

    async fn show_alive(&self, name: &IdentityName) -> Result<Alive, Undecided> {
        let slot = self.slot(&Actor::identity(name), name)?;
        let live = match slot.live() {
            Some(live) => live,
            None => self.ensure(&slot, Purse::Run).await?,
        };
        self.show_slot_alive(&slot, &live).await
    }

    async fn show_slot_alive(&self, slot: &Slot, live: &Live) -> Result<Alive, Undecided> {
        let question = self.question(slot, live).await?;
        let exchange = self.ask(slot, live, &question).await?;
        match self.judge(slot, live, &question, &exchange).await {
            Ok(()) => Ok(Alive {
                generation: exchange.generation,
            }),
            Err(undecided) => Err(undecided.shown_by(self.evidence_of("session alive", &exchange, None))),
        }
    }

    async fn renew_session(&self, name: &IdentityName) -> Result<(), Undecided> {
        let identity = self.identity(name)?;
        if self.is_fixed(identity) {
            return Err(Undecided::new(
                Cause::SessionLost,
                format!("{name}'s credentials are fixed in the plan: there is no login to renew them by"),
            ));
        }
        let slot = self.slot(&Actor::identity(name), name)?;
        let live = self.replace(&slot, Purse::Run).await?;
        // A refresh may be served although what it gives is refused: after a change of the password, for one.
        if slot.refreshed.load(Ordering::Relaxed)
            && let Err(lost) = self.show_slot_alive(&slot, &live).await
            && lost.cause == Cause::SessionLost
        {
            slot.logs_in_next.store(true, Ordering::Relaxed);
            self.replace(&slot, Purse::Run).await?;
        }
        Ok(())
    }

    async fn open_private(&self, name: &IdentityName) -> Result<Actor, Undecided> {
        let identity = self.identity(name)?;
        let no = |why: &str| {
            Undecided::new(
                Cause::SessionLost,
                format!("{name} can have no session of its own: {why}"),
            )
        };
        if self.is_fixed(identity) {
            return Err(no("its credentials are fixed in the plan"));
        }
        let shared = self.slot(&Actor::identity(name), name)?;
        let single = || no("a new login ends its older session");
        if shared.account.single_session.load(Ordering::Relaxed) {
            return Err(single());
        }
        // A session that is dead already was not ended by the login that comes now.
        if let Some(live) = shared.live()
            && let Err(lost) = self.show_slot_alive(&shared, &live).await
            && lost.cause == Cause::SessionLost
        {
            self.replace(&shared, Purse::Run).await?;
        }
        let slot = self.book.open_private(&shared);
        self.ensure(&slot, Purse::Run).await?;
        // A login that ends the older session would pull it away from under everybody who uses it.
        if let Some(live) = shared.live()
            && let Err(lost) = self.show_slot_alive(&shared, &live).await
            && lost.cause == Cause::SessionLost
        {
            shared.account.single_session.store(true, Ordering::Relaxed);
            self.replace(&shared, Purse::Run).await?;
            return Err(single());
        }
        Ok(self.private_actor(name, slot))
    }
}

impl Target for Client {
    fn send<'a>(&'a self, outgoing: Outgoing) -> BoxFuture<'a, Result<Exchange, Undecided>> {
        Box::pin(self.deliver(outgoing))
    }

    fn evidence(&self, label: &str, exchange: &Exchange, proof: Option<&str>) -> Evidence {
        self.evidence_of(label, exchange, proof)
    }

    fn keep_secret(&self, secret: &str) {
        learn(&self.redactor, [secret]);
    }
}

impl Sessions for Client {
    fn alive<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Alive, Undecided>> {
        Box::pin(self.show_alive(identity))
    }

    fn renew<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(self.renew_session(identity))
    }

    fn private<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<Actor, Undecided>> {
        Box::pin(self.open_private(identity))
    }

    fn credentials<'a>(&'a self, actor: &'a Actor) -> BoxFuture<'a, Result<Credentials, Undecided>> {
        Box::pin(self.take_apart(actor))
    }

    fn generation<'a>(&'a self, identity: &'a IdentityName) -> BoxFuture<'a, Result<u64, Undecided>> {
        Box::pin(async move {
            let slot = self.slot(&Actor::identity(identity), identity)?;
            Ok(self.ensure(&slot, Purse::Run).await?.generation)
        })
    }

    fn recognised<'a>(&'a self, altered: &'a Altered) -> BoxFuture<'a, Result<bool, Undecided>> {
        Box::pin(self.recognise(altered))
    }
}
