//! Why a script came to no judgement.

use gate_model::{Case, Missing, Undecided};

use crate::{NoAltered, Verdict};

/// Why a script came to no judgement.
#[derive(Clone, Debug)]
pub enum Stop {
    /// It could not be found out.
    Undecided(Undecided),
    /// The target or the plan lacks what it is about.
    Missing(Missing),
}

impl From<Undecided> for Stop {
    fn from(undecided: Undecided) -> Self {
        Self::Undecided(undecided)
    }
}

impl From<NoAltered> for Stop {
    fn from(none: NoAltered) -> Self {
        match none {
            NoAltered::Undecided(reason) => Self::Undecided(reason),
            NoAltered::Missing(missing) => Self::Missing(missing),
            NoAltered::DoesNotApply(what) => Self::missing(what, None),
        }
    }
}

impl Stop {
    /// The question does not fit this target, or needs a line of the plan.
    pub fn missing(what: impl Into<String>, add: Option<String>) -> Self {
        Self::Missing(Missing { what: what.into(), add })
    }

    /// The verdict of a case whose script stopped: never a green one.
    pub fn verdict(self, case: &Case) -> Verdict {
        match self {
            Self::Undecided(reason) => Verdict::undecided(&case.id, reason),
            Self::Missing(missing) => Verdict::not_testable(&case.id, missing),
        }
    }
}
