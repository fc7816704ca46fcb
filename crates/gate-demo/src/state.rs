//! What the running demo shares between requests. Locks are held for the length of a look-up, never across an await.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use tokio::sync::Notify;

use crate::{
    Config, Hole, Sabotage, Tokens,
    auth::Sessions,
    credentials::{OLD_RESET_OF, OLD_RESET_TOKEN},
    openapi,
    sabotage::Memory,
    seed,
    tables::Tables,
    throttle::Throttle,
    tokens::SigningKey,
};

/// The application as handlers get it.
pub(crate) type Shared = Arc<App>;

/// Tokens that are remembered for whoever looks for them in texts.
const MAX_ISSUED: usize = 20_000;
/// How late a queue of a hole is.
const LATENESS: Duration = Duration::from_secs(1);
/// Mails kept in the outbox.
const MAX_MAILS: usize = 200;
/// Mails that an account can ask for within ten minutes.
const MAIL_LIMIT: (usize, Duration) = (5, Duration::from_secs(600));

/// Wrong reset tokens of everybody together: nobody mistypes a link.
const RESET_LIMIT: (usize, Duration) = (15, Duration::from_secs(3));

/// A mail that the demo would have sent. It leaves the process by the mailbox alone, which stands for a mail catcher.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub to: String,
    pub secret: String,
    pub subject: &'static str,
    pub text: String,
}

/// The whole state.
pub(crate) struct App {
    pub config: Config,
    /// The OpenAPI document as it is served.
    pub document: Bytes,
    /// What a login gives.
    pub tokens: Tokens,
    /// Signs tokens, where they are signed.
    pub signing: Option<SigningKey>,
    /// Requests that arrived.
    pub requests: AtomicU64,
    /// Set when the server is to drop its connections.
    pub dead: AtomicBool,
    /// Told when `dead` is set.
    pub death: Notify,
    pub sabotage: Memory,
    /// Where the server listens, once it does.
    url: OnceLock<String>,
    tables: Mutex<Tables>,
    sessions: Mutex<Sessions>,
    logins: Mutex<Throttle>,
    mails: Mutex<Throttle>,
    resets: Mutex<Throttle>,
    outbox: Mutex<VecDeque<Mail>>,
    issued: Mutex<VecDeque<String>>,
    /// Mails so far.
    pub mails_sent: AtomicU64,
}

impl App {
    /// A fresh application with its seed data.
    pub fn new(config: Config) -> Shared {
        let document = Bytes::from(openapi::openapi(&config).to_string());
        let app = Self {
            document,
            tokens: config.kind_of_tokens(),
            signing: SigningKey::of(&config),
            url: OnceLock::new(),
            requests: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            death: Notify::new(),
            sabotage: Memory::default(),
            tables: Mutex::new(seed::tables()),
            sessions: Mutex::default(),
            logins: Mutex::new(Throttle::new(config.login_limit).counting(config.counting())),
            mails: Mutex::new(Throttle::new(MAIL_LIMIT)),
            resets: Mutex::new(Throttle::new(RESET_LIMIT)),
            outbox: Mutex::default(),
            issued: Mutex::default(),
            mails_sent: AtomicU64::new(0),
            config,
        };
        let gus = app
            .tables()
            .users
            .iter()
            .find(|user| user.email == OLD_RESET_OF)
            .map(|user| user.id);
        if let Some(gus) = gus {
            app.sessions().remember_old(gus, OLD_RESET_TOKEN);
        }
        Arc::new(app)
    }

    /// Is this hole open?
    pub fn hole(&self, hole: Hole) -> bool {
        self.config.holes.contains(&hole)
    }

    /// Is this oddity on? For those without a value.
    pub fn odd(&self, sabotage: Sabotage) -> bool {
        self.config.sabotage.contains(&sabotage)
    }

    /// The base URL, which is also the issuer of tokens.
    pub fn url(&self) -> String {
        self.url.get_or_init(|| "http://localhost".to_owned()).clone()
    }

    /// Tells where the server listens, before it does.
    pub fn listens_at(&self, url: String) {
        // It is told once, by whoever starts the server.
        let _ = self.url.set(url);
    }

    /// Does something when the answer is long gone, as the worker of a queue does. Only holes need it.
    pub fn later(self: &Arc<Self>, what: impl FnOnce(&mut Tables) + Send + 'static) {
        let app = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(LATENESS).await;
            what(&mut app.tables());
        });
    }

    /// Drops the listener and all connections.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.death.notify_one();
    }

    pub fn tables(&self) -> MutexGuard<'_, Tables> {
        lock(&self.tables)
    }

    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }

    /// Failures of logins, one-time codes and password changes.
    pub fn logins(&self) -> MutexGuard<'_, Throttle> {
        lock(&self.logins)
    }

    /// Requests for mail.
    pub fn mails(&self) -> MutexGuard<'_, Throttle> {
        lock(&self.mails)
    }

    /// Wrong reset tokens.
    pub fn resets(&self) -> MutexGuard<'_, Throttle> {
        lock(&self.resets)
    }

    /// Puts a mail into the outbox.
    pub fn send(&self, mail: Mail) {
        let mut outbox = lock(&self.outbox);
        outbox.push_back(mail);
        if outbox.len() > MAX_MAILS {
            outbox.pop_front();
        }
    }

    /// Remembers a token that was given out.
    pub fn gave_out(&self, token: &str) {
        let mut issued = lock(&self.issued);
        issued.push_back(token.to_owned());
        if issued.len() > MAX_ISSUED {
            issued.pop_front();
        }
    }

    /// The tokens that were given out.
    pub fn issued(&self) -> Vec<String> {
        lock(&self.issued).iter().cloned().collect()
    }

    /// The mails to an address, the newest first.
    pub fn mails_to(&self, to: &str) -> Vec<Mail> {
        let outbox = lock(&self.outbox);
        outbox.iter().rev().filter(|mail| mail.to == to).cloned().collect()
    }
}

/// A lock that a panicking handler left behind is taken over: the demo has no invariant across fields that it breaks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
