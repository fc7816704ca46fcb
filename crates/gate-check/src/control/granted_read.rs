//! The owner reads: 2xx with his mark in the body, before and after.

use std::sync::Arc;

use gate_exchange::{Actor, BoxFuture, Exchange, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, Undecided};
use gate_objects::Object;
use serde_json::Value;

use super::{After, Attempt, Control, Kept, Means, Suspects, sealed, send_probe};
use crate::answer::{denied, is_unreadable, neither};
use crate::{Answer, Ctx, Marks, Probe, Refusal, ask};

/// The control of a read. The same request is sent by the owner and by each prober; only the credentials differ.
pub struct GrantedRead {
    owner: IdentityName,
    operation: OperationId,
    request: Request,
    detours: Vec<(Actor, Request)>,
    object: Option<Arc<Object>>,
    before: Option<Exchange>,
    marks: Marks,
    shown: Vec<Kept>,
}

impl GrantedRead {
    /// A read of an object, or of something that is not one (`None`).
    pub fn new(owner: &IdentityName, operation: &OperationId, request: Request, object: Option<Arc<Object>>) -> Self {
        Self {
            owner: owner.clone(),
            operation: operation.clone(),
            request,
            detours: Vec::new(),
            object,
            before: None,
            marks: Marks::default(),
            shown: Vec::new(),
        }
    }

    /// Adds other ways to the same object that an actor tries where the direct one is refused: the object's id under a
    /// parent of his own.
    pub fn with_detours(mut self, detours: Vec<(Actor, Request)>) -> Self {
        self.detours = detours;
        self
    }

    fn outgoing(&self, actor: &Actor, purpose: Purpose) -> Outgoing {
        Outgoing::new(actor, purpose, self.request.clone())
            .of(&self.operation)
            .about(self.object.as_ref().map(|object| object.key))
    }

    fn read(&self, ctx: &Ctx<'_>, probe: &Probe, exchange: &Exchange) -> (Answer, Option<String>) {
        if let Some(shown) = self.marks.shown_to(ctx, &probe.actor, exchange) {
            return (Answer::Served(shown.what), Some(shown.span));
        }
        if let Some(said) = denied(&ctx.spec.settings.denial, probe.refusal, exchange) {
            return (Answer::Denied(said), None);
        }
        if exchange.is_success() && !exchange.body.is_empty() && self.looks_served(ctx, probe, exchange) {
            return (Answer::Served("the same answer as the owner".to_owned()), None);
        }
        if probe.refusal == Refusal::Wrong && self.is_shown(exchange) {
            return (Answer::Accepted(format!("answered {}", exchange.status)), None);
        }
        let what = if exchange.body.is_empty() {
            "with an empty body"
        } else {
            "without the owner's mark"
        };
        (Answer::Neither(neither(&probe.actor.to_string(), what, exchange)), None)
    }

    /// Whether somebody who may read was shown what he asked for: a role may see fewer fields than the owner, and so no mark,
    /// but an answer that says nothing of the object may as well be a refusal.
    fn is_shown(&self, exchange: &Exchange) -> bool {
        let names = |object: &Arc<Object>| {
            let id = object.id_text();
            !id.is_empty() && exchange.text().contains(&id)
        };
        exchange.is_success()
            && !is_unreadable(exchange)
            && (!self.marks.any() || self.object.as_ref().is_none_or(names))
    }

    /// Without a mark: whether the answer is as good as the owner's.
    fn looks_served(&self, ctx: &Ctx<'_>, probe: &Probe, exchange: &Exchange) -> bool {
        let Some(before) = &self.before else { return false };
        if !self.marks.any() && (self.marks.same_answer(exchange) || ctx.spec.settings.trust_status) {
            return true;
        }
        if !self.marks.any() && before.json().is_none() && before.body == exchange.body {
            return true;
        }
        // What belongs to no object and asks for credentials is served when nobody gets an answer of the same form.
        self.object.is_none() && probe.actor.is_anonymous() && same_form(before, exchange)
    }
}

/// Whether two JSON answers have the same form: both lists, or objects with the same keys.
pub(super) fn same_form(left: &Exchange, right: &Exchange) -> bool {
    match (left.json(), right.json()) {
        (Some(left), Some(right)) => same_json_form(&left, &right),
        (None, None) => left.body == right.body,
        _ => false,
    }
}

fn same_json_form(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            !left.is_empty() && left.len() == right.len() && left.keys().all(|key| right.contains_key(key))
        }
        (Value::Array(left), Value::Array(right)) => left.is_empty() == right.is_empty(),
        _ => false,
    }
}

impl sealed::Sealed for GrantedRead {}

impl Control for GrantedRead {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            let exchange = ask(ctx, self.outgoing(&Actor::identity(&self.owner), Purpose::Control)).await?;
            let refused = denied(&ctx.spec.settings.denial, crate::Refusal::Ordinary, &exchange);
            if !exchange.is_success() || refused.is_some() || (exchange.body.is_empty() && exchange.status != 204) {
                let how = if exchange.is_success() {
                    "an empty or refusing "
                } else {
                    ""
                };
                return Err(Undecided::new(
                    Cause::ControlFailed,
                    format!(
                        "{} ought to be served {} and was answered {how}{}",
                        self.owner, self.operation, exchange.status
                    ),
                )
                .settled_by(self.settle(ctx))
                .shown_by(ctx.target.evidence("control", &exchange, None)));
            }
            self.marks = Marks::seen(ctx, self.object.as_deref(), &exchange);
            let proof = self.marks.canaries.first().or(self.marks.strong.first()).cloned();
            self.shown = vec![Kept::new("control before", &exchange, proof.as_deref())];
            self.before = Some(exchange);
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let direct = self.outgoing(&probe.actor, Purpose::Probe);
            let (exchange, generation) = send_probe(ctx, direct.clone()).await?;
            let (answer, span) = self.read(ctx, probe, &exchange);
            if matches!(answer, Answer::Denied(_)) && probe.refusal != Refusal::Wrong {
                for (_, detour) in self.detours.iter().filter(|(actor, _)| *actor == probe.actor) {
                    let outgoing = Outgoing {
                        request: detour.clone(),
                        ..direct.clone()
                    };
                    let (exchange, generation) = send_probe(ctx, outgoing).await?;
                    // The direct way was refused; only what shows the object itself is worth more than that.
                    if let Some(shown) = self.marks.shown_to(ctx, &probe.actor, &exchange) {
                        let evidence = vec![Kept::new("probe", &exchange, Some(&shown.span))];
                        let what = format!("{}, under a parent of his or her own", shown.what);
                        return Ok(Attempt {
                            answer: Answer::Served(what),
                            evidence,
                            generation,
                        });
                    }
                }
                return Ok(Attempt {
                    answer,
                    evidence: Vec::new(),
                    generation,
                });
            }
            let evidence = vec![Kept::new("probe", &exchange, span.as_deref())];
            Ok(Attempt {
                answer,
                evidence,
                generation,
            })
        })
    }

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            let exchange = match ask(ctx, self.outgoing(&Actor::identity(&self.owner), Purpose::Control)).await {
                Ok(exchange) => exchange,
                Err(reason) => return After::Unreachable(reason),
            };
            let evidence = || vec![ctx.target.evidence("control after", &exchange, None)];
            if matches!(exchange.status, 404 | 410) {
                return if self.object.is_some() {
                    After::Gone {
                        by: Suspects::Among(answered.len()),
                        evidence: evidence(),
                    }
                } else {
                    After::Unreachable(lost(&self.owner, &exchange))
                };
            }
            if !exchange.is_success() {
                return After::Unreachable(lost(&self.owner, &exchange));
            }
            let now = Marks::seen(ctx, self.object.as_deref(), &exchange);
            let vanished = |mark: &String| !now.canaries.contains(mark);
            if self.marks.planted && self.marks.canaries.iter().any(vanished) {
                return After::Changed {
                    words: "the owner's private mark is no longer in it".to_owned(),
                    by: Suspects::Among(answered.len()),
                    evidence: evidence(),
                };
            }
            let by = match (self.marks.canaries.is_empty(), self.marks.strong.is_empty()) {
                (false, _) => " with her or his own mark",
                (true, false) => " with a value that only the server can have made",
                (true, true) => "",
            };
            After::Intact {
                effect: true,
                proof: format!(
                    "{} was served{by} before ({}) and after ({})",
                    self.owner,
                    self.status(),
                    exchange.status
                ),
            }
        })
    }

    fn accepted(&self, _effect: bool) -> Means {
        Means::Unknown
    }

    fn asked_by(&self) -> Option<&IdentityName> {
        Some(&self.owner)
    }

    fn owner(&self) -> Option<&IdentityName> {
        self.object.as_ref().map(|_| &self.owner)
    }

    fn evidence(&self) -> &[Kept] {
        &self.shown
    }

    fn settle(&self, ctx: &Ctx<'_>) -> String {
        format!(
            "{}   # what it needs to be served, or skip",
            ctx.spec.stub_request(&self.operation)
        )
    }
}

impl GrantedRead {
    fn status(&self) -> u16 {
        self.before.as_ref().map_or(0, |before| before.status)
    }
}

fn lost(owner: &IdentityName, exchange: &Exchange) -> Undecided {
    let cause = if exchange.status == 429 {
        Cause::Throttled
    } else {
        Cause::ControlLost
    };
    Undecided::new(
        cause,
        format!(
            "{owner} was served before the probes and answered {} after them",
            exchange.status
        ),
    )
}
