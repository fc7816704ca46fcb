//! Controls: what must succeed around a probe for its refusal to mean anything.

mod granted_read;
mod guard_only;
mod made_by_owner;
mod owners_walk;
mod owners_write;

use gate_exchange::{Actor, BoxFuture, Exchange, Outgoing};
use gate_model::{Evidence, IdentityName, Undecided};

use crate::{Answer, Ctx, Probe};

pub use granted_read::GrantedRead;
pub use guard_only::GuardOnly;
pub use made_by_owner::MadeByOwner;
pub use owners_walk::OwnersWalk;
pub use owners_write::OwnersWrite;

mod sealed {
    pub trait Sealed {}
}

/// What a control saw the second time.
#[derive(Clone, Debug)]
pub enum After {
    /// It holds.
    Intact {
        /// Whether the owner's own request was served and, for a write, shown to have an effect.
        effect: bool,
        /// The proof in words.
        proof: String,
    },
    /// Somebody changed the object.
    Changed {
        /// What changed.
        words: String,
        /// Who it may have been.
        by: Suspects,
        /// The exchanges that show it.
        evidence: Vec<Evidence>,
    },
    /// The object is gone.
    Gone {
        /// Who it may have been.
        by: Suspects,
        /// The exchanges that show it.
        evidence: Vec<Evidence>,
    },
    /// It could not be found out.
    Unreachable(Undecided),
}

/// Who may have changed or removed an object. Whoever was served is as suspect as whoever was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suspects {
    /// Values of these are in it. None of them may have tried with this control.
    Known(Vec<Actor>),
    /// One of so many, on this object in all.
    Among(usize),
}

/// What an accepted write of a prober means, given what the control saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Nothing: the owner's own write has a visible effect and this one had none.
    NoEffect,
    /// He was served.
    Served,
    /// It cannot be told.
    Unknown,
}

/// An exchange that may become evidence. Most never do, so that it is not rendered before somebody needs it.
#[derive(Clone)]
pub struct Kept {
    label: &'static str,
    exchange: Exchange,
    proof: Option<String>,
}

impl Kept {
    /// Keeps an exchange with its label and the part that proves something.
    pub(crate) fn new(label: &'static str, exchange: &Exchange, proof: Option<&str>) -> Self {
        Self {
            label,
            exchange: exchange.clone(),
            proof: proof.map(str::to_owned),
        }
    }

    /// How it was answered.
    pub(crate) fn status(&self) -> u16 {
        self.exchange.status
    }

    /// What a report shows of it.
    pub(crate) fn evidence(&self, ctx: &Ctx<'_>) -> Evidence {
        ctx.target.evidence(self.label, &self.exchange, self.proof.as_deref())
    }
}

/// One attempt at the operation under question.
pub struct Attempt {
    /// How it was answered.
    pub answer: Answer,
    /// The exchanges.
    pub evidence: Vec<Kept>,
    /// The credentials that were on the request.
    pub generation: u64,
}

/// A control. Sealed: each kind is part of how verdicts are proven.
pub trait Control: sealed::Sealed + Send {
    /// Asks for the first time.
    ///
    /// # Errors
    /// Where it does not succeed.
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>>;

    /// Lets an actor try the same operation and reads his answer.
    ///
    /// # Errors
    /// Where no answer came.
    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>>;

    /// Whether asking it again ends a session, perhaps also that of the probers: then their sessions are looked at before.
    fn ends_session(&self) -> bool {
        false
    }

    /// Whether it reads back what the probes did: then a handler that answers first and writes later is given its time.
    fn reads_back(&self) -> bool {
        false
    }

    /// What has to be asked right after the probes, before that time passes.
    ///
    /// # Errors
    /// Where it does not succeed.
    fn rest<'a>(&'a mut self, _ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Asks again.
    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After>;

    /// What became known after it was asked again, through another control on the same object.
    fn in_the_end(&self) -> BoxFuture<'_, Option<After>> {
        Box::pin(std::future::ready(None))
    }

    /// What an accepted write means.
    fn accepted(&self, effect: bool) -> Means;

    /// Whether a probe that was answered [`Answer::PastGuard`] did come past the guard.
    fn past_guard(&self, _probe: &Probe) -> bool {
        false
    }

    /// Whose object it is.
    fn owner(&self) -> Option<&IdentityName>;

    /// Whose session it is asked again with, where being served then shows that the session lives.
    fn asked_by(&self) -> Option<&IdentityName> {
        None
    }

    /// What the first asking showed.
    fn evidence(&self) -> &[Kept];

    /// The plan line that would settle what this control could not.
    fn settle(&self, ctx: &Ctx<'_>) -> String;
}

/// Sends a probe's request and puts its evidence beside it.
async fn send_probe(ctx: &Ctx<'_>, outgoing: Outgoing) -> Result<(Exchange, u64), Undecided> {
    let exchange = ctx.target.send(outgoing).await?;
    let generation = exchange.generation;
    Ok((exchange, generation))
}
