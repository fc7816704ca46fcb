//! Past the guard: good credentials are answered neither 401 nor 403, where no object shows more than that.

use gate_exchange::{Actor, BoxFuture, Exchange, Outgoing, Presented, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, Undecided};

use super::granted_read::same_form;
use super::{After, Attempt, Control, Kept, Means, sealed, send_probe};
use crate::answer::{denied, neither};
use crate::marks::foreign_canary;
use crate::{Answer, Ctx, Probe, Refusal, ask};

/// The control of an operation for which no object can be had. A read is asked before and after; a write only after the
/// probes, because it may have an effect.
pub struct GuardOnly {
    caller: Actor,
    operation: OperationId,
    request: Request,
    only_after: bool,
    before: Option<u16>,
    settle: String,
    shown: Vec<Kept>,
    accepted: Vec<Exchange>,
    alike: bool,
    /// Answers that are neither, for comparing them with the one to good credentials.
    neither: Vec<(Actor, Exchange)>,
    /// Whether somebody without any credentials was refused by the guard.
    keeps_nobody: bool,
    after: Option<Exchange>,
    ends_session: bool,
}

impl GuardOnly {
    /// A control with these credentials. `only_after` for requests that may have an effect.
    pub fn new(caller: Actor, operation: &OperationId, request: Request, only_after: bool, settle: String) -> Self {
        Self {
            caller,
            operation: operation.clone(),
            request,
            only_after,
            before: None,
            settle,
            shown: Vec::new(),
            accepted: Vec::new(),
            alike: true,
            neither: Vec::new(),
            keeps_nobody: false,
            after: None,
            ends_session: false,
        }
    }

    /// Says that the request ends the session that sends it.
    pub fn ending_session(mut self, ends_session: bool) -> Self {
        self.ends_session = ends_session;
        self
    }

    fn outgoing(&self, actor: &Actor, purpose: Purpose) -> Outgoing {
        Outgoing::new(actor, purpose, self.request.clone()).of(&self.operation)
    }

    /// Whether good credentials came past the guard.
    fn past_guard(&self, ctx: &Ctx<'_>, exchange: &Exchange) -> Result<u16, Undecided> {
        let refused =
            denied(&ctx.spec.settings.denial, Refusal::Ordinary, exchange).is_some() && exchange.status != 404;
        if refused || exchange.status == 429 || exchange.status >= 500 || (300..400).contains(&exchange.status) {
            let cause = if exchange.status == 429 {
                Cause::Throttled
            } else {
                Cause::ControlFailed
            };
            return Err(Undecided::new(
                cause,
                format!(
                    "{} ought to come past the guard of {} and was answered {}",
                    self.caller, self.operation, exchange.status
                ),
            )
            .settled_by(self.settle.clone())
            .shown_by(ctx.target.evidence("control", exchange, None)));
        }
        Ok(exchange.status)
    }
}

/// Whether two accepted answers are of the same form. Two empty ones are for a write; an empty answer to a read is none.
fn alike(good: &Exchange, other: &Exchange) -> bool {
    if good.body.is_empty() && other.body.is_empty() {
        return good.status == 204 && other.status == 204 && !good.sent.request.method.is_safe();
    }
    same_form(good, other)
}

impl sealed::Sealed for GuardOnly {}

impl Control for GuardOnly {
    fn establish<'a>(&'a mut self, ctx: &'a Ctx<'a>) -> BoxFuture<'a, Result<(), Undecided>> {
        Box::pin(async move {
            if self.only_after {
                if let (Some(identity), Presented::Session) = (&self.caller.identity, &self.caller.presented)
                    && let Err(lost) = ctx.sessions.alive(identity).await
                {
                    if lost.cause != Cause::SessionLost {
                        return Err(lost);
                    }
                    ctx.sessions.renew(identity).await?;
                }
                return Ok(());
            }
            let exchange = ask(ctx, self.outgoing(&self.caller, Purpose::Control)).await?;
            self.before = Some(self.past_guard(ctx, &exchange)?);
            self.shown = vec![Kept::new("control before", &exchange, None)];
            Ok(())
        })
    }

    fn attempt<'a>(&'a mut self, ctx: &'a Ctx<'a>, probe: &'a Probe) -> BoxFuture<'a, Result<Attempt, Undecided>> {
        Box::pin(async move {
            let (exchange, generation) = send_probe(ctx, self.outgoing(&probe.actor, Purpose::Probe)).await?;
            let status = exchange.status;
            let mut span = None;
            let refused = denied(&ctx.spec.settings.denial, Refusal::Ordinary, &exchange).filter(|_| status != 404);
            let answer = if let Some(shown) = foreign_canary(ctx, &probe.actor, &exchange) {
                span = Some(shown.span);
                Answer::Served(shown.what)
            } else if let Some(said) = refused {
                Answer::Denied(said)
            } else if matches!(status, 400 | 404) && !crate::answer::is_unreadable(&exchange) {
                if status == 400 {
                    self.settle = format!(
                        "denied: {{ status: [400] }}   # if missing credentials are answered 400; or {}",
                        self.settle
                    );
                }
                Answer::DeniedIfServed(format!("answered {status}"))
            } else if exchange.is_success() {
                self.accepted.push(exchange.clone());
                Answer::Accepted(format!("answered {status}"))
            } else {
                self.neither.push((probe.actor.clone(), exchange.clone()));
                Answer::PastGuard(neither(&probe.actor.to_string(), "", &exchange))
            };
            let refused = matches!(answer, Answer::Denied(_));
            self.keeps_nobody |= refused && probe.actor.presented == Presented::Nothing;
            let evidence = vec![Kept::new("probe", &exchange, span.as_deref())];
            Ok(Attempt {
                answer,
                evidence,
                generation,
            })
        })
    }

    fn reask<'a>(&'a mut self, ctx: &'a Ctx<'a>, _answered: &'a [(&'a Actor, &'a Answer)]) -> BoxFuture<'a, After> {
        Box::pin(async move {
            let exchange = match ask(ctx, self.outgoing(&self.caller, Purpose::Control)).await {
                Ok(exchange) => exchange,
                Err(reason) => return After::Unreachable(reason),
            };
            match self.past_guard(ctx, &exchange) {
                Err(reason) => After::Unreachable(reason),
                Ok(status) => {
                    self.alike = self.accepted.iter().all(|answer| alike(&exchange, answer));
                    self.after = Some(exchange.clone());
                    let served = exchange.is_success() && self.before.is_none_or(|before| (200..300).contains(&before));
                    let when = match self.before {
                        Some(before) => format!("answered {before} before and {status} after"),
                        None => format!("answered {status} after"),
                    };
                    After::Intact {
                        effect: served,
                        proof: format!("{} came past the guard: {when}", self.caller),
                    }
                }
            }
        })
    }

    fn accepted(&self, effect: bool) -> Means {
        // An answer of another form than the good one may be a refusal that says 200.
        if effect && self.alike {
            Means::Served
        } else {
            Means::Unknown
        }
    }

    fn ends_session(&self) -> bool {
        self.ends_session
    }

    /// The guard tells nobody from somebody, and this one was told what good credentials are told.
    fn past_guard(&self, probe: &Probe) -> bool {
        let answered = |good: &Exchange| {
            self.neither.iter().any(|(actor, other)| {
                *actor == probe.actor
                    && matches!(other.status, 409 | 415 | 422)
                    && other.status == good.status
                    && same_form(good, other)
            })
        };
        self.keeps_nobody && self.after.as_ref().is_some_and(answered)
    }

    fn owner(&self) -> Option<&IdentityName> {
        None
    }

    fn evidence(&self) -> &[Kept] {
        &self.shown
    }

    fn settle(&self, _ctx: &Ctx<'_>) -> String {
        self.settle.clone()
    }
}
