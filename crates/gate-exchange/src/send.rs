//! Sends one request with its credentials: scope, budget, pace, repeats, recording.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use gate_model::{Cause, SharedRedactor, Undecided};
use gate_spec::Spec;
use tokio::sync::Semaphore;

use crate::budget::{Budget, Purse};
use crate::compose::{compose, plain_headers, wire_request};
use crate::latency::Recorder;
use crate::limiter::LimiterFields;
use crate::mask::learn_cookies;
use crate::pacing::Pacing;
use crate::proxy::Proxy;
use crate::scope::{Reach, Scope, ScopeError};
use crate::session::Worn;
use crate::wire::{Wire, WireError};
use crate::{ClientError, Exchange, Observer, Options, Outgoing, Parsed, Purpose};

/// Times that a failed idempotent request is sent again.
const MAX_RETRIES: u32 = 2;
/// Failed connections in a row after which nobody tries twice any more.
const DOWN_AFTER: u32 = 3;

/// Cookies of answers that the redactor is told.
const MAX_COOKIES_LEARNT: u32 = 500;

/// What differs between requests of the run and of the client itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) purse: Purse,
    pub(crate) max_body_bytes: usize,
    pub(crate) observed: bool,
}

/// Everything between a composed request and the wire.
pub(crate) struct Sender {
    spec: Arc<Spec>,
    pub(crate) scope: Arc<Scope>,
    wire: Wire,
    pub(crate) budget: Budget,
    pacing: Pacing,
    jobs: Semaphore,
    redactor: SharedRedactor,
    observers: RwLock<Vec<Arc<dyn Observer>>>,
    pub(crate) recorder: Recorder,
    down: AtomicU32,
    cookies_learnt: AtomicU32,
    max_body_bytes: usize,
}

impl Sender {
    pub(crate) fn new(
        spec: Arc<Spec>,
        options: &Options,
        scope: Scope,
        proxy: Option<Proxy>,
        redactor: SharedRedactor,
    ) -> Result<Self, ClientError> {
        let scope = Arc::new(scope);
        Ok(Self {
            wire: Wire::new(options, &scope, proxy.map(Arc::new).as_ref())?,
            spec,
            scope,
            budget: Budget::new(options),
            pacing: Pacing::new(options.pace),
            jobs: Semaphore::new(options.jobs.clamp(1, 1000)),
            redactor,
            observers: RwLock::default(),
            recorder: Recorder::default(),
            down: AtomicU32::new(0),
            cookies_learnt: AtomicU32::new(0),
            max_body_bytes: options.max_body_bytes,
        })
    }

    pub(crate) fn observe(&self, observer: Arc<dyn Observer>) {
        self.observers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(observer);
    }

    /// How requests of a purpose are treated.
    pub(crate) fn how(&self, purpose: Purpose) -> How {
        How {
            purse: if purpose == Purpose::Cleanup {
                Purse::Cleanup
            } else {
                Purse::Run
            },
            max_body_bytes: self.max_body_bytes,
            // All of them hold credentials of people.
            observed: !matches!(purpose, Purpose::Login | Purpose::LookUp | Purpose::Limit),
        }
    }

    /// Sends a request with the credentials that are worn.
    pub(crate) async fn send(&self, outgoing: Arc<Outgoing>, worn: &Worn, how: How) -> Result<Exchange, Undecided> {
        tokio::select! {
            biased;
            result = self.attempts(&outgoing, worn, how) => result,
            stop = self.budget.stopped(how.purse) => Err(stop),
        }
    }

    async fn attempts(&self, outgoing: &Arc<Outgoing>, worn: &Worn, how: How) -> Result<Exchange, Undecided> {
        let composed = compose(&self.spec, outgoing, worn)?;
        let login = outgoing.purpose == Purpose::Login;
        let reach = match outgoing.purpose {
            Purpose::Login => Reach::Login,
            Purpose::LookUp => Reach::LookUp,
            _ => Reach::Target,
        };
        let method = outgoing.request.method;
        let admitted = self
            .scope
            .admit(&composed.host, reach)
            .await
            .map_err(|error| scope_failure(&error))?;
        if !login {
            self.scope
                .admit_method(&composed.host, &admitted, method)
                .map_err(|error| scope_failure(&error))?;
        }
        let headers = plain_headers(&self.spec, outgoing, self.scope.is_own(&composed.host));
        let actor = outgoing.actor.to_string();
        let (mut repeats, mut retries) = (0, 0);
        let limit = outgoing.purpose == Purpose::Limit;
        loop {
            if limit {
                self.pacing.turn_of_limit().await;
            } else {
                self.pacing.turn().await;
            }
            let permit = self
                .jobs
                .acquire()
                .await
                .map_err(|_| Undecided::new(Cause::Interrupted, "the client is closed"))?;
            let number = self.budget.take(how.purse)?;
            let request = wire_request(&composed, outgoing, &headers, worn)?;
            let result = self
                .wire
                .exchange(worn.lane, outgoing.way, request, how.max_body_bytes)
                .await;
            drop(permit);
            let answer = match result {
                Ok(answer) => answer,
                Err(error) => {
                    tracing::debug!(number, %actor, %method, error = error.text(), "exchange failed");
                    // A limit counts what arrived: nothing may be sent twice.
                    if limit || !self.worth_a_retry(&error, method.is_idempotent(), retries) {
                        return Err(failure(&actor, outgoing, &error));
                    }
                    retries += 1;
                    tokio::time::sleep(Duration::from_millis(50) * retries).await;
                    continue;
                }
            };
            self.down.store(0, Ordering::Relaxed);
            tracing::debug!(number, %actor, %method, status = answer.status, us = answer.duration.as_micros() as u64, "exchange");
            let asked = LimiterFields::read(&answer.headers, SystemTime::now()).wait();
            // A 429 was not processed, so that any method may be repeated; a 503 may have been.
            let busy = answer.status == 503 && asked.is_some() && method.is_idempotent();
            if limit {
                // Refusals are what it is about.
            } else if answer.status == 429 || busy {
                if self
                    .pacing
                    .throttled(&actor, repeats, asked, self.budget.ends(how.purse))
                {
                    repeats += 1;
                    continue;
                }
            } else {
                self.pacing.served(&actor);
            }
            // A server that sets a new cookie with each answer must not make redaction ever slower; evidence masks
            // `Set-Cookie` by its shape too.
            if self.cookies_learnt.load(Ordering::Relaxed) < MAX_COOKIES_LEARNT {
                let learnt = learn_cookies(&self.redactor, &answer.headers);
                self.cookies_learnt.fetch_add(learnt, Ordering::Relaxed);
            }
            let exchange = Exchange {
                number,
                sent: outgoing.clone(),
                url: composed.shown.clone(),
                generation: worn.generation,
                credential_headers: worn.names.clone(),
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
                truncated: answer.truncated,
                duration: answer.duration,
                parsed: Parsed::default(),
            };
            self.recorder.record(&exchange);
            if how.observed {
                let observers = self.observers.read().unwrap_or_else(PoisonError::into_inner);
                observers.iter().for_each(|observer| observer.see(&exchange));
            } else if exchange.sent.purpose == Purpose::Login {
                let observers = self.observers.read().unwrap_or_else(PoisonError::into_inner);
                observers.iter().for_each(|observer| observer.see_login(&exchange));
            }
            return Ok(exchange);
        }
    }

    fn worth_a_retry(&self, error: &WireError, idempotent: bool, retries: u32) -> bool {
        if retries >= MAX_RETRIES {
            return false;
        }
        match error {
            WireError::Scope(_) | WireError::Timeout(_) => false,
            // Nothing was sent, so that any method may be repeated.
            WireError::Connect(_) => self.down.fetch_add(1, Ordering::Relaxed) < DOWN_AFTER,
            WireError::NotSent(_) => true,
            WireError::Broken(_) => idempotent,
        }
    }
}

fn scope_failure(error: &ScopeError) -> Undecided {
    let cause = match error {
        ScopeError::Unresolved(..) => Cause::TargetDown,
        ScopeError::NotAllowed(_)
        | ScopeError::LoginOnly(_)
        | ScopeError::LookUpOnly(_)
        | ScopeError::Narrowed(_)
        | ScopeError::Forbidden(..)
        | ScopeError::Write(..) => Cause::Transport,
    };
    let undecided = Undecided::new(cause, error.to_string());
    match error {
        ScopeError::NotAllowed(host) => undecided.settled_by(format!("target:\n  allow_hosts: [\"{host}\"]")),
        ScopeError::Write(..) => undecided.settled_by("target:\n  writes: true"),
        _ => undecided,
    }
}

fn failure(actor: &str, outgoing: &Outgoing, error: &WireError) -> Undecided {
    let cause = match error {
        WireError::Connect(_) => Cause::TargetDown,
        WireError::Scope(_) | WireError::NotSent(_) | WireError::Broken(_) | WireError::Timeout(_) => Cause::Transport,
    };
    let what = match &outgoing.operation {
        Some(operation) => operation.to_string(),
        None => {
            let path = outgoing.request.path.split('?').next().unwrap_or_default();
            format!("{} {}", outgoing.request.method, crate::visible::one_line(path, 120))
        }
    };
    match cause {
        // The same words for every request, so that a dead target is one line in reports.
        Cause::TargetDown => Undecided::new(cause, error.text()),
        _ => Undecided::new(cause, format!("{what} as {actor}: {}", error.text())),
    }
}
