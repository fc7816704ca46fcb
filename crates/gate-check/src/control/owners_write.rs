//! The owner writes: 2xx, and his read-back shows the effect. Before that, strangers try, and he reads his object again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gate_exchange::{Actor, BoxFuture, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object};
use gate_spec::{Call, Effect, Operation};

use super::{After, Attempt, Control, Kept, Means, sealed, send_probe};
use crate::answer::{denied, neither};
use crate::ask::ask_fresh;
use crate::marks::foreign_canary;
use crate::{Answer, Ctx, Probe, Refusal, State, ask};

/// Looks at an object after its owner's own write, for servers that apply writes later.
const EFFECT_LOOKS: usize = 5;
/// Between two such looks.
const EFFECT_PAUSE: Duration = Duration::from_millis(100);
/// The longest wait for telling a field that changes by itself from one that somebody changed.
const MAX_SHAM: Duration = Duration::from_secs(2);

/// The control of a write on one object.
pub struct OwnersWrite<'p> {
    operation: &'p Operation,
    object: Arc<Object>,
    referenced: Vec<Arc<Object>>,
    fixed: Vec<(String, serde_json::Value)>,
    read: &'p Call,
    before: Option<State>,
    began: Option<Instant>,
    minted: Vec<(Actor, Vec<String>)>,
    shown: Vec<Kept>,
    gone: bool,
    tainted: bool,
}

impl<'p> OwnersWrite<'p> {
    /// A write on an object that nobody else uses; `read` shows its state.
    pub fn new(operation: &'p Operation, object: Arc<Object>, read: &'p Call) -> Self {
        Self {
            operation,
            object,
            referenced: Vec::new(),
            fixed: Vec::new(),
            read,
            before: None,
            began: None,
            minted: Vec::new(),
            shown: Vec::new(),
            gone: false,
            tainted: false,
        }
    }

    /// Whether the object is no longer fit for another control: gone, or somebody else changed it.
    pub fn used_up(&self) -> bool {
        self.gone || self.tainted
    }

    /// The object, for the next control on it.
    pub fn object(&self) -> &Arc<Object> {
        &self.object
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

    async fn look(&self, ctx: &Ctx<'_>) -> Result<Exchange, Undecided> {
        self.look_at(ctx, &self.object).await
    }

    async fn look_at(&self, ctx: &Ctx<'_>, object: &Arc<Object>) -> Result<Exchange, Undecided> {
        let bindings = Bindings {
            objects: vec![Arc::clone(object)],
            params: self.read.params.clone(),
            fixed: Vec::new(),
        };
        let owner = &object.owner;
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, Some(owner), &bindings);
        let request = Request::fill(&self.read.request, &lookup)
            .map_err(|error| Undecided::new(Cause::ReadBack, error.to_string()))?;
        let mut outgoing = Outgoing::new(&Actor::identity(owner), Purpose::ReadBack, request).about(Some(object.key));
        outgoing.operation = self.read.operation.clone();
        ask_fresh(ctx, outgoing).await
    }

    /// Whether an answer to the owner says that the object is gone. Some servers answer 403 for what does not exist: it is
    /// gone then, if the owner's session is alive and another object of the kind is still served to him.
    async fn is_gone(&self, ctx: &Ctx<'_>, exchange: &Exchange) -> bool {
        match exchange.status {
            404 | 410 => true,
            403 => match ctx.objects.leased(&self.object.resource).await {
                Ok(other) if other.key != self.object.key && other.owner == self.object.owner => self
                    .look_at(ctx, &other)
                    .await
                    .is_ok_and(|exchange| exchange.is_success()),
                _ => false,
            },
            _ => false,
        }
    }

    async fn attempt_under(
        &mut self,
        ctx: &Ctx<'_>,
        probe: &Probe,
        parent: Option<Arc<Object>>,
    ) -> Result<Attempt, Undecided> {
        let (outgoing, minted) = self.request(ctx, &probe.actor, parent)?;
        self.minted.push((probe.actor.clone(), minted));
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
        parent: Option<Arc<Object>>,
    ) -> Result<(Outgoing, Vec<String>), Undecided> {
        let mut objects: Vec<Arc<Object>> = parent.into_iter().chain([Arc::clone(&self.object)]).collect();
        objects.extend(self.referenced.iter().cloned());
        let bindings = Bindings {
            objects,
            params: self.operation.params.clone(),
            fixed: self.fixed.clone(),
        };
        let lookup = CallerLookup::new(ctx.spec, ctx.canaries, actor.identity.as_ref(), &bindings);
        let request = Request::fill(&self.operation.request, &lookup).map_err(|error| {
            Undecided::new(Cause::ObjectMissing, error.to_string()).settled_by(format!(
                "operations: {{ \"{}\": {{ json: {{ … }} }} }}",
                self.operation.id
            ))
        })?;
        let minted = lookup.into_minted().into_iter().map(|canary| canary.secret).collect();
        let purpose = if actor.identity.as_ref() == Some(&self.object.owner) {
            Purpose::Control
        } else {
            Purpose::Probe
        };
        Ok((
            Outgoing::new(actor, purpose, request)
                .of(&self.operation.id)
                .about(Some(self.object.key)),
            minted,
        ))
    }

    async fn compare(&mut self, ctx: &Ctx<'_>) -> Result<After, Undecided> {
        let exchange = self.look(ctx).await?;
        let evidence = || vec![ctx.target.evidence("owner reads back", &exchange, None)];
        if self.is_gone(ctx, &exchange).await {
            return Ok(After::Gone { evidence: evidence() });
        }
        if !exchange.is_success() || exchange.body.is_empty() {
            return Err(read_back(&self.object.owner, &exchange));
        }
        let now = State::of(&exchange);
        let before = self
            .before
            .clone()
            .ok_or_else(|| Undecided::new(Cause::NoVerdict, "no state was read before"))?;
        let Some(change) = before.change(&now, &[]) else {
            return Ok(After::Intact {
                effect: false,
                proof: String::new(),
            });
        };
        let by = self
            .minted
            .iter()
            .find(|(_, marks)| marks.iter().any(|mark| now.holds(mark)))
            .map(|(actor, _)| actor.clone());
        if by.is_some() {
            return Ok(After::Changed {
                words: change.words(),
                by,
                evidence: evidence(),
            });
        }
        // A field that changes by itself (last seen, a counter of reads) changes again when nobody tries anything.
        let waited = self
            .began
            .map_or(Duration::ZERO, |began| ctx.clock.now().saturating_duration_since(began));
        ctx.clock.sleep(waited.min(MAX_SHAM)).await;
        let sham = self.look(ctx).await?;
        if !sham.is_success() {
            return Err(read_back(&self.object.owner, &sham));
        }
        let later = State::of(&sham);
        let volatile = now.change(&later, &[]).map(|change| change.names()).unwrap_or_default();
        Ok(match before.change(&now, &volatile) {
            Some(change) => After::Changed {
                words: change.words(),
                by: None,
                evidence: evidence(),
            },
            None => {
                self.before = Some(later);
                After::Intact {
                    effect: false,
                    proof: String::new(),
                }
            }
        })
    }

    /// The owner does what the strangers tried: only then does their failure mean anything.
    async fn owners_own(&mut self, ctx: &Ctx<'_>) -> Result<(bool, String), Undecided> {
        let owner = self.object.owner.clone();
        let (outgoing, minted) = self.request(ctx, &Actor::identity(&owner), None)?;
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
                "operations: {{ \"{}\": {{ json: {{ … }} }} }}   # a body that the server accepts, or skip: REASON",
                self.operation.id
            ))
            .shown_by(ctx.target.evidence("control", &exchange, None)));
        }
        let status = exchange.status;
        let removes = self.operation.effect == Effect::Delete;
        for look in 0..EFFECT_LOOKS {
            if look > 0 {
                ctx.clock.sleep(EFFECT_PAUSE).await;
            }
            let now = self.look(ctx).await?;
            if self.is_gone(ctx, &now).await {
                self.gone = true;
                ctx.objects.gone(&self.object);
                return Ok((
                    removes,
                    format!("{owner}'s own request was answered {status} and removed the object"),
                ));
            }
            if now.is_success() {
                let state = State::of(&now);
                let shown = minted.iter().any(|mark| state.holds(mark));
                let changed = self.before.as_ref().and_then(|before| before.change(&state, &[]));
                if shown || changed.is_some() {
                    return Ok((
                        true,
                        format!("{owner}'s own request was answered {status} and the read-back shows its effect"),
                    ));
                }
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
            return Err(Undecided::new(Cause::ControlFailed, detail).settled_by(self.settle()));
        }
        Ok((false, format!("{owner}'s own request was answered {status}")))
    }
}

fn read_back(owner: &IdentityName, exchange: &Exchange) -> Undecided {
    let cause = if exchange.status == 429 {
        Cause::Throttled
    } else {
        Cause::ReadBack
    };
    let how = if exchange.is_success() { "an empty " } else { "" };
    Undecided::new(
        cause,
        format!(
            "{owner} could not read the object back: answered {how}{}",
            exchange.status
        ),
    )
}

impl sealed::Sealed for OwnersWrite<'_> {}

impl Control for OwnersWrite<'_> {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            self.began = Some(ctx.clock.now());
            let exchange = self.look(ctx).await?;
            let refused = denied(&ctx.spec.settings.denial, Refusal::Ordinary, &exchange).is_some();
            if !exchange.is_success() || refused || exchange.body.is_empty() {
                return Err(read_back(&self.object.owner, &exchange)
                    .settled_by(format!("resources: {{ {}: {{ read: GET /… }} }}", self.object.resource))
                    .shown_by(ctx.target.evidence("owner reads", &exchange, None)));
            }
            for (canary, _) in ctx.canaries.find(&exchange.body) {
                if canary.owner == self.object.owner {
                    ctx.canaries.owner_saw(&canary.secret);
                }
            }
            self.before = Some(State::of(&exchange));
            self.shown = vec![Kept::new("owner reads before", &exchange, None)];
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let mut attempt = self.attempt_under(ctx, probe, None).await?;
            if let (Answer::Denied(_), Some(identity)) = (&attempt.answer, &probe.actor.identity) {
                for parent in crate::run::own_parents(ctx, self.operation, &self.object, identity).await {
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

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, _answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            match self.compare(ctx).await {
                Err(reason) => After::Unreachable(reason),
                Ok(After::Intact { .. }) => match self.owners_own(ctx).await {
                    Ok((effect, proof)) => After::Intact {
                        effect,
                        proof: format!("the object is unchanged for its owner; {proof}"),
                    },
                    // The owner could not do it either: perhaps because what was tried took effect in the meantime.
                    Err(reason) => match self.compare(ctx).await {
                        Ok(late @ (After::Changed { .. } | After::Gone { .. })) => {
                            self.tainted = true;
                            late
                        }
                        _ => After::Unreachable(reason),
                    },
                },
                Ok(other) => {
                    self.tainted = true;
                    if matches!(other, After::Gone { .. }) {
                        self.gone = true;
                        ctx.objects.gone(&self.object);
                    }
                    other
                }
            }
        })
    }

    fn accepted(&self, effect: bool) -> Means {
        if effect { Means::NoEffect } else { Means::Unknown }
    }

    fn owner(&self) -> Option<&IdentityName> {
        Some(&self.object.owner)
    }

    fn evidence(&self) -> &[Kept] {
        &self.shown
    }

    fn settle(&self) -> String {
        format!(
            "operations: {{ \"{id}\": {{ json: {{ … }} }} }}   # a body whose effect GET shows",
            id = self.operation.id
        )
    }
}
