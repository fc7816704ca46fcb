//! The bracket: each prober's session alive, the control asked, probes, each session alive, the control asked again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gate_exchange::{Actor, Presented};
use gate_model::{Case, CaseId, IdentityName, Undecided};

use crate::altered::{over_bare, tolerate};
use crate::control::{After, Attempt, Control, Kept};
use crate::judge::{Preliminary, judge};
use crate::looks::{Looks, look_again, made_of, refresh, served_again};
use crate::served::shown_served;
use crate::{Alter, Answer, Ctx, FindingText, Judgement, Refusal, Verdict};

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
    /// How the same request without credentials was answered, where that is known already: a bare request sent again would be
    /// one more suspect.
    pub bare: Option<Result<Answer, Undecided>>,
}

/// An open bracket. Takes probes only through a [`Held`] control; only [`Bracket::close`] makes verdicts.
pub struct Bracket<'t> {
    ctx: &'t Ctx<'t>,
    seen: Mutex<Seen>,
}

/// What came of a bracket so far. Locked for a moment at a time, never while something is sent.
struct Seen {
    looks: Looks,
    judged: Vec<Judged>,
    /// Whose sessions are to be looked at again.
    tried: Vec<Actor>,
    /// When the last attempt was answered.
    last: Option<Instant>,
}

/// A control that was established and still has to be asked again.
pub struct Held<'b, 't, C: Control> {
    bracket: &'b Bracket<'t>,
    control: C,
    pending: Vec<Pending>,
    /// How the bare request was answered, once altered credentials were tried.
    bare: Option<Result<Answer, Undecided>>,
}

/// A control that was asked again; its probes still have to be judged.
pub struct Asked<'b, 't, C: Control> {
    bracket: &'b Bracket<'t>,
    control: C,
    pending: Vec<Pending>,
    bare: Option<Result<Answer, Undecided>>,
    after: After,
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

impl<'t> Bracket<'t> {
    /// Probes that one bracket takes: a control that is asked again much later proves little.
    pub const MAX_PROBES: usize = 16;

    /// Opens a bracket for these actors: each one's session is shown alive, renewed once where it was dead.
    pub async fn open(ctx: &'t Ctx<'t>, actors: &[Actor]) -> Self {
        let seen = Seen {
            looks: Looks::before(ctx, actors).await,
            judged: Vec::new(),
            tried: Vec::new(),
            last: None,
        };
        Self {
            ctx,
            seen: Mutex::new(seen),
        }
    }

    /// Establishes a control; its probes go through what is returned.
    ///
    /// # Errors
    /// Where the control does not succeed: nothing can be proven then.
    pub async fn hold<C: Control>(&self, mut control: C) -> Result<Held<'_, 't, C>, Undecided> {
        control.establish(self.ctx).await?;
        Ok(Held {
            bracket: self,
            control,
            pending: Vec::new(),
            bare: None,
        })
    }

    /// Looks again at the session of everybody who tried, and then lets the time pass that a handler may take which answers
    /// first and writes later. Other groups run meanwhile. Controls that read back do this by themselves; several of them
    /// in one bracket share the wait if it is asked for before the first is asked again.
    pub async fn pause(&self) {
        self.look_again().await;
        let Some(last) = self.seen().last else { return };
        let until = last + self.ctx.spec.settings.limits.grace;
        self.ctx.turns.wait(self.ctx.clock, until).await;
    }

    /// Shows every prober's session alive again, where that is still to be done, and makes the verdicts. A refusal counts
    /// only where the refused credentials were alive before and after it.
    pub async fn close(self) -> Closed {
        let ctx = self.ctx;
        let Seen { mut looks, judged, .. } = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        for judged in &judged {
            if needs_session(judged)
                && let Some(identity) = looks.wanting(&judged.probe.actor)
            {
                let shown = look_again(ctx, &identity).await;
                looks.saw(identity, shown);
            }
        }
        let mut cases: BTreeMap<CaseId, Vec<Judgement>> = BTreeMap::new();
        let (mut again, mut lacking) = (Vec::new(), Vec::new());
        for judged in judged {
            let needs_session = needs_session(&judged);
            let Judged {
                probe,
                generation,
                verdict,
            } = judged;
            let entry = cases.entry(probe.case.id.clone()).or_default();
            match verdict {
                Preliminary::Again(reason) => again.push((probe, reason)),
                Preliminary::Missing(missing) => lacking.push(Verdict::not_testable(&probe.case.id, missing)),
                Preliminary::Judgement(Judgement::Holds(proof)) => match looks.around(&probe.actor, generation) {
                    Ok(words) => match refused_rightly(ctx, &probe).await {
                        Ok(served) => {
                            let remark = probe.remark.map(|remark| format!("; {remark}")).unwrap_or_default();
                            entry.push(Judgement::Holds(format!("{proof}{words}{served}{remark}")));
                        }
                        // Trying again alone would change nothing about him.
                        Err(reason) => entry.push(Judgement::Undecided(reason)),
                    },
                    Err(lost) => again.push((probe, lost)),
                },
                // Somebody without a live session is refused rightly.
                Preliminary::Judgement(other) if needs_session => match looks.around(&probe.actor, generation) {
                    Ok(_) => entry.push(other),
                    Err(lost) => again.push((probe, lost)),
                },
                Preliminary::Judgement(other) => entry.push(other),
            }
        }
        // A case whose other probes are still open gets its verdict from the runner, which merges; a violation stands.
        let judged = cases
            .into_iter()
            .filter(|(_, judgements)| !judgements.is_empty())
            .map(|(case, judgements)| Verdict::over(&case, judgements));
        let verdicts = judged.chain(lacking).collect();
        Closed { verdicts, again }
    }

    async fn look_again(&self) {
        let wanting: Vec<IdentityName> = {
            let seen = self.seen();
            let mut wanting: Vec<IdentityName> = seen
                .tried
                .iter()
                .filter_map(|actor| seen.looks.wanting(actor))
                .collect();
            wanting.sort();
            wanting.dedup();
            wanting
        };
        for identity in wanting {
            let shown = look_again(self.ctx, &identity).await;
            self.seen().looks.saw(identity, shown);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judged(&self, probe: Probe, generation: u64, verdict: Preliminary) {
        self.seen().judged.push(Judged {
            probe,
            generation,
            verdict,
        });
    }

    /// Leaves a probe open that could not even be sent, or was not answered.
    fn left_open(&self, probe: Probe, reason: Undecided) {
        self.judged(probe, 0, Preliminary::Judgement(Judgement::Undecided(reason)));
    }
}

/// Whether a refusal says something about the guard: the credentials are good for what they may do, and the identity is served what
/// is its own.
async fn refused_rightly(ctx: &Ctx<'_>, probe: &Probe) -> Result<&'static str, Undecided> {
    if let (Presented::Altered(altered), Some(alter)) = (&probe.actor.presented, &probe.alter) {
        alter.still_good(ctx, altered).await?;
    }
    refused_somebody(ctx, probe).await
}

/// Whether the refused identity is served anything that is its own: whoever is refused everything shows no guard.
async fn refused_somebody(ctx: &Ctx<'_>, probe: &Probe) -> Result<&'static str, Undecided> {
    if probe.refusal == Refusal::Wrong {
        // What holds of him is that he was served.
        return Ok("");
    }
    let actor = &probe.actor;
    // Of credentials that were made of the owner's, the control has just shown it. Nobody is to be served nothing.
    match (&actor.presented, &actor.identity) {
        (Presented::Session | Presented::Altered(_), Some(identity)) => shown_served(ctx, identity).await,
        (Presented::Nothing | Presented::Private(_), _) | (_, None) => Ok(""),
    }
}

/// Whether a judgement counts only where the prober's session was alive: a refusal, whichever way it is judged.
fn needs_session(judged: &Judged) -> bool {
    match &judged.verdict {
        Preliminary::Judgement(Judgement::Holds(_)) => true,
        Preliminary::Judgement(Judgement::Violated(_)) => judged.probe.refusal == Refusal::Wrong,
        Preliminary::Judgement(Judgement::Undecided(_)) | Preliminary::Again(_) | Preliminary::Missing(_) => false,
    }
}

impl<'b, 't, C: Control> Held<'b, 't, C> {
    /// Lets an actor try. Nothing is judged yet.
    pub async fn probe(&mut self, mut probe: Probe) {
        let ctx = self.bracket.ctx;
        if let Err(undecided) = refresh(ctx, &mut probe).await {
            return self.bracket.left_open(probe, undecided);
        }
        let dead = self.bracket.seen().looks.dead(&probe.actor).cloned();
        if let Some(lost) = dead {
            return self.bracket.left_open(probe, lost);
        }
        if made_of(&probe.actor).is_some() && self.bare.is_none() {
            self.bare = match probe.bare.take() {
                Some(known) => Some(known),
                None => Some(self.bare_answer(&probe).await),
            };
        }
        let attempt = self.control.attempt(ctx, &probe).await;
        {
            let mut seen = self.bracket.seen();
            seen.looks.tries(&probe.actor);
            seen.tried.push(probe.actor.clone());
            // What was not answered may have been carried out all the same.
            seen.last = Some(ctx.clock.now());
        }
        match attempt {
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
            Err(undecided) => self.bracket.left_open(probe, undecided),
        }
    }

    /// How the request without any credentials is answered: what is open to everybody says nothing about altered ones.
    async fn bare_answer(&mut self, probe: &Probe) -> Result<Answer, Undecided> {
        let bare = |pending: &&Pending| pending.probe.actor.presented == Presented::Nothing;
        if let Some(pending) = self.pending.iter().find(bare) {
            return Ok(pending.answer.clone());
        }
        let nobody = Probe {
            actor: Actor::anonymous(),
            alter: None,
            remark: None,
            bare: None,
            ..probe.clone()
        };
        let attempt = self.control.attempt(self.bracket.ctx, &nobody).await?;
        Ok(attempt.answer)
    }

    /// Asks the control again.
    pub async fn ask_again(self) -> Asked<'b, 't, C> {
        let Self {
            bracket,
            mut control,
            pending,
            bare,
        } = self;
        let ctx = bracket.ctx;
        let rested = control.rest(ctx).await;
        if control.reads_back() {
            bracket.pause().await;
        } else if control.ends_session() {
            bracket.look_again().await;
        }
        let answered: Vec<(&Actor, &Answer)> = pending
            .iter()
            .map(|pending| (&pending.probe.actor, &pending.answer))
            .collect();
        let after = match rested {
            Ok(()) => control.reask(ctx, &answered).await,
            Err(reason) => After::Unreachable(reason),
        };
        if let (After::Intact { .. }, Some(asker)) = (&after, control.asked_by())
            && pending
                .iter()
                .any(|pending| made_of(&pending.probe.actor) == Some(asker))
            && let Some(alive) = served_again(ctx, asker).await
        {
            bracket.seen().looks.saw(asker.clone(), Ok(alive));
        }
        Asked {
            bracket,
            control,
            pending,
            bare,
            after,
        }
    }

    /// Asks the control again and judges every probe: for controls that share nothing with others.
    pub async fn reask(self) -> C {
        self.ask_again().await.judge().await
    }
}

impl<C: Control> Asked<'_, '_, C> {
    /// Judges every probe over (before, probe, after), once every control on the same object was asked again.
    pub async fn judge(self) -> C {
        let ctx = self.bracket.ctx;
        let after = self.control.in_the_end().await.unwrap_or(self.after);
        for Pending {
            mut probe,
            answer,
            evidence,
            generation,
        } in self.pending
        {
            let verdict = judge(ctx, &self.control, &probe, &answer, &after, &evidence);
            let verdict = tolerate(&probe, verdict, &after);
            let verdict = over_bare(&probe, verdict, self.bare.as_ref(), &self.control, &after);
            probe.bare = self.bare.clone().filter(|_| probe.alter.is_some());
            self.bracket.judged(probe, generation, verdict);
        }
        self.control
    }
}
