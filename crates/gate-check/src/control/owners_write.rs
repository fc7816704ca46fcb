//! The owner writes: 2xx, and his read-back shows the effect. Before that, strangers try, and he reads his object again.

use std::sync::Arc;
use std::time::Duration;

use gate_exchange::{Actor, BoxFuture, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Effect, Operation};

use super::{After, Attempt, Control, Kept, Means, sealed, send_probe};
use crate::aimed::Look;
use crate::answer::{denied, neither};
use crate::marks::foreign_canary;
use crate::{Aimed, Answer, Ctx, Probe, Refusal, ask};

/// Looks at an object after its owner's own write, for servers that apply writes later.
const EFFECT_LOOKS: usize = 5;
/// Between two such looks.
const EFFECT_PAUSE: Duration = Duration::from_millis(100);

/// The control of a write on one object. Several of them may share the object, each a step of its own.
pub struct OwnersWrite<'p> {
    operation: &'p Operation,
    aimed: Arc<Aimed<'p>>,
    step: usize,
    referenced: Vec<Arc<Object>>,
    fixed: Vec<(String, serde_json::Value)>,
    shown: Vec<Kept>,
}

impl<'p> OwnersWrite<'p> {
    /// A write on an object; `step` tells the controls on one object apart.
    pub fn new(operation: &'p Operation, aimed: &Arc<Aimed<'p>>, step: usize) -> Self {
        Self {
            operation,
            aimed: Arc::clone(aimed),
            step,
            referenced: Vec::new(),
            fixed: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Gives placeholders of the request a fixed value.
    pub fn with_fixed(mut self, fixed: Vec<(String, serde_json::Value)>) -> Self {
        self.fixed = fixed;
        self
    }

    /// Names objects of other kinds that the request refers to.
    pub fn with_referenced(mut self, referenced: Vec<Arc<Object>>) -> Self {
        self.referenced = referenced;
        self
    }

    fn object(&self) -> &Arc<Object> {
        self.aimed.object()
    }

    async fn attempt_under(
        &mut self,
        ctx: &Ctx<'_>,
        probe: &Probe,
        parent: Option<Arc<Object>>,
    ) -> Result<Attempt, Undecided> {
        let (outgoing, minted) = self.request(ctx, &probe.actor, self.object(), parent)?;
        self.aimed.aim(self.step, &probe.actor, minted).await;
        let (exchange, generation) = send_probe(ctx, outgoing).await?;
        let mut span = None;
        let answer = if let Some(shown) = foreign_canary(ctx, &probe.actor, &exchange) {
            span = Some(shown.span);
            Answer::Served(shown.what)
        } else if let Some(said) = denied(&ctx.spec.settings.denial, probe.refusal, &exchange) {
            Answer::Denied(said)
        } else if exchange.is_success() {
            Answer::Accepted(format!("answered {}", exchange.status))
        } else {
            Answer::Neither(neither(&probe.actor.to_string(), "", &exchange))
        };
        // Kept for a denial too: the object may turn out to be changed all the same.
        let evidence = vec![Kept::new("probe", &exchange, span.as_deref())];
        Ok(Attempt {
            answer,
            evidence,
            generation,
        })
    }

    /// The operation's request as somebody would send it, and the marks that are his own in it; under another parent
    /// than the object's own, where one is given.
    fn request(
        &self,
        ctx: &Ctx<'_>,
        actor: &Actor,
        object: &Arc<Object>,
        parent: Option<Arc<Object>>,
    ) -> Result<(Outgoing, Vec<String>), Undecided> {
        let mut objects: Vec<Arc<Object>> = parent.into_iter().chain([Arc::clone(object)]).collect();
        objects.extend(self.referenced.iter().cloned());
        let bindings = Bindings {
            objects,
            params: self.operation.params.clone(),
            fixed: self.fixed.clone(),
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, actor.identity.as_ref(), &bindings);
        let request = Request::fill(&self.operation.request, &lookup).map_err(|error| {
            Undecided::new(Cause::ObjectMissing, error.to_string())
                .settled_by(ctx.spec.stub_request(&self.operation.id))
        })?;
        let minted = lookup.into_minted().into_iter().map(|canary| canary.secret).collect();
        let purpose = if actor.identity.as_ref() == Some(&object.owner) {
            Purpose::Control
        } else {
            Purpose::Probe
        };
        Ok((
            Outgoing::new(actor, purpose, request)
                .of(&self.operation.id)
                .about(Some(object.key)),
            minted,
        ))
    }

    /// The owner does what the strangers tried: only then does their failure mean anything.
    async fn owners_own(&self, ctx: &Ctx<'_>) -> Result<Own, Undecided> {
        let owner = self.object().owner.clone();
        let object = self.aimed.owners(ctx).await?;
        let (outgoing, _) = self.request(ctx, &Actor::identity(&owner), &object, None)?;
        let exchange = ask(ctx, outgoing).await?;
        if !exchange.is_success() {
            let cause = if exchange.status == 429 {
                Cause::Throttled
            } else {
                Cause::ControlFailed
            };
            return Err(Undecided::new(
                cause,
                format!("{owner}'s own {} was answered {}", self.operation.id, exchange.status),
            )
            .settled_by(format!(
                "{}   # what the server accepts, or skip",
                ctx.spec.stub_request(&self.operation.id)
            ))
            .shown_by(ctx.target.evidence("control", &exchange, None)));
        }
        let status = exchange.status;
        let removes = self.operation.effect == Effect::Delete;
        for look in 0..EFFECT_LOOKS {
            if look > 0 {
                ctx.clock.sleep(EFFECT_PAUSE).await;
            }
            let look = match self.aimed.look_on(ctx, self.step).await {
                Ok(look) => look,
                Err(reason) => return Ok(Own::Unseen(reason)),
            };
            match look {
                Look::Strange(after) => return Ok(Own::Disturbed(after)),
                Look::Gone => {
                    return Ok(Own::Did {
                        effect: removes,
                        words: format!("{owner}'s own request was answered {status} and removed the object"),
                    });
                }
                Look::There(true) => {
                    return Ok(Own::Did {
                        effect: true,
                        words: format!(
                            "{owner}'s own request was answered {status} and the read-back shows its effect"
                        ),
                    });
                }
                Look::There(false) => {}
            }
            if !removes {
                break;
            }
        }
        if removes {
            let detail = format!(
                "{owner}'s own {} was answered {status} and the object is still there",
                self.operation.id
            );
            return Err(Undecided::new(Cause::ControlFailed, detail).settled_by(self.settle(ctx)));
        }
        Ok(Own::Did {
            effect: false,
            words: format!("{owner}'s own request was answered {status}"),
        })
    }
}

/// What came of the owner's own request.
enum Own {
    /// It was served.
    Did {
        /// Whether it is shown to have an effect.
        effect: bool,
        /// In words.
        words: String,
    },
    /// It was served, and what it did could not be looked at: what is gone now its owner may have removed.
    Unseen(Undecided),
    /// What a stranger tried came in between.
    Disturbed(After),
}

impl sealed::Sealed for OwnersWrite<'_> {}

impl Control for OwnersWrite<'_> {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            self.shown = vec![self.aimed.read_before(ctx).await?];
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let mut attempt = self.attempt_under(ctx, probe, None).await?;
            if let (Answer::Denied(_), Some(identity)) = (&attempt.answer, &probe.actor.identity)
                && probe.refusal != Refusal::Wrong
            {
                for parent in crate::run::own_parents(ctx, self.operation, self.object(), identity).await {
                    let detour = self.attempt_under(ctx, probe, Some(parent)).await?;
                    // The direct way was refused. What a detour did to the object is seen by reading it back.
                    attempt.evidence.extend(detour.evidence);
                    if matches!(detour.answer, Answer::Served(_)) {
                        attempt.answer = detour.answer;
                        break;
                    }
                }
            }
            Ok(attempt)
        })
    }

    fn reads_back(&self) -> bool {
        true
    }

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, _answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            match self.aimed.after(ctx, self.step).await {
                After::Intact { .. } => match self.owners_own(ctx).await {
                    Ok(Own::Did { effect, words }) => After::Intact {
                        effect,
                        proof: format!("the object is unchanged for its owner; {words}"),
                    },
                    Ok(Own::Disturbed(after)) => after,
                    Ok(Own::Unseen(reason)) => After::Unreachable(reason),
                    // The owner could not do it either: perhaps because what was tried took effect in the meantime.
                    Err(reason) => match self.aimed.after_all(ctx, self.step).await {
                        Some(late) => late,
                        None => After::Unreachable(reason),
                    },
                },
                other => other,
            }
        })
    }

    fn in_the_end(&self) -> BoxFuture<'_, Option<After>> {
        Box::pin(self.aimed.in_the_end(self.step))
    }

    fn accepted(&self, effect: bool) -> Means {
        if effect { Means::NoEffect } else { Means::Unknown }
    }

    fn owner(&self) -> Option<&IdentityName> {
        Some(&self.object().owner)
    }

    fn evidence(&self) -> &[Kept] {
        &self.shown
    }

    fn settle(&self, ctx: &Ctx<'_>) -> String {
        format!(
            "{}   # what has an effect that its owner can read back, or skip",
            ctx.spec.stub_request(&self.operation.id)
        )
    }
}
