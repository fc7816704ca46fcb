//! What is particular to verdicts on altered credentials: they mean nothing where nobody needs any, and may be tolerated.

use gate_exchange::Presented;
use gate_model::{Cause, Undecided};

use crate::control::{After, Control, Means};
use crate::judge::Preliminary;
use crate::looks::made_of;
use crate::{Answer, Judgement, Probe};

/// Where nobody needs credentials, refusing bad ones proves nothing and taking them is no other hole. Where it is not known
/// whether nobody does, because the bare request was neither served nor refused, a refusal of bad ones does not count either.
pub(crate) fn over_bare<C: Control>(
    probe: &Probe,
    verdict: Preliminary,
    bare: Option<&Result<Answer, Undecided>>,
    control: &C,
    after: &After,
) -> Preliminary {
    if made_of(&probe.actor).is_none() {
        return verdict;
    }
    let effect = matches!(after, After::Intact { effect: true, .. });
    let holds = matches!(verdict, Preliminary::Judgement(Judgement::Holds(_)));
    let undecided = |reason: Undecided| Preliminary::Judgement(Judgement::Undecided(reason));
    let open = match bare {
        Some(Ok(Answer::Served(_))) => true,
        Some(Ok(Answer::Accepted(_))) => control.accepted(effect) != Means::NoEffect,
        Some(Ok(Answer::Denied(_))) => false,
        Some(Ok(Answer::DeniedIfServed(said))) => {
            if holds && !effect {
                let words = format!("nobody was {said}, and the good credentials were not served either");
                return undecided(Undecided::new(Cause::ControlFailed, words));
            }
            false
        }
        // The same words as those of nobody's own case, so that a report has one line for both.
        Some(Ok(Answer::PastGuard(reason) | Answer::Neither(reason))) => {
            if holds {
                return undecided(reason.clone());
            }
            false
        }
        Some(Err(reason)) => return undecided(reason.clone()),
        None => {
            let words = "it was not seen whether the same request needs credentials";
            return undecided(Undecided::new(Cause::ControlFailed, words));
        }
    };
    if !open {
        return verdict;
    }
    Preliminary::Judgement(Judgement::Undecided(Undecided::new(
        Cause::ControlFailed,
        "the same request is answered without any credentials, so that altered ones prove nothing: see auth/anonymous",
    )))
}

/// What no rule forbids is said, and is no finding.
pub(crate) fn tolerate(probe: &Probe, verdict: Preliminary, after: &After) -> Preliminary {
    match (verdict, &probe.actor.presented, &probe.alter) {
        (Preliminary::Judgement(Judgement::Violated(_)), Presented::Altered(altered), Some(alter))
            if alter.tolerated(altered) =>
        {
            // Without its control, being accepted shows as little as being refused.
            if let After::Unreachable(reason) = after {
                return Preliminary::Again(reason.clone());
            }
            let words = format!("{} was accepted, which no rule forbids", probe.actor);
            Preliminary::Judgement(Judgement::Holds(words))
        }
        (verdict, ..) => verdict,
    }
}
