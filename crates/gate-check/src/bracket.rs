//! The bracket: each prober's session alive, the control asked, probes, the control asked again, each session alive.

use std::collections::BTreeMap;
use std::sync::Arc;

use gate_exchange::{Actor, Alive, Presented};
use gate_model::{Case, CaseId, Cause, Evidence, IdentityName, Undecided};

use crate::control::{After, Attempt, Control, Kept, Means};
use crate::{Alter, Answer, Ctx, FindingText, Judgement, NoAltered, Refusal, Verdict};

/// One attempt of one actor at one operation.
#[derive(Clone)]
pub struct Probe {
    /// The case that it decides.
    pub case: Arc<Case>,
    /// Who tries.
    pub actor: Actor,
    /// How a refusal is read.
    pub refusal: Refusal,
    /// The words of a finding.
    pub text: Arc<FindingText>,
    /// Makes the altered credentials anew, where the probe presents such.
    pub alter: Option<Arc<dyn Alter>>,
    /// What is said beside the proof.
    pub remark: Option<String>,
}

/// An open bracket. Takes probes only through a [`Held`] control; only [`Bracket::close`] makes verdicts.
pub struct Bracket<'t> {
    ctx: &'t Ctx<'t>,
    alive: BTreeMap<IdentityName, Result<Alive, Undecided>>,
    judged: Vec<Judged>,
}

/// A control that was established and still has to be asked again.
pub struct Held<'b, 't, C: Control> {
    bracket: &'b mut Bracket<'t>,
    control: C,
    pending: Vec<Pending>,
}

/// What a bracket came to.
pub struct Closed {
    /// Verdicts, one a case.
    pub verdicts: Vec<Verdict>,
    /// Probes that have to be tried once more, alone, before their case has a verdict, with what is known so far.
    pub again: Vec<(Probe, Undecided)>,
}

struct Pending {
    probe: Probe,
    answer: Answer,
    evidence: Vec<Kept>,
    generation: u64,
}

struct Judged {
    probe: Probe,
    generation: u64,
    verdict: Preliminary,
}

enum Preliminary {
    Judgement(Judgement),
    Again(Undecided),
}

impl<'t> Bracket<'t> {
    /// Probes that one bracket takes: a control that is asked again much later proves little.
    pub const MAX_PROBES: usize = 16;

    /// Opens a bracket for these actors: each one's session is shown alive, renewed once where it was dead.
    pub async fn open(ctx: &'t Ctx<'t>, actors: &[Actor]) -> Self {
        let mut alive = BTreeMap::new();
        for identity in actors.iter().filter_map(needs_session) {
            if !alive.contains_key(identity) {
                let shown = match ctx.alive.recent(identity, ctx.clock.now()) {
                    Some(shown) => Ok(shown),
                    None => alive_or_renewed(ctx, identity).await,
                };
                alive.insert(identity.clone(), shown);
            }
        }
        Self {
            ctx,
            alive,
            judged: Vec::new(),
        }
    }

    /// Establishes a control; its probes go through what is returned.
    ///
    /// # Errors
    /// Where the control does not succeed: nothing can be proven then.
    pub async fn hold<C: Control>(&mut self, mut control: C) -> Result<Held<'_, 't, C>, Undecided> {
        control.establish(self.ctx).await?;
        Ok(Held {
            bracket: self,
            control,
            pending: Vec::new(),
        })
    }

    /// Shows every prober's session alive again and makes the verdicts. A refusal counts only where the refused
    /// credentials were alive before and after it.
    pub async fn close(self) -> Closed {
        let mut after: BTreeMap<IdentityName, Result<Alive, Undecided>> = BTreeMap::new();
        for judged in &self.judged {
            if let Some(identity) = needs_session(&judged.probe.actor).or(made_of(&judged.probe.actor))
                && matches!(judged.verdict, Preliminary::Judgement(Judgement::Holds(_)))
                && !after.contains_key(identity)
            {
                let shown = self.ctx.sessions.alive(identity).await;
                match &shown {
                    Ok(alive) => self.ctx.alive.note(identity, *alive, self.ctx.clock.now()),
                    Err(_) => self.ctx.alive.forget(identity),
                }
                after.insert(identity.clone(), shown);
            }
        }
        let mut cases: BTreeMap<CaseId, Vec<Judgement>> = BTreeMap::new();
        let mut again = Vec::new();
        for judged in self.judged {
            let Judged {
                probe,
                generation,
                verdict,
            } = judged;
            let entry = cases.entry(probe.case.id.clone()).or_default();
            match verdict {
                Preliminary::Again(reason) => again.push((probe, reason)),
                Preliminary::Judgement(Judgement::Holds(proof)) => {
                    match liveness(&self.alive, &after, &probe.actor, generation) {
                        Ok(words) => {
                            let remark = probe.remark.as_deref().map(|remark| format!("; {remark}"));
                            entry.push(Judgement::Holds(format!(
                                "{proof}{words}{}",
                                remark.unwrap_or_default()
                            )));
                        }
                        Err(lost) => again.push((probe, lost)),
                    }
                }
                Preliminary::Judgement(other) => entry.push(other),
            }
        }
        // A case whose other probes are still open gets its verdict from the runner, which merges; a violation stands.
        let verdicts = cases
            .into_iter()
            .filter(|(_, judgements)| !judgements.is_empty())
            .map(|(case, judgements)| Verdict::over(&case, judgements))
            .collect();
        Closed { verdicts, again }
    }
}

impl<C: Control> Held<'_, '_, C> {
    /// Lets an actor try. Nothing is judged yet.
    pub async fn probe(&mut self, mut probe: Probe) {
        if let Err(undecided) = refresh(self.bracket.ctx, &mut probe).await {
            let verdict = Preliminary::Judgement(Judgement::Undecided(undecided));
            self.bracket.judged.push(Judged {
                probe,
                generation: 0,
                verdict,
            });
            return;
        }
        if let Some(identity) = needs_session(&probe.actor)
            && let Some(Err(lost)) = self.bracket.alive.get(identity)
        {
            let judgement = Judgement::Undecided(lost.clone());
            self.bracket.judged.push(Judged {
                probe,
                generation: 0,
                verdict: Preliminary::Judgement(judgement),
            });
            return;
        }
        match self.control.attempt(self.bracket.ctx, &probe).await {
            Ok(Attempt {
                answer,
                evidence,
                generation,
            }) => {
                self.pending.push(Pending {
                    probe,
                    answer,
                    evidence,
                    generation,
                });
            }
            Err(undecided) => {
                let verdict = Preliminary::Judgement(Judgement::Undecided(undecided));
                self.bracket.judged.push(Judged {
                    probe,
                    generation: 0,
                    verdict,
                });
            }
        }
    }

    /// Asks the control again and judges every probe over (before, probe, after).
    pub async fn reask(self) -> C {
        let Self {
            bracket,
            mut control,
            pending,
        } = self;
        let answered: Vec<(&Actor, &Answer)> = pending
            .iter()
            .map(|pending| (&pending.probe.actor, &pending.answer))
            .collect();
        let after = control.reask(bracket.ctx, &answered).await;
        // Whoever was served may have changed it just as well as whoever was refused.
        let suspects = pending.len();
        for Pending {
            probe,
            answer,
            evidence,
            generation,
        } in pending
        {
            let verdict = judge(bracket.ctx, &control, &probe, &answer, &after, suspects, &evidence);
            bracket.judged.push(Judged {
                probe,
                generation,
                verdict,
            });
        }
        control
    }
}

fn judge<C: Control>(
    ctx: &Ctx<'_>,
    control: &C,
    probe: &Probe,
    answer: &Answer,
    after: &After,
    suspects: usize,
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
        } => {
            if by.as_ref().is_some_and(|by| *by != probe.actor) {
                return Preliminary::Again(Undecided::new(Cause::ControlLost, "another probe changed the object"));
            }
            if by.is_some() || suspects == 1 {
                let mut evidence = evidence();
                evidence.extend(more.iter().cloned());
                let said = said(answer);
                return violated(
                    although(answer),
                    format!(
                        "{} {said}, and then the owner read a changed object: {words}",
                        probe.actor
                    ),
                    evidence,
                );
            }
            Preliminary::Again(Undecided::new(
                Cause::Flaky,
                format!("the object changed between two looks: {words}"),
            ))
        }
        After::Gone { evidence: more } => {
            if suspects == 1 {
                let mut evidence = evidence();
                evidence.extend(more.iter().cloned());
                let said = said(answer);
                return violated(
                    although(answer),
                    format!("{} {said}, and then the object was gone for its owner", probe.actor),
                    evidence,
                );
            }
            Preliminary::Again(Undecided::new(Cause::Flaky, "the object was gone after several probes"))
        }
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
                .settled_by(control.settle()),
            ),
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
                    .settled_by(control.settle());
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
        Answer::Neither(_) => "although it was answered with an error",
        Answer::Served(_) | Answer::Accepted(_) => "",
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Answer::Served(text) => format!("was given {text}"),
        Answer::Accepted(text) | Answer::Denied(text) | Answer::DeniedIfServed(text) => format!("was {text}"),
        Answer::Neither(reason) => reason.detail.clone(),
    }
}

/// The identity whose live session the actor uses; nobody has none that could be lost.
fn needs_session(actor: &Actor) -> Option<&IdentityName> {
    match actor.presented {
        Presented::Session => actor.identity.as_ref(),
        Presented::Nothing | Presented::Private(_) | Presented::Altered(_) => None,
    }
}

/// The identity whose credentials were altered: the refusal of those means something only while his own still work.
fn made_of(actor: &Actor) -> Option<&IdentityName> {
    match &actor.presented {
        Presented::Altered(altered) => Some(&altered.of),
        Presented::Nothing | Presented::Session | Presented::Private(_) => None,
    }
}

/// Altered credentials are made anew where those that they were made of are no longer in use.
async fn refresh(ctx: &Ctx<'_>, probe: &mut Probe) -> Result<(), Undecided> {
    let (Presented::Altered(altered), Some(alter)) = (&probe.actor.presented, &probe.alter) else {
        return Ok(());
    };
    let live = ctx.sessions.credentials(&Actor::identity(&altered.of)).await?;
    if live.generation == altered.generation {
        return Ok(());
    }
    let lost = |why: String| {
        Undecided::new(
            Cause::SessionLost,
            format!("{} cannot be made again: {why}", altered.what),
        )
    };
    let made = alter.alter(ctx, &live).await.map_err(|why| match why {
        NoAltered::Undecided(reason) => reason,
        NoAltered::Missing(missing) => lost(missing.what),
        NoAltered::DoesNotApply(what) => lost(what),
    })?;
    let same = made
        .altered
        .into_iter()
        .find(|made| made.row == altered.row && made.what == altered.what);
    let same = same.ok_or_else(|| lost("the new session gives no such credentials".to_owned()))?;
    probe.actor.presented = Presented::Altered(Arc::new(same));
    Ok(())
}

async fn alive_or_renewed(ctx: &Ctx<'_>, identity: &IdentityName) -> Result<Alive, Undecided> {
    match ctx.sessions.alive(identity).await {
        Err(lost) if lost.cause == Cause::SessionLost => {
            ctx.sessions.renew(identity).await.map_err(|_| lost)?;
            ctx.sessions.alive(identity).await
        }
        other => other,
    }
}

/// Whether a probe's credentials were alive on both sides of it; the error says which side was not.
fn liveness(
    before: &BTreeMap<IdentityName, Result<Alive, Undecided>>,
    after: &BTreeMap<IdentityName, Result<Alive, Undecided>>,
    actor: &Actor,
    generation: u64,
) -> Result<String, Undecided> {
    if let Some(identity) = made_of(actor) {
        return match after.get(identity) {
            Some(Ok(alive)) if alive.generation == generation => {
                Ok(format!(", while {identity}'s own credentials worked"))
            }
            Some(Err(reason)) => Err(reason.clone()),
            Some(Ok(_)) | None => Err(Undecided::new(
                Cause::SessionLost,
                format!("{identity}'s credentials were renewed while altered ones were tried"),
            )),
        };
    }
    let Some(identity) = needs_session(actor) else {
        return Ok(String::new());
    };
    let lost = |detail: String| Undecided::new(Cause::SessionLost, detail);
    let shown = |side: Option<&Result<Alive, Undecided>>| match side {
        Some(Ok(alive)) => Ok(alive.generation),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err(lost(format!("{identity}'s session was not shown alive"))),
    };
    let (first, last) = (shown(before.get(identity))?, shown(after.get(identity))?);
    if first == generation && last == generation {
        Ok(", with a session that was alive before and after".to_owned())
    } else {
        Err(
            lost(format!("{identity}'s session was renewed between the two looks at it"))
                .settled_by("logins: { NAME: { refresh: … } }   # or test accounts with longer sessions"),
        )
    }
}
