//! What a probe came to, and the verdict that a case gets from it.

use gate_model::{CaseId, Cause, Finding, Missing, Outcome, Undecided};

/// What was found out about one probe.
#[derive(Clone, Debug)]
pub enum Judgement {
    /// The expectation holds; the text is the proof in words.
    Holds(String),
    /// It does not; never empty.
    Violated(Vec<Finding>),
    /// It could not be found out.
    Undecided(Undecided),
}

/// The outcome of a case. Only [`crate::Bracket::close`], [`crate::Procedure::close`] and the conclusion of a watcher make one.
#[derive(Clone, Debug)]
pub struct Verdict {
    case: CaseId,
    outcome: Outcome,
}

impl Verdict {
    /// The case.
    pub fn case(&self) -> &CaseId {
        &self.case
    }

    /// Its outcome.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Takes it apart.
    pub fn into_parts(self) -> (CaseId, Outcome) {
        (self.case, self.outcome)
    }

    /// The verdict over all probes of a case: one violation is enough, and all must be decided for a pass.
    pub(crate) fn over(case: &CaseId, judgements: Vec<Judgement>) -> Self {
        let (mut findings, mut undecided, mut proofs) = (Vec::new(), None, Vec::new());
        for judgement in judgements {
            match judgement {
                Judgement::Violated(more) => findings.extend(more),
                Judgement::Undecided(reason) => undecided = undecided.or(Some(reason)),
                Judgement::Holds(proof) => proofs.push(proof),
            }
        }
        let outcome = match (findings.is_empty(), undecided) {
            (false, _) => Outcome::Fail { findings },
            (true, Some(undecided)) => Outcome::Inconclusive { undecided },
            (true, None) if proofs.is_empty() => Outcome::Inconclusive {
                undecided: Undecided::new(Cause::NoVerdict, "nothing was probed"),
            },
            (true, None) => Outcome::Pass { proof: joined(&proofs) },
        };
        Self {
            case: case.clone(),
            outcome,
        }
    }

    /// A case that turned out to lack an input. Allowed to everybody, because it is never green.
    pub fn not_testable(case: &CaseId, missing: Missing) -> Self {
        Self {
            case: case.clone(),
            outcome: Outcome::NotTestable { missing },
        }
    }

    /// An open verdict: allowed to everybody, because it is never green.
    pub fn undecided(case: &CaseId, undecided: Undecided) -> Self {
        Self {
            case: case.clone(),
            outcome: Outcome::Inconclusive { undecided },
        }
    }
}

/// The proofs of all probes of a case as one text: what a proof begins with like the one before it (the control) is said
/// once.
fn joined(proofs: &[String]) -> String {
    let mut said: Vec<&str> = Vec::new();
    let mut last: Vec<&str> = Vec::new();
    for proof in proofs {
        let parts: Vec<&str> = proof.split("; ").collect();
        let alike = parts
            .iter()
            .zip(&last)
            .take_while(|(now, before)| now == before)
            .count();
        said.extend(&parts[alike..]);
        last = parts;
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_is_said_once() {
        let proofs = [
            "a was served; b was answered 401",
            "a was served; c was answered 404",
            "d",
        ]
        .map(str::to_owned);
        assert_eq!(
            joined(&proofs),
            "a was served; b was answered 401; c was answered 404; d"
        );
    }
}
