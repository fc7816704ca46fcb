//! A watcher sees every exchange of the run and speaks at its end.

use gate_exchange::Observer;
use gate_model::{Case, Cause, Undecided};

use crate::{Ctx, Judgement, Verdict};

/// Sees the whole run.
pub trait Watcher: Observer {
    /// Concludes, once the run is over.
    fn conclude(&self, ctx: &Ctx<'_>) -> Vec<Verdict>;
}

/// What a watcher saw; its control. A pass needs both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Whether the owner himself was shown what is looked for elsewhere.
    pub owner_saw: bool,
    /// Exchanges in which it would have been a finding.
    pub foreign_exchanges: u64,
}

impl Watched {
    /// The verdict of a case: violations stand by themselves; silence counts only where something could have been heard.
    pub fn close(self, case: &Case, judgement: Judgement) -> Verdict {
        let judgement = match judgement {
            Judgement::Holds(_) if !self.owner_saw => Judgement::Undecided(Undecided::new(
                Cause::NothingSeen,
                "its owner was never shown the planted value, so that its absence elsewhere means nothing",
            )),
            Judgement::Holds(_) if self.foreign_exchanges == 0 => {
                Judgement::Undecided(Undecided::new(Cause::NothingSeen, "no exchange of a stranger was seen"))
            }
            other => other,
        };
        Verdict::over(&case.id, vec![judgement])
    }
}
