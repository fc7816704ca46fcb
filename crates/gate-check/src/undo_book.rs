//! What checks did to users and have to take back, so that it is taken back although a check was broken off.

use std::sync::{Mutex, PoisonError};

use gate_exchange::{Exchange, Outgoing, Presented, Purpose, Sessions, Target};
use gate_model::{IdentityName, Leftover, ResourceName, Secret};
use gate_objects::{Journal, JournalEntry};
use gate_spec::{Identity, Method};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Keys of notes in the journal begin here: those of objects count from one.
const FIRST_KEY: u64 = 1 << 62;
/// Hexadecimal digits of a derived password: 96 bits.
const DIGITS: usize = 24;

/// What is still to be taken back.
#[derive(Debug, Default)]
pub struct UndoBook {
    owed: Mutex<Owed>,
    journal: Journal,
}

#[derive(Debug, Default)]
struct Owed {
    next: u64,
    debts: Vec<Owing>,
    /// Keys of notes about passwords, with whose they are.
    passwords: Vec<(u64, IdentityName)>,
}

/// Something to take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt(u64);

/// The one refusal that says nothing of what was done (RFC 9110 section 15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// Whether an answer says that nothing was done, so that there is nothing to take back.
fn did_nothing(answer: &Exchange) -> bool {
    matches!(answer.status, 400..=499) && answer.status != REQUEST_TIMEOUT
}

impl Debt {
    /// Its key in the journal.
    fn key(self) -> u64 {
        FIRST_KEY + self.0
    }
}

#[derive(Debug)]
struct Owing {
    debt: Debt,
    /// What takes it back, once that is known.
    undo: Option<Outgoing>,
    /// Whether the journal has it.
    noted: bool,
}

impl UndoBook {
    /// A book that notes in a journal what a killed run could not take back.
    pub fn noted_in(journal: Journal) -> Self {
        Self {
            journal,
            ..Self::default()
        }
    }

    /// A password that some identities may have for a while, noted before anybody is told it, so that it can be derived again
    /// (`launchgate sweep`) where the run is killed before the plan's own is back. The redactor knows it.
    ///
    /// `None` where the plan has no password of the first of them, of which it is made.
    pub fn passing_password(
        &self,
        target: &dyn Target,
        of: &Identity,
        others: &[&IdentityName],
    ) -> Option<Secret<String>> {
        let own = of.field("password")?;
        let salt = format!("{:032x}", rand::random::<u128>());
        let password = passing_password(own, &salt);
        target.keep_secret(password.expose());
        for owner in std::iter::once(&of.name).chain(others.iter().copied()) {
            let key = {
                let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
                owed.next += 1;
                let key = FIRST_KEY + owed.next;
                owed.passwords.push((key, owner.clone()));
                key
            };
            self.journal.write(&JournalEntry::Password {
                key,
                owner: owner.to_string(),
                of: of.name.to_string(),
                salt: salt.clone(),
            });
        }
        Some(password)
    }

    /// Whether somebody's password may be another one than the plan's.
    pub fn owes_password(&self, identity: &IdentityName) -> bool {
        let owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.passwords.iter().any(|(_, known)| known == identity)
    }

    /// An identity was shown to log in with the plan's own password.
    pub fn password_is_back(&self, identity: &IdentityName) {
        let back: Vec<u64> = {
            let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
            let back = owed.passwords.extract_if(.., |(_, known)| known == identity);
            back.map(|(key, _)| key).collect()
        };
        for key in back {
            self.journal.write(&JournalEntry::Gone { key });
        }
    }

    /// Notes the request that takes something back, before or right after it is done.
    pub fn owe(&self, undo: Outgoing) -> Debt {
        self.add(Some(undo), false)
    }

    /// Notes in the journal what is about to be done, so that `launchgate sweep` can take it back where the run is killed. The
    /// entry is made of its key.
    pub fn note(&self, entry: impl FnOnce(u64) -> JournalEntry) -> Debt {
        let debt = self.add(None, true);
        self.journal.write(&entry(debt.key()));
        debt
    }

    /// Says more of what was noted.
    pub fn note_again(&self, debt: Debt, entry: impl FnOnce(u64) -> JournalEntry) {
        self.journal.write(&entry(debt.key()));
    }

    /// The request that takes back what was noted.
    pub fn taken_back_by(&self, debt: Debt, undo: Outgoing) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owing) = owed.debts.iter_mut().find(|owing| owing.debt == debt) {
            owing.undo = Some(undo);
        }
    }

    fn add(&self, undo: Option<Outgoing>, noted: bool) -> Debt {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.next += 1;
        let debt = Debt(owed.next);
        owed.debts.push(Owing { debt, undo, noted });
        debt
    }

    /// What was noted was answered: where it was plainly refused, there is nothing to take back.
    pub fn answered(&self, debt: Debt, answer: &Exchange) {
        if did_nothing(answer) {
            self.settled(debt);
        }
    }

    /// It was taken back, or there is nothing to take back.
    pub fn settled(&self, debt: Debt) {
        let gone: Vec<Owing> = {
            let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
            owed.debts.extract_if(.., |owing| owing.debt == debt).collect()
        };
        for owing in gone {
            self.gone(owing.debt, owing.noted);
        }
    }

    fn gone(&self, debt: Debt, noted: bool) {
        if noted {
            self.journal.write(&JournalEntry::Gone { key: debt.key() });
        }
    }

    /// Takes back what is left, the newest first, by sessions that are renewed where they were lost meanwhile. Returns what could
    /// not be.
    pub async fn settle(&self, target: &dyn Target, sessions: &dyn Sessions) -> Vec<Leftover> {
        let owed = std::mem::take(&mut self.owed.lock().unwrap_or_else(PoisonError::into_inner).debts);
        let mut leftovers = Vec::new();
        for Owing { debt, undo, noted } in owed.into_iter().rev() {
            // What may have been done and cannot be named stays in the journal.
            let Some(undo) = undo else { continue };
            let outgoing = Outgoing {
                purpose: Purpose::Cleanup,
                ..undo
            };
            let (owner, path) = (outgoing.actor.to_string(), outgoing.request.path.clone());
            let (method, whose) = (outgoing.request.method, outgoing.actor.clone());
            let mut sent = target.send(outgoing.clone()).await;
            if let (Ok(exchange), Some(identity), Presented::Session) = (&sent, &whose.identity, &whose.presented)
                && exchange.status == 401
                && sessions.renew(identity).await.is_ok()
            {
                sent = target.send(outgoing).await;
            }
            let reason = match sent {
                // What was to be removed may be gone already.
                Ok(exchange)
                    if exchange.status < 400 || (method == Method::Delete && matches!(exchange.status, 404 | 410)) =>
                {
                    self.gone(debt, noted);
                    continue;
                }
                Ok(exchange) => format!("taking it back was answered {}", exchange.status),
                Err(undecided) => undecided.detail,
            };
            leftovers.push(Leftover {
                resource: ResourceName::new("user"),
                owner,
                path,
                reason,
            });
        }
        leftovers
    }
}

/// The password that a salt makes of one that the plan has: a keyed hash (HMAC, RFC 2104), in the form that common policies
/// accept. Whoever does not have the plan's learns nothing by the salt.
pub fn passing_password(own: &Secret<String>, salt: &str) -> Secret<String> {
    use std::fmt::Write as _;
    // Keys of HMAC have any length.
    let mut text = "Lg7-".to_owned();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(own.expose().as_bytes()) {
        mac.update(salt.as_bytes());
        for byte in mac.finalize().into_bytes().iter().take(DIGITS / 2) {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text.push_str("Aa1!");
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;

    impl Target for Nowhere {
        fn send<'a>(
            &'a self,
            _outgoing: Outgoing,
        ) -> gate_exchange::BoxFuture<'a, Result<gate_exchange::Exchange, gate_model::Undecided>> {
            Box::pin(async { Err(gate_model::Undecided::new(gate_model::Cause::Transport, "nowhere")) })
        }

        fn evidence(
            &self,
            _label: &str,
            _exchange: &gate_exchange::Exchange,
            _proof: Option<&str>,
        ) -> gate_model::Evidence {
            unreachable!("nothing is shown")
        }
    }

    fn alice() -> Identity {
        let spec = crate::testkit::FakeApi::sound().spec().clone();
        let mut alice = spec.identities["alice"].clone();
        alice.fields = vec![("password".to_owned(), Secret::new("what the plan says".to_owned()))];
        alice
    }

    #[test]
    fn a_killed_run_leaves_enough_to_derive_the_password_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::create(folder.path(), "http://127.0.0.1:1", None).expect("a journal");
        let book = UndoBook::noted_in(journal.clone());
        let mallory = IdentityName::new("mallory");
        let password = book
            .passing_password(&Nowhere, &alice(), &[&mallory])
            .expect("a password");
        assert!(book.owes_password(&mallory));
        book.password_is_back(&mallory);
        assert!(!book.owes_password(&mallory) && book.owes_password(&alice().name));
        let path = journal.close(true).expect("kept");
        let text = std::fs::read_to_string(&path).expect("read");
        assert!(!text.contains(password.expose().as_str()) && !text.contains("what the plan says"));
        let owed = Journal::read(&path).expect("read").owed;
        let [JournalEntry::Password { owner, of, salt, .. }] = owed.as_slice() else {
            panic!("{owed:?}")
        };
        assert_eq!((owner.as_str(), of.as_str()), ("alice", "alice"));
        let again = passing_password(&Secret::new("what the plan says".to_owned()), salt);
        assert_eq!(again.expose(), password.expose());
        let other = passing_password(&Secret::new("what another says".to_owned()), salt);
        assert_ne!(other.expose(), password.expose());
    }

    #[test]
    fn what_is_noted_stays_in_the_journal_until_it_is_settled() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::create(folder.path(), "http://127.0.0.1:1", None).expect("a journal");
        let book = UndoBook::noted_in(journal.clone());
        let note = |user: &str| {
            let user = user.to_owned();
            book.note(|key| JournalEntry::Action {
                key,
                action: "enable".to_owned(),
                user,
                id: None,
            })
        };
        let (first, _second) = (note("alice"), note("mallory"));
        assert_eq!(journal.owed(), 2);
        book.settled(first);
        assert_eq!(journal.owed(), 1);
        let path = journal.close(true).expect("kept");
        let owed = Journal::read(&path).expect("read").owed;
        assert!(
            matches!(owed.as_slice(), [JournalEntry::Action { user, .. }] if user == "mallory"),
            "{owed:?}"
        );
    }

    #[tokio::test]
    async fn what_nothing_took_back_stays_in_the_journal() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::create(folder.path(), "http://127.0.0.1:1", None).expect("a journal");
        let book = UndoBook::noted_in(journal.clone());
        let debt = book.note(|key| JournalEntry::ApiKey {
            key,
            owner: "alice".to_owned(),
            handle: None,
            id: None,
        });
        let bench = crate::testkit::AccountBench::new(crate::testkit::FakeAccounts::new(
            crate::testkit::FakeApi::sound().spec().as_ref().clone(),
            &[],
        ));
        // Nobody knows how: it is told by the journal alone.
        assert_eq!(book.settle(&Nowhere, &*bench.server).await.len(), 0);
        assert_eq!(journal.owed(), 1);
        let again = book.note(|key| JournalEntry::ApiKey {
            key,
            owner: "alice".to_owned(),
            handle: None,
            id: Some("7".into()),
        });
        assert_ne!(debt, again);
        let revoke = gate_exchange::Request::new(Method::Delete, "/keys/7");
        let outgoing = Outgoing::new(&gate_exchange::Actor::identity(&"alice".into()), Purpose::Setup, revoke);
        book.taken_back_by(again, outgoing);
        assert_eq!(book.settle(&Nowhere, &*bench.server).await.len(), 1);
        assert_eq!(journal.owed(), 2);
    }

    #[test]
    fn what_came_back_is_owed_no_more() {
        let book = UndoBook::default();
        let first = book.passing_password(&Nowhere, &alice(), &[]).expect("a password");
        let second = book.passing_password(&Nowhere, &alice(), &[]).expect("a password");
        assert_ne!(first.expose(), second.expose());
        book.password_is_back(&alice().name);
        assert!(!book.owes_password(&alice().name));
    }
}
