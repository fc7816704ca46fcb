//! An object that strangers aim their writes at, by one operation or several.
//!
//! Its owner reads it before the first attempt and, once the time has passed that a handler may take which answers first and
//! writes later, after the last. Nobody but strangers writes to it in between, so that what they did cannot be covered up.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gate_exchange::{Actor, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, Evidence, IdentityName, Undecided};
use gate_objects::{Bindings, CallerLookup, Object, Origin};
use gate_spec::{Call, Resource};
use tokio::sync::Mutex;

use crate::answer::denied;
use crate::ask::ask_fresh;
use crate::control::{After, Kept, Suspects};
use crate::listed::{items_by, own_key};
use crate::walk::item_count;
use crate::{Ctx, Refusal, State, StateChange};

/// The longest wait for telling what changes by itself from what somebody changed.
const MAX_SHAM: Duration = Duration::from_secs(4);

/// The object, and what its owner saw of it.
pub struct Aimed<'p> {
    object: Arc<Object>,
    read: &'p Call,
    /// Whether `read` lists objects, this one among them.
    lists: bool,
    /// The key under which the list says which item is which, once the first look has shown one.
    key: OnceLock<String>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    before: Option<Result<Kept, Undecided>>,
    state: Option<State>,
    began: Option<Instant>,
    attempts: Vec<Try>,
    outcome: Option<Outcome>,
    /// Fields that change by themselves.
    volatile: Vec<String>,
    /// What the owner writes to, where he removed the object himself: another one.
    instead: Option<Arc<Object>>,
    gone: bool,
    /// Items beside which a list showed the object, where lists are all that shows it.
    listed: Option<usize>,
}

/// One attempt at the object.
struct Try {
    /// Which of the controls on the object it went through.
    step: usize,
    actor: Actor,
    /// The values that he minted for it.
    marks: Vec<String>,
}

#[derive(Clone)]
enum Outcome {
    Intact,
    Changed {
        words: String,
        /// The attempts whose marks are in it.
        by: Vec<usize>,
        evidence: Vec<Evidence>,
    },
    Gone {
        evidence: Vec<Evidence>,
    },
    Unreachable(Undecided),
}

impl<'p> Aimed<'p> {
    /// An object of a kind that nobody else uses; none where nothing shows its state: neither a read nor a list.
    pub fn new(object: Arc<Object>, kind: &'p Resource) -> Option<Arc<Self>> {
        let read = kind.read.as_ref().or(kind.list())?;
        Some(Arc::new(Self {
            object,
            read,
            lists: kind.read.is_none(),
            key: OnceLock::new(),
            seen: Mutex::default(),
        }))
    }

    /// The object.
    pub fn object(&self) -> &Arc<Object> {
        &self.object
    }

    /// The owner reads it, before the first attempt; once for all controls on it.
    pub(crate) async fn read_before(&self, ctx: &Ctx<'_>) -> Result<Kept, Undecided> {
        let mut seen = self.seen.lock().await;
        if let Some(before) = &seen.before {
            return before.clone();
        }
        seen.began = Some(ctx.clock.now());
        let before = self.first_look(ctx).await;
        let before = before.map(|exchange| {
            self.learn_key(&exchange);
            seen.state = Some(self.state(&self.object, &exchange));
            seen.listed = self.listed(&self.object, &exchange).ok();
            Kept::new("owner reads before", &exchange, None)
        });
        seen.before = Some(before.clone());
        before
    }

    async fn first_look(&self, ctx: &Ctx<'_>) -> Result<Exchange, Undecided> {
        let exchange = self.look(ctx).await?;
        let refused = denied(&ctx.spec.settings.denial, Refusal::Ordinary, &exchange).is_some();
        if !exchange.is_success() || refused || exchange.body.is_empty() {
            return Err(unread(&self.object.owner, &exchange)
                .settled_by(ctx.spec.stub_read(&self.object.resource))
                .shown_by(ctx.target.evidence("owner reads", &exchange, None)));
        }
        for (canary, _) in ctx.canaries.find(&exchange.body) {
            if canary.owner == self.object.owner {
                ctx.canaries.owner_saw(&canary.secret);
            }
        }
        Ok(exchange)
    }

    /// Remembers an attempt before it is sent.
    pub(crate) async fn aim(&self, step: usize, actor: &Actor, marks: Vec<String>) {
        let mut seen = self.seen.lock().await;
        match seen
            .attempts
            .iter_mut()
            .find(|known| known.step == step && known.actor == *actor)
        {
            // Another way to the same object is the same attempt.
            Some(known) => known.marks.extend(marks),
            None => seen.attempts.push(Try {
                step,
                actor: actor.clone(),
                marks,
            }),
        }
    }

    /// What became of the object, as the control of one step has to see it. Read once for all steps.
    pub(crate) async fn after(&self, ctx: &Ctx<'_>, step: usize) -> After {
        let mut seen = self.seen.lock().await;
        let outcome = match seen.outcome.clone() {
            Some(outcome) => outcome,
            None => {
                let outcome = self.compare(ctx, &mut seen).await.unwrap_or_else(Outcome::Unreachable);
                self.settle(ctx, &mut seen, &outcome);
                outcome
            }
        };
        seen.told(outcome, step)
    }

    /// What is known by now, after every step: what a stranger tried may have shown itself after a step was done with.
    pub(crate) async fn in_the_end(&self, step: usize) -> Option<After> {
        let seen = self.seen.lock().await;
        let outcome = seen.outcome.clone()?;
        match outcome {
            Outcome::Changed { .. } | Outcome::Gone { .. } => Some(seen.told(outcome, step)),
            Outcome::Intact | Outcome::Unreachable(_) => None,
        }
    }

    /// The object that the owner writes to himself: this one, or another where he has removed it.
    pub(crate) async fn owners(&self, ctx: &Ctx<'_>) -> Result<Arc<Object>, Undecided> {
        let mut seen = self.seen.lock().await;
        if !seen.gone {
            return Ok(Arc::clone(seen.instead.as_ref().unwrap_or(&self.object)));
        }
        let other = ctx.objects.disposable(&self.object.resource).await?;
        let shown = self.look_at(ctx, &other).await?;
        seen.state = Some(self.state(&other, &shown));
        seen.listed = self.listed(&other, &shown).ok();
        seen.instead = Some(Arc::clone(&other));
        seen.gone = false;
        Ok(other)
    }

    /// Looks at the object after its owner wrote to it himself. A stranger's value that is in it now came late.
    pub(crate) async fn look_on(&self, ctx: &Ctx<'_>, step: usize) -> Result<Look, Undecided> {
        let mut seen = self.seen.lock().await;
        let object = Arc::clone(seen.instead.as_ref().unwrap_or(&self.object));
        let exchange = self.look_at(ctx, &object).await?;
        if self.is_gone(ctx, &exchange).await || self.has_left(ctx, &seen, &object, &exchange).await? {
            seen.gone = true;
            ctx.objects.gone(&object);
            return Ok(Look::Gone);
        }
        let by = seen.marked(ctx, &exchange);
        if !by.is_empty() {
            let outcome = Outcome::Changed {
                words: "a stranger's value came into it late".to_owned(),
                by,
                evidence: vec![ctx.target.evidence("owner reads back", &exchange, None)],
            };
            seen.outcome = Some(outcome.clone());
            return Ok(Look::Strange(seen.told(outcome, step)));
        }
        let mut changed = false;
        if exchange.is_success() {
            let now = self.state(&object, &exchange);
            changed = seen
                .state
                .as_ref()
                .is_some_and(|state| state.change(&now, &seen.volatile).is_some());
            seen.state = Some(now);
        }
        Ok(Look::There(changed))
    }

    /// What became of the object while its owner tried something himself that did not succeed: perhaps because of what
    /// was tried before.
    pub(crate) async fn after_all(&self, ctx: &Ctx<'_>, step: usize) -> Option<After> {
        let mut seen = self.seen.lock().await;
        if seen.gone || seen.instead.is_some() {
            return None;
        }
        match self.compare(ctx, &mut seen).await {
            Ok(outcome @ (Outcome::Changed { .. } | Outcome::Gone { .. })) => {
                self.settle(ctx, &mut seen, &outcome);
                Some(seen.told(outcome, step))
            }
            _ => None,
        }
    }

    fn settle(&self, ctx: &Ctx<'_>, seen: &mut Seen, outcome: &Outcome) {
        if matches!(outcome, Outcome::Gone { .. }) && !seen.gone {
            seen.gone = true;
            ctx.objects.gone(&self.object);
        }
        seen.outcome = Some(outcome.clone());
    }

    async fn compare(&self, ctx: &Ctx<'_>, seen: &mut Seen) -> Result<Outcome, Undecided> {
        let exchange = self.look(ctx).await?;
        let evidence = || vec![ctx.target.evidence("owner reads back", &exchange, None)];
        if self.is_gone(ctx, &exchange).await || self.has_left(ctx, seen, &self.object, &exchange).await? {
            return Ok(Outcome::Gone { evidence: evidence() });
        }
        if !exchange.is_success() || exchange.body.is_empty() {
            return Err(unread(&self.object.owner, &exchange));
        }
        let now = self.state(&self.object, &exchange);
        let before = seen
            .state
            .clone()
            .ok_or_else(|| Undecided::new(Cause::NoVerdict, "no state was read before"))?;
        let Some(change) = before.change(&now, &seen.volatile) else {
            return Ok(Outcome::Intact);
        };
        let by = seen.marked(ctx, &exchange);
        if !by.is_empty() {
            return Ok(Outcome::Changed {
                words: change.words(),
                by,
                evidence: evidence(),
            });
        }
        let waited = seen
            .began
            .map_or(Duration::ZERO, |began| ctx.clock.now().saturating_duration_since(began));
        let left = self.not_by_itself(ctx, seen, &now, waited).await?;
        Ok(match left {
            Some(change) => Outcome::Changed {
                words: change.words(),
                by,
                evidence: evidence(),
            },
            None => {
                seen.state = Some(now);
                Outcome::Intact
            }
        })
    }

    /// What of a change somebody must have made: a field that changes by itself (last seen, a counter of reads) changes again
    /// when nobody tries anything, and what a new object goes through by itself, another one goes through too.
    async fn not_by_itself(
        &self,
        ctx: &Ctx<'_>,
        seen: &mut Seen,
        now: &State,
        waited: Duration,
    ) -> Result<Option<StateChange>, Undecided> {
        if self.sham(ctx, seen, now).await?.is_none() {
            return Ok(None);
        }
        let twin = match self.object.origin {
            Origin::Created => ctx.objects.make(&self.object.resource).await.ok(),
            Origin::Found => None,
        };
        let first = match &twin {
            Some(twin) => Some(self.state(twin, &self.served(ctx, twin).await?)),
            None => None,
        };
        let until = ctx.clock.now() + waited.min(MAX_SHAM);
        ctx.turns.wait(ctx.clock, until).await;
        let change = self.sham(ctx, seen, now).await?;
        let (Some(change), Some(twin), Some(first)) = (&change, twin, first) else {
            return Ok(change);
        };
        let second = self.state(&twin, &self.served(ctx, &twin).await?);
        ctx.objects.spare(twin);
        Ok(match first.change(&second, &[]) {
            Some(twins) => change.beyond(&twins),
            None => Some(change.clone()),
        })
    }

    /// Looks once more, and passes over what is different from the look before.
    async fn sham(&self, ctx: &Ctx<'_>, seen: &mut Seen, now: &State) -> Result<Option<StateChange>, Undecided> {
        let again = self.state(&self.object, &self.served(ctx, &self.object).await?);
        if let Some(change) = now.change(&again, &seen.volatile) {
            seen.volatile.extend(change.names());
        }
        let before = seen.state.as_ref();
        Ok(before.and_then(|before| before.change(now, &seen.volatile)))
    }

    async fn served(&self, ctx: &Ctx<'_>, object: &Arc<Object>) -> Result<Exchange, Undecided> {
        let exchange = self.look_at(ctx, object).await?;
        if exchange.is_success() {
            Ok(exchange)
        } else {
            Err(unread(&self.object.owner, &exchange))
        }
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

    /// The state of an object in an answer: of its item where that is a list, which holds what others make meanwhile, too.
    fn state(&self, object: &Object, exchange: &Exchange) -> State {
        match (self.key.get(), exchange.json()) {
            (Some(key), Some(json)) => match items_by(&json, key, &object.id, 0).as_slice() {
                [item] => State::of_value(item),
                _ => State::of(exchange),
            },
            _ => State::of(exchange),
        }
    }

    /// Where lists are all that shows the object, finds out how they name it.
    fn learn_key(&self, exchange: &Exchange) {
        let json = exchange.json().filter(|_| self.lists);
        if let Some(key) = json.and_then(|json| own_key(&json, &self.object.id, self.object.resource.as_str())) {
            // A second look finds the same.
            let _ = self.key.set(key);
        }
    }

    /// How many items a list has that shows an object; the error is the number where it does not.
    fn listed(&self, object: &Object, exchange: &Exchange) -> Result<usize, usize> {
        let (Some(key), Some(json)) = (self.key.get(), exchange.json()) else {
            return Err(0);
        };
        let items = item_count(&json).unwrap_or(0);
        if items_by(&json, key, &object.id, 0).is_empty() {
            Err(items)
        } else {
            Ok(items)
        }
    }

    /// Whether a list that showed the object no longer does.
    ///
    /// # Errors
    /// Where as many others stand there, however often one looks: newer ones may have moved it to another page.
    async fn has_left(
        &self,
        ctx: &Ctx<'_>,
        seen: &Seen,
        object: &Arc<Object>,
        exchange: &Exchange,
    ) -> Result<bool, Undecided> {
        let Some(before) = seen.listed.filter(|_| exchange.is_success()) else {
            return Ok(false);
        };
        let mut now = self.listed(object, exchange);
        if now == Err(before) {
            now = self.listed(object, &self.served(ctx, object).await?);
        }
        match now {
            Ok(_) => Ok(false),
            Err(now) if now == before && now > 1 => Err(Undecided::new(
                Cause::Flaky,
                format!(
                    "the list of {} shows others in the place of the object",
                    self.object.resource
                ),
            )),
            Err(_) => Ok(true),
        }
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
}

/// A look at an object after its owner wrote to it himself.
pub(crate) enum Look {
    /// It is there; whether its state is another than the last that was seen.
    There(bool),
    /// It is not there.
    Gone,
    /// What a stranger tried before shows only now.
    Strange(After),
}

impl Seen {
    /// The attempts whose marks an answer holds.
    fn marked(&self, ctx: &Ctx<'_>, exchange: &Exchange) -> Vec<usize> {
        let found = ctx.canaries.find(&exchange.body);
        let holds = |mark: &String| found.iter().any(|(canary, _)| canary.secret == *mark);
        let attempts = self.attempts.iter().enumerate();
        attempts
            .filter(|(_, attempt)| attempt.marks.iter().any(holds))
            .map(|(index, _)| index)
            .collect()
    }

    /// The outcome as one step has to see it.
    fn told(&self, outcome: Outcome, step: usize) -> After {
        let among = Suspects::Among(self.attempts.len());
        match outcome {
            Outcome::Intact => After::Intact {
                effect: false,
                proof: String::new(),
            },
            Outcome::Changed { words, by, evidence } => {
                let known = || {
                    let attempts = by.iter().filter_map(|index| self.attempts.get(*index));
                    let of_step = attempts.filter(|attempt| attempt.step == step);
                    Suspects::Known(of_step.map(|attempt| attempt.actor.clone()).collect())
                };
                After::Changed {
                    words,
                    by: if by.is_empty() { among } else { known() },
                    evidence,
                }
            }
            Outcome::Gone { evidence } => After::Gone { by: among, evidence },
            Outcome::Unreachable(reason) => After::Unreachable(reason),
        }
    }
}

/// Why an owner's look at his object shows nothing.
fn unread(owner: &IdentityName, exchange: &Exchange) -> Undecided {
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
