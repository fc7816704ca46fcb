//! Makes credentials that must be refused out of an owner's live ones, when a bracket is about to open.

use gate_exchange::{Altered, BoxFuture, Credentials};
use gate_model::{Finding, Missing, Undecided};

use crate::Ctx;

/// Makes the altered credentials of one case.
///
/// They are made at the last moment, so that they are as fresh as those that they are made of. The bracket counts a
/// refusal only where those still worked afterwards.
pub trait Alter: Send + Sync {
    /// The altered credentials, each a probe of its own.
    ///
    /// # Errors
    /// Why there are none.
    fn alter<'a>(&'a self, ctx: &'a Ctx<'a>, live: &'a Credentials) -> BoxFuture<'a, Result<Made, NoAltered>>;

    /// How many there will be at most, for the budget.
    fn at_most(&self) -> u64;

    /// What the target did because of these credentials beside answering, seen from outside: it fetched a key from us. That
    /// is a finding even where it refused them.
    fn witnessed(&self, _altered: &Altered) -> Option<String> {
        None
    }

    /// Whether no rule forbids that the target accepts these: it is said in the proof and is no finding.
    fn tolerated(&self, _altered: &Altered) -> bool {
        false
    }

    /// Shows that these credentials are still good for what they may do, where their refusal says something only then: a key that may
    /// only read. Asked once they were refused, before there is a verdict.
    ///
    /// # Errors
    /// Where they are not, or it could not be found out.
    fn still_good<'a>(&'a self, _ctx: &'a Ctx<'a>, _altered: &'a Altered) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Says in a finding what this alteration means: its severity, its sources.
    fn explain(&self, _altered: &Altered, _finding: &mut Finding) {}
}

/// What was made of live credentials.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// At least one.
    pub altered: Vec<Altered>,
    /// What else belongs to the case and could not be tried, in words; shown beside the proof.
    pub untried: Option<String>,
}

/// Why no altered credentials could be made.
#[derive(Clone, Debug)]
pub enum NoAltered {
    /// The plan lacks an input.
    Missing(Missing),
    /// Credentials of this kind cannot be altered so: the case does not apply to this target.
    DoesNotApply(String),
    /// It could not be found out.
    Undecided(Undecided),
}
