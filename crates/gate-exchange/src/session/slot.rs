//! The sessions of a run by identity, each with a lock so that nobody logs in twice at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gate_model::{IdentityName, OperationId, Secret, Undecided};
use gate_spec::{Identity, RequestTemplate, Spec};
use indexmap::IndexMap;

use super::live::Live;
use super::values::{Vars, unique};

/// Failed logins in a row after which no more is tried: targets lock accounts.
pub(crate) const MAX_FAILURES: u32 = 2;

/// What the user of an identity is, whatever its sessions.
#[derive(Debug)]
pub(crate) struct Account {
    /// `{{unique}}` of this user in this run.
    pub(crate) unique: String,
    /// Captured by the signup, once it was sent.
    pub(crate) signup: tokio::sync::Mutex<Option<Vars>>,
    /// Whether a second login was seen to end the first.
    pub(crate) single_session: AtomicBool,
}

/// One session: the shared one of an identity, or a private one.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) identity: IdentityName,
    pub(crate) account: Arc<Account>,
    /// How its login differs from the plan's.
    pub(crate) differs: Option<Differs>,
    /// Whether its credentials stay as they are, whatever happens to them.
    pub(crate) frozen: bool,
    /// Whether its credentials came by a refresh and not by a login.
    pub(crate) refreshed: AtomicBool,
    /// Whether it is renewed by a login the next time, even where it could be refreshed.
    pub(crate) logs_in_next: AtomicBool,
    live: RwLock<Option<Arc<Live>>>,
    /// Held while logging in.
    pub(crate) flight: tokio::sync::Mutex<Flight>,
}

/// How the login of a session differs from the plan's.
#[derive(Debug)]
pub(crate) struct Differs {
    /// The identity with other values of its fields.
    pub(crate) identity: Identity,
    /// Cookies that the browser holds before the login.
    pub(crate) cookies: Vec<(String, Secret<String>)>,
}

/// How logins went so far.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    pub(crate) failed: Option<Undecided>,
    pub(crate) failures: u32,
}

impl Slot {
    fn new(identity: &IdentityName, account: Arc<Account>) -> Self {
        Self {
            identity: identity.clone(),
            account,
            differs: None,
            frozen: false,
            refreshed: AtomicBool::default(),
            logs_in_next: AtomicBool::default(),
            live: RwLock::default(),
            flight: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, live: Arc<Live>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(live);
    }
}

/// The request that shows a session alive where the plan names none.
#[derive(Clone, Debug)]
pub(crate) struct Liveness {
    pub(crate) operation: OperationId,
    pub(crate) request: RequestTemplate,
    /// Whether its name says that it shows the user, such as `/me`.
    pub(crate) shows_user: bool,
}

/// All sessions.
#[derive(Debug)]
pub(crate) struct Book {
    shared: IndexMap<IdentityName, Arc<Slot>>,
    private: Mutex<HashMap<u64, Arc<Slot>>>,
    next: AtomicU64,
    generation: AtomicU64,
    /// Held while any login runs: targets throttle and lock.
    pub(crate) logins: tokio::sync::Mutex<()>,
    /// What was found out about liveness requests, by identity.
    pub(crate) liveness: tokio::sync::Mutex<HashMap<IdentityName, Option<Liveness>>>,
    /// What nobody is answered, by request.
    pub(crate) anonymous: tokio::sync::Mutex<HashMap<String, Arc<crate::Exchange>>>,
}

impl Book {
    pub(crate) fn new(spec: &Spec) -> Self {
        let shared = spec
            .identities
            .keys()
            .map(|name| {
                let account = Account {
                    unique: unique(),
                    signup: tokio::sync::Mutex::default(),
                    single_session: false.into(),
                };
                (name.clone(), Arc::new(Slot::new(name, Arc::new(account))))
            })
            .collect();
        Self {
            shared,
            private: Mutex::default(),
            next: AtomicU64::new(1),
            generation: AtomicU64::new(0),
            logins: tokio::sync::Mutex::default(),
            liveness: tokio::sync::Mutex::default(),
            anonymous: tokio::sync::Mutex::default(),
        }
    }

    /// The session that everybody shares who acts as the identity.
    pub(crate) fn shared(&self, identity: &IdentityName) -> Option<Arc<Slot>> {
        self.shared.get(identity).cloned()
    }

    /// A private session by its number.
    pub(crate) fn private(&self, number: u64) -> Option<Arc<Slot>> {
        self.private
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&number)
            .cloned()
    }

    /// A new, empty private session of an identity. It can be found once it was kept.
    pub(crate) fn open_private(&self, shared: &Slot) -> Arc<Slot> {
        Arc::new(Slot::new(&shared.identity, shared.account.clone()))
    }

    /// The same for a login that differs from the plan's.
    pub(crate) fn open_different(&self, shared: &Slot, differs: Differs) -> Arc<Slot> {
        Arc::new(Slot {
            differs: Some(differs),
            ..Slot::new(&shared.identity, shared.account.clone())
        })
    }

    /// A session with these credentials, which stay as they are.
    pub(crate) fn frozen(&self, slot: &Slot, live: Live) -> Arc<Slot> {
        let frozen = Slot {
            frozen: true,
            ..Slot::new(&slot.identity, slot.account.clone())
        };
        frozen.set(Arc::new(live));
        Arc::new(frozen)
    }

    /// A session of the same user with credentials that it already has.
    pub(crate) fn with_live(&self, like: &Slot, live: Live) -> Arc<Slot> {
        let slot = self.open_private(like);
        slot.set(Arc::new(live));
        slot
    }

    /// Keeps a private session and gives its number.
    pub(crate) fn keep(&self, slot: Arc<Slot>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.private
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, slot);
        number
    }

    /// A number that no credentials of the run had before.
    pub(crate) fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::Relaxed) + 1
    }
}
