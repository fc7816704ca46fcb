//! Logs every identity in and shows who each session is, before anything is judged by it.

use gate_model::{Cause, IdentityName, Undecided};

use super::live::Live;
use super::slot::Slot;
use super::user::User;
use super::whoami::{Question, proves_nothing, settle};
use super::words::Words;
use crate::budget::Purse;
use crate::{Client, Exchange};

/// Whether a session was shown to be its identity's.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The identity.
    pub identity: IdentityName,
    /// How it was shown, as a fragment; or why it was not.
    pub result: Result<String, Undecided>,
}

impl Client {
    /// Logs in and asks who each session is, for all identities whose credentials are set. Two identities that turn out
    /// to be the same user are both unproven: every denial between them would be a lie.
    pub async fn prove(&self) -> Vec<Proof> {
        let mut proofs = Vec::new();
        let mut users: Vec<(usize, User)> = Vec::new();
        for identity in self
            .spec()
            .identities
            .values()
            .filter(|identity| identity.unset.is_empty())
        {
            let Some(slot) = self.book().shared(&identity.name) else {
                continue;
            };
            let result = match self.prove_one(&slot).await {
                Ok((how, user)) => {
                    users.push((proofs.len(), user));
                    Ok(how)
                }
                Err(undecided) => Err(undecided),
            };
            proofs.push(Proof {
                identity: identity.name.clone(),
                result,
            });
        }
        for (at, (one, user)) in users.iter().enumerate() {
            for (two, other) in &users[at + 1..] {
                if let Some(why) = user.same_as(other) {
                    let text = format!(
                        "identities {} and {} are the same user: {why}",
                        proofs[*one].identity, proofs[*two].identity
                    );
                    let mut undecided = Undecided::new(Cause::IdentityUnproven, text);
                    if user.mark_names().is_empty()
                        && let Some(identity) = self.spec().identities.get(&proofs[*two].identity)
                    {
                        // Nothing in the answers names anybody: another question may.
                        undecided = undecided.settled_by(settle(identity));
                    }
                    proofs[*one].result = Err(undecided.clone());
                    proofs[*two].result = Err(undecided);
                }
            }
        }
        proofs
    }

    async fn prove_one(&self, slot: &Slot) -> Result<(String, User), Undecided> {
        let live = self.ensure(slot, Purse::Run).await?;
        let question = self.question(slot, &live).await?;
        let exchange = self.ask(slot, &live, &question).await?;
        let label = question.label();
        self.judge(slot, &live, &question, &exchange)
            .await
            .map_err(|undecided| {
                let cause = match (undecided.cause, exchange.status) {
                    (Cause::SessionLost, 401 | 403 | 300..=399) => Cause::LoginFailed,
                    // The question may be the wrong one.
                    (Cause::SessionLost, _) => Cause::IdentityUnproven,
                    (other, _) => other,
                };
                Undecided { cause, ..undecided }.shown_by(self.evidence_of("session alive", &exchange, None))
            })?;
        let body = exchange.json().filter(|_| question.shows_user);
        let mut user = User::of(body.as_deref(), live.token());
        if question.shows_user && user.mark_names().is_empty() {
            user = user.with_words(self.words(slot, &live, &question, &exchange).await?);
        }
        let marks = user.mark_names();
        let how = if !question.must.equals.is_empty() {
            let paths: Vec<&str> = question.must.equals.iter().map(|(path, _)| path.as_str()).collect();
            format!("{label} shows {}", paths.join(", "))
        } else if !question.must.is_empty() {
            format!("{label} shows what the plan asks for")
        } else if !marks.is_empty() {
            format!("{label} shows a user of its own (`{}`)", marks.join("`, `"))
        } else if question.planned {
            format!("{label} is answered otherwise than nobody is")
        } else {
            format!("{label}: session served, user not shown")
        };
        if live.slots.is_empty() {
            let identity = self.identity(&slot.identity)?;
            return Err(Undecided::new(Cause::IdentityUnproven, "no credentials are sent").settled_by(settle(identity)));
        }
        Ok((how, user))
    }

    /// What a whoami answer without identifying fields says twice. One that says no more than nobody is told shows no
    /// user, whatever else in it changes from look to look.
    async fn words(&self, slot: &Slot, live: &Live, question: &Question, first: &Exchange) -> Result<Words, Undecided> {
        let again = self.ask(slot, live, question).await?;
        let words = Words::steady(first, &again);
        if question.planned && question.must.is_empty() {
            let identity = self.identity(&slot.identity)?;
            let nobody = self.as_nobody(identity, slot, live, &question.request, None).await?;
            if nobody.is_success() && words.all_in(&Words::of(&nobody)) {
                return Err(Undecided {
                    cause: Cause::IdentityUnproven,
                    ..proves_nothing(identity, &question.label())
                });
            }
        }
        Ok(words)
    }
}
