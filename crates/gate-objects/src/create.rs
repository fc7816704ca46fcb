//! Creates an object as its owner, with canaries in it, and reads it back.

use std::sync::{Arc, PoisonError};

use gate_exchange::{Actor, Exchange, ObjectKey, Outgoing, Purpose, Request};
use gate_model::{Cause, IdentityName, OperationId, Undecided};
use gate_spec::{Call, Extract, Resource};
use serde_json::Value;

use crate::store::Owed;
use crate::{Bindings, CallerLookup, Canary, JournalEntry, Object, ObjectStore, Origin, extract};

/// Renewals of a session for one request: others may wear it out at the same time.
const MAX_RENEWALS: usize = 2;
/// Where the id is looked for when the plan does not say.
const USUAL_IDS: [&str; 6] = ["$.id", "$.data.id", "$.uuid", "$._id", "$.key", "$.slug"];

impl ObjectStore {
    /// Creates an object. Ancestors are leased from the same owner first.
    pub(crate) async fn create(&self, resource: &Resource, owner: &IdentityName) -> Result<Arc<Object>, Undecided> {
        let call = resource
            .create
            .as_ref()
            .ok_or_else(|| missing(resource, "the plan does not say how one is made"))?;
        let bindings = self.parents(resource, owner, call).await?;
        let mut exchange = None;
        for compact in [false, true] {
            let (sent, minted, unique, key) = self.send_create(resource, owner, call, &bindings, compact).await?;
            // A server that refuses a long value may take a short one; one more try, no loop.
            let refused = matches!(sent.status, 400 | 413 | 422);
            let made = sent.is_success() || (300..400).contains(&sent.status);
            if !made {
                self.journal.write(&JournalEntry::Gone { key: key.0 });
            }
            exchange = Some((sent, minted, unique, key));
            if !refused {
                break;
            }
        }
        let (exchange, minted, unique, key) = exchange.ok_or_else(|| missing(resource, "nothing was sent"))?;
        if !exchange.is_success() && !(300..400).contains(&exchange.status) {
            return Err(Undecided::new(
                Cause::ObjectMissing,
                format!(
                    "{owner} could not make {}: {} answered {}",
                    resource.name.with_article(),
                    operation(call),
                    exchange.status
                ),
            )
            .settled_by(format!(
                "{}   # {}",
                self.spec.stub_create(&resource.name),
                if exchange.status >= 500 {
                    "if it is not the server itself that fails"
                } else {
                    "a body that the server accepts"
                }
            ))
            .shown_by(self.target.evidence("create", &exchange, None)));
        }
        let id = created_id(&resource.id, &exchange, &unique).ok_or_else(|| {
            missing(resource, "its id is not in the answer to the request that made it")
                .settled_by(format!("resources: {{ {}: {{ id: $.id }} }}", resource.name))
                .shown_by(self.target.evidence("create", &exchange, None))
        })?;
        let keys = resource
            .keys
            .iter()
            .filter_map(|(name, from)| Some((name.clone(), extract(from, &exchange)?)))
            .collect();
        for canary in &minted {
            self.canaries.planted(&canary.secret, key);
            // Its owner sent it, so its presence in his own answers is what is hoped for, and no leak.
            self.canaries.sent_by(Some(owner), &canary.secret);
        }
        let object = Arc::new(Object {
            key,
            resource: resource.name.clone(),
            owner: owner.clone(),
            id,
            keys,
            ancestors: ancestors(&bindings),
            canaries: minted,
            origin: Origin::Created,
        });
        self.remember(resource, &object);
        Ok(object)
    }

    async fn parents(&self, resource: &Resource, owner: &IdentityName, call: &Call) -> Result<Bindings, Undecided> {
        let mut bindings = Bindings {
            params: call.params.clone(),
            ..Bindings::default()
        };
        for name in self.spec.needs(&resource.name) {
            if bindings.object(name).is_some() {
                continue;
            }
            let leased = Box::pin(crate::Objects::leased(self, name)).await;
            let parent = match leased {
                Ok(parent) if parent.owner == *owner => parent,
                _ => Box::pin(crate::Objects::owned(self, name, owner)).await?,
            };
            bindings.objects.push(parent);
        }
        Ok(bindings)
    }

    async fn send_create(
        &self,
        resource: &Resource,
        owner: &IdentityName,
        call: &Call,
        bindings: &Bindings,
        compact: bool,
    ) -> Result<(Exchange, Vec<Canary>, String, ObjectKey), Undecided> {
        let lookup = CallerLookup::new(&self.spec, &self.canaries, Some(owner), bindings)
            .making(&resource.name)
            .compact(compact);
        let request = Request::fill(&call.request, &lookup).map_err(|error| missing(resource, &error.to_string()))?;
        let unique = lookup.unique().to_owned();
        let minted = lookup.into_minted();
        let intent = self.next_key();
        self.journal.write(&JournalEntry::Intent {
            key: intent.0,
            resource: resource.name.to_string(),
            owner: owner.to_string(),
            handle: minted.first().map(|canary| canary.handle.clone()),
        });
        let mut outgoing = Outgoing::new(&Actor::identity(owner), Purpose::Setup, request);
        outgoing.operation = call.operation.clone();
        let mut exchange = self.target.send(outgoing.clone()).await?;
        for _ in 0..MAX_RENEWALS {
            if exchange.status != 401 {
                break;
            }
            match self.has_new_session(owner, exchange.generation).await {
                Ok(true) => exchange = self.target.send(outgoing.clone()).await?,
                Ok(false) => break,
                Err(reason) => {
                    self.journal.write(&JournalEntry::Gone { key: intent.0 });
                    return Err(reason);
                }
            }
        }
        // The line that says what was made, or that nothing was, takes the place of the intent.
        Ok((exchange, minted, unique, intent))
    }

    /// Whether an owner has another session now than the one that was refused: renewed by somebody else, or here because it
    /// is dead.
    ///
    /// # Errors
    /// Where it is dead and there is no other.
    async fn has_new_session(&self, owner: &IdentityName, refused: u64) -> Result<bool, Undecided> {
        match self.sessions.alive(owner).await {
            Ok(alive) => Ok(alive.generation != refused),
            Err(lost) if lost.cause == Cause::SessionLost => self.sessions.renew(owner).await.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    pub(crate) fn remember(&self, resource: &Resource, object: &Arc<Object>) {
        let delete = resource.delete.as_ref().and_then(|call| {
            let bindings = Bindings {
                objects: vec![Arc::clone(object)],
                params: call.params.clone(),
                fixed: Vec::new(),
            };
            let lookup = CallerLookup::new(&self.spec, &self.canaries, Some(&object.owner), &bindings);
            let request = Request::fill(&call.request, &lookup).ok()?;
            Some((request.method.to_string(), request.path))
        });
        let path = delete.as_ref().map_or_else(
            || format!("{} {}", object.resource, object.id_text()),
            |(_, path)| path.clone(),
        );
        self.journal.write(&JournalEntry::Created {
            key: object.key.0,
            resource: object.resource.to_string(),
            owner: object.owner.to_string(),
            delete,
            path: path.clone(),
        });
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        owed.push(Owed {
            object: Arc::clone(object),
            path,
        });
    }
}

/// The bound objects and their ancestors, nearest first, each once.
fn ancestors(bindings: &Bindings) -> Vec<Arc<Object>> {
    let mut all: Vec<Arc<Object>> = Vec::new();
    for object in &bindings.objects {
        for candidate in std::iter::once(object).chain(&object.ancestors) {
            if !all.iter().any(|known| known.key == candidate.key) {
                all.push(Arc::clone(candidate));
            }
        }
    }
    all
}

/// The id of what a request made: where the plan says that it is, else where it usually is. `unique` is the value with which
/// the request was filled, for objects that are named by whoever makes them.
pub fn created_id(from: &[Extract], exchange: &Exchange, unique: &str) -> Option<Value> {
    for candidate in from {
        if let Extract::Named(template) = candidate {
            return Some(Value::from(template.replace("{{unique}}", unique)));
        }
        if let Some(value) = extract(candidate, exchange) {
            return Some(value);
        }
    }
    if from.is_empty() {
        let usual = USUAL_IDS
            .iter()
            .find_map(|path| extract(&Extract::JsonPath((*path).to_owned()), exchange));
        return usual.or_else(|| extract(&Extract::LastSegmentOf("location".to_owned()), exchange));
    }
    None
}

fn missing(resource: &Resource, why: &str) -> Undecided {
    Undecided::new(
        Cause::ObjectMissing,
        format!("no {} to test with: {why}", resource.name),
    )
}

fn operation(call: &Call) -> String {
    call.operation.clone().map_or_else(
        || OperationId::of(call.request.method.as_str(), &call.request.path.to_string()).to_string(),
        |operation| operation.to_string(),
    )
}
