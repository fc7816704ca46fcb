//! Judges one probe over what its control saw before and after it.

mod granted;

use gate_exchange::Presented;
use gate_model::{Cause, Evidence, Missing, Undecided};

use crate::control::{After, Control, Kept, Means, Suspects};
use crate::{Answer, Ctx, Judgement, Probe, Refusal};

/// What a probe came to, the sessions aside.
pub(crate) enum Preliminary {
    /// A judgement; one that holds still needs a live session.
    Judgement(Judgement),
    /// It has to be tried once more, alone.
    Again(Undecided),
    /// The plan lacks an input.
    Missing(Missing),
}

/// Judges a probe.
pub(crate) fn judge<C: Control>(
    ctx: &Ctx<'_>,
    control: &C,
    probe: &Probe,
    answer: &Answer,
    after: &After,
    kept: &[Kept],
) -> Preliminary {
    let evidence = || kept.iter().map(|kept| kept.evidence(ctx)).collect::<Vec<Evidence>>();
    let violated = |what: &str, detail: String, evidence: Vec<Evidence>| {
        let mut all = evidence;
        all.extend(control.evidence().iter().map(|kept| kept.evidence(ctx)));
        let (case, actor) = (&probe.case, &probe.actor);
        let mut finding = probe.text.finding(case, actor, control.owner(), what, detail, all);
        if let (Presented::Altered(altered), Some(alter)) = (&actor.presented, &probe.alter) {
            alter.explain(altered, &mut finding);
        }
        Preliminary::Judgement(Judgement::Violated(vec![finding]))
    };
    let undecided = |reason: Undecided| Preliminary::Judgement(Judgement::Undecided(reason));
    if probe.refusal == Refusal::Wrong {
        return granted::judge(ctx, control, probe, answer, after, kept);
    }
    if let (Presented::Altered(altered), Some(alter)) = (&probe.actor.presented, &probe.alter)
        && let Some(seen) = alter.witnessed(altered)
    {
        return violated("", format!("with {}, {seen}", probe.actor), evidence());
    }
    if let Answer::Served(shown) = answer {
        return violated(
            "",
            format!("expected a refusal; {} was given {shown}", probe.actor),
            evidence(),
        );
    }
    match after {
        After::Changed {
            words,
            by,
            evidence: more,
        } => match by.judge(&probe.actor) {
            Guilt::Proven => {
                let mut evidence = evidence();
                evidence.extend(more.iter().cloned());
                let detail = format!(
                    "{} {}, and then the owner read a changed object: {words}",
                    probe.actor,
                    said(answer)
                );
                violated(although(answer), detail, evidence)
            }
            Guilt::Anothers => {
                Preliminary::Again(Undecided::new(Cause::ControlLost, "another probe changed the object"))
            }
            Guilt::Unknown => Preliminary::Again(Undecided::new(
                Cause::Flaky,
                format!("the object changed between two looks: {words}"),
            )),
        },
        After::Gone { by, evidence: more } => match by.judge(&probe.actor) {
            Guilt::Proven => {
                let mut evidence = evidence();
                evidence.extend(more.iter().cloned());
                let detail = format!(
                    "{} {}, and then the object was gone for its owner",
                    probe.actor,
                    said(answer)
                );
                violated(although(answer), detail, evidence)
            }
            Guilt::Anothers | Guilt::Unknown => {
                Preliminary::Again(Undecided::new(Cause::Flaky, "the object was gone after several probes"))
            }
        },
        After::Unreachable(reason) => Preliminary::Again(reason.clone()),
        After::Intact { effect, proof } => match answer {
            Answer::Denied(said) => {
                Preliminary::Judgement(Judgement::Holds(format!("{proof}; {} was {said}", probe.actor)))
            }
            Answer::DeniedIfServed(said) if *effect => {
                Preliminary::Judgement(Judgement::Holds(format!("{proof}; {} was {said}", probe.actor)))
            }
            Answer::DeniedIfServed(said) => undecided(
                Undecided::new(
                    Cause::ControlFailed,
                    format!(
                        "{} was {said}, and the good credentials were not served either ({proof})",
                        probe.actor
                    ),
                )
                .settled_by(control.settle(ctx)),
            ),
            Answer::PastGuard(reason) if control.past_guard(probe) => violated(
                "",
                format!("expected a refusal; {}, as the good credentials were", reason.detail),
                evidence(),
            ),
            Answer::PastGuard(reason) => undecided(reason.clone()),
            Answer::Accepted(said) => match control.accepted(*effect) {
                Means::NoEffect => Preliminary::Judgement(Judgement::Holds(format!(
                    "{proof}; {} was {said}, which changed nothing",
                    probe.actor
                ))),
                Means::Served => violated(
                    "",
                    format!(
                        "expected a refusal; {} was {said}, as the good credentials were",
                        probe.actor
                    ),
                    evidence(),
                ),
                Means::Unknown => {
                    let mut reason = Undecided::new(
                        Cause::NeitherAnswer,
                        format!(
                            "{} was {said}, and whether that has an effect cannot be seen ({proof})",
                            probe.actor
                        ),
                    )
                    .settled_by(control.settle(ctx));
                    reason.evidence = evidence();
                    undecided(reason)
                }
            },
            Answer::Neither(reason) => {
                let mut reason = reason.clone();
                reason.evidence.extend(evidence().into_iter().take(1));
                undecided(reason)
            }
            Answer::Served(_) => undecided(Undecided::new(Cause::NoVerdict, "a served probe was judged twice")),
        },
    }
}

/// What a title says of an answer that did not mean what it said.
fn although(answer: &Answer) -> &'static str {
    match answer {
        Answer::Denied(_) | Answer::DeniedIfServed(_) => "although it was refused",
        Answer::Neither(_) | Answer::PastGuard(_) => "although it was answered with an error",
        Answer::Served(_) | Answer::Accepted(_) => "",
    }
}

pub(super) fn said(answer: &Answer) -> String {
    match answer {
        Answer::Served(text) => format!("was given {text}"),
        Answer::Accepted(text) | Answer::Denied(text) | Answer::DeniedIfServed(text) => format!("was {text}"),
        Answer::Neither(reason) | Answer::PastGuard(reason) => reason.detail.clone(),
    }
}

/// What is known of a suspect.
enum Guilt {
    Proven,
    Anothers,
    Unknown,
}

impl Suspects {
    fn judge(&self, actor: &gate_exchange::Actor) -> Guilt {
        match self {
            Self::Known(known) if known.contains(actor) => Guilt::Proven,
            Self::Known(_) => Guilt::Anothers,
            Self::Among(1) => Guilt::Proven,
            Self::Among(_) => Guilt::Unknown,
        }
    }
}
