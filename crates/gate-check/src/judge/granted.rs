//! Judges the probe of somebody whom the plan grants the operation to: he has to be served, and a refusal is the defect.
//!
//! The same request was served to somebody else who is granted it, before and after. What may be the fault of the request
//! (a body that the server takes from one caller and not from another) is no refusal.

use gate_model::{Evidence, Missing, OperationId, Undecided};

use super::{Preliminary, said};
use crate::control::{After, Control, Kept, Means};
use crate::{Answer, Ctx, Judgement, Probe};

pub(super) fn judge<C: Control>(
    ctx: &Ctx<'_>,
    control: &C,
    probe: &Probe,
    answer: &Answer,
    after: &After,
    kept: &[Kept],
) -> Preliminary {
    let evidence = || kept.iter().map(|kept| kept.evidence(ctx)).collect::<Vec<Evidence>>();
    let status = kept.last().map_or(0, Kept::status);
    let holds = |proof: String| Preliminary::Judgement(Judgement::Holds(proof));
    let refused = |proof: &str| {
        let mut all = evidence();
        all.extend(control.evidence().iter().map(|kept| kept.evidence(ctx)));
        let detail = format!("the plan grants it; {} {}; {proof}", probe.actor, said(answer));
        let (case, actor) = (&probe.case, &probe.actor);
        let mut finding = probe.text.finding(case, actor, control.owner(), "", detail, all);
        let operation = case.operation.as_ref().map_or("an operation", OperationId::as_str);
        finding.title = format!("{actor} is refused {operation}, which the plan grants");
        Preliminary::Judgement(Judgement::Violated(vec![finding]))
    };
    let (effect, proof) = match after {
        After::Unreachable(reason) => return Preliminary::Again(reason.clone()),
        After::Changed { words, .. } => match answer {
            Answer::Denied(_) | Answer::DeniedIfServed(_) => {
                return refused(&format!("it took effect all the same: {words}"));
            }
            _ => return holds(format!("{} {}, and the owner read: {words}", probe.actor, said(answer))),
        },
        After::Gone { .. } => match answer {
            Answer::Denied(_) | Answer::DeniedIfServed(_) => return refused("the object is gone all the same"),
            _ => {
                let words = "and the object was gone for its owner";
                return holds(format!("{} {}, {words}", probe.actor, said(answer)));
            }
        },
        After::Intact { effect, proof } => (*effect, proof),
    };
    match answer {
        Answer::Served(_) => holds(format!("{proof}; {} {}", probe.actor, said(answer))),
        Answer::Accepted(_) => match control.accepted(effect) {
            Means::NoEffect => Preliminary::Judgement(Judgement::Undecided(
                Undecided::new(
                    gate_model::Cause::NeitherAnswer,
                    format!(
                        "{} {}, which changed nothing, and the owner's own did",
                        probe.actor,
                        said(answer)
                    ),
                )
                .settled_by(control.settle(ctx)),
            )),
            Means::Served | Means::Unknown => holds(format!("{proof}; {} {}", probe.actor, said(answer))),
        },
        Answer::Denied(_) => refused(proof),
        // An operation without an object that is not there for him is hidden from him.
        Answer::DeniedIfServed(_) if status == 404 && effect => refused(proof),
        Answer::DeniedIfServed(_) | Answer::PastGuard(_) | Answer::Neither(_)
            if matches!(status, 400 | 404 | 409 | 415 | 422) =>
        {
            let who = &probe.actor;
            Preliminary::Missing(Missing {
                what: format!("{who} was answered {status}, which may be the fault of the request"),
                add: Some(format!(
                    "{}   # a request that the server takes from {who} too",
                    control.settle(ctx)
                )),
            })
        }
        Answer::PastGuard(reason) | Answer::Neither(reason) => {
            let mut reason = reason.clone();
            reason.evidence.extend(evidence().into_iter().take(1));
            Preliminary::Judgement(Judgement::Undecided(reason))
        }
        Answer::DeniedIfServed(_) => Preliminary::Judgement(Judgement::Undecided(
            Undecided::new(
                gate_model::Cause::ControlFailed,
                format!(
                    "{} {}, and the good credentials were not served either ({proof})",
                    probe.actor,
                    said(answer)
                ),
            )
            .settled_by(control.settle(ctx)),
        )),
    }
}
