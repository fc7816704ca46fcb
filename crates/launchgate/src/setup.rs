//! The plan's `setup`: requests before the run, taken back after it.

use gate_exchange::{Actor, Outgoing, Purpose, Request, Target};
use gate_model::{Cause, Leftover, OperationId, ResourceName, Undecided};
use gate_objects::{Bindings, CallerLookup, Canaries, Journal, JournalEntry};
use gate_spec::{RequestTemplate, SetupStep, Spec};

/// Keys of setup steps in the journal count from here; objects count from 1.
const FIRST_KEY: u64 = 1 << 48;

/// The steps of a plan.
pub(crate) struct Setup<'a> {
    spec: &'a Spec,
    canaries: &'a Canaries,
    done: std::sync::Mutex<Vec<usize>>,
}

impl<'a> Setup<'a> {
    pub(crate) fn new(spec: &'a Spec, canaries: &'a Canaries) -> Self {
        Self {
            spec,
            canaries,
            done: std::sync::Mutex::default(),
        }
    }

    /// Sends the steps in order. One that fails makes the run undecided: what it prepares is missing.
    pub(crate) async fn apply(&self, target: &dyn Target, journal: &Journal) -> Result<(), Undecided> {
        for (index, step) in self.spec.settings.setup.iter().enumerate() {
            let request = self
                .fill(step, &step.request)
                .map_err(|error| Undecided::new(Cause::ControlFailed, error))?;
            let what = OperationId::of(request.method.as_str(), &request.path);
            if let Some(undo) = step.undo.as_ref().and_then(|undo| self.fill(step, undo).ok()) {
                journal.write(&JournalEntry::Undo {
                    key: FIRST_KEY + index as u64,
                    owner: step.identity.to_string(),
                    request: (undo.method.to_string(), undo.path),
                });
            }
            let exchange = target
                .send(Outgoing::new(&Actor::identity(&step.identity), Purpose::Setup, request))
                .await?;
            if !exchange.is_success() && !(300..400).contains(&exchange.status) {
                return Err(Undecided::new(
                    Cause::ControlFailed,
                    format!("the plan's setup step {what} was answered {}", exchange.status),
                )
                .shown_by(target.evidence("setup", &exchange, None)));
            }
            self.done
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push(index);
        }
        Ok(())
    }

    /// Takes the steps back, last first.
    pub(crate) async fn undo(&self, target: &dyn Target, journal: &Journal) -> Vec<Leftover> {
        let mut leftovers = Vec::new();
        let done = std::mem::take(&mut *self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for index in done.into_iter().rev() {
            let Some(step) = self.spec.settings.setup.get(index) else {
                continue;
            };
            let Some(undo) = &step.undo else { continue };
            let result = match self.fill(step, undo) {
                Err(error) => Err(error),
                Ok(request) => {
                    let outgoing = Outgoing::new(&Actor::identity(&step.identity), Purpose::Cleanup, request);
                    match target.send(outgoing).await {
                        Ok(exchange) if exchange.status < 400 || exchange.status == 404 => Ok(()),
                        Ok(exchange) => Err(format!("its undo was answered {}", exchange.status)),
                        Err(reason) => Err(reason.detail),
                    }
                }
            };
            match result {
                Ok(()) => journal.write(&JournalEntry::Gone {
                    key: FIRST_KEY + index as u64,
                }),
                Err(reason) => leftovers.push(Leftover {
                    resource: ResourceName::new("setup"),
                    owner: step.identity.to_string(),
                    path: step.request.path.to_string(),
                    reason,
                }),
            }
        }
        leftovers
    }

    fn fill(&self, step: &SetupStep, template: &RequestTemplate) -> Result<Request, String> {
        let bindings = Bindings::default();
        let lookup = CallerLookup::new(self.spec, self.canaries, Some(&step.identity), &bindings);
        Request::fill(template, &lookup).map_err(|error| error.to_string())
    }
}
