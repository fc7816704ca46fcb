//! The API of notes: what it holds, and what it answers while it is sound.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gate_exchange::Outgoing;
use gate_model::IdentityName;
use gate_spec::{Method, Spec};
use serde_json::{Value, json};

/// What the API answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The JSON body; null is an empty one.
    pub body: Value,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

impl Reply {
    /// A status with a JSON body.
    pub fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
        }
    }
}

/// The state of the API.
#[derive(Default)]
pub struct World {
    /// Notes by id: tenant and fields.
    pub notes: BTreeMap<u64, (String, Value)>,
    /// Identities whose sessions are dead until they are renewed.
    pub dead: BTreeSet<IdentityName>,
    /// Requests so far.
    pub requests: u64,
    next: u64,
    now: Duration,
    later: Vec<(Duration, Later)>,
}

type Later = Box<dyn FnOnce(&mut World) + Send>;

impl World {
    /// Does something only when so much time has passed, as a queue would.
    pub fn later(&mut self, delay: Duration, what: impl FnOnce(&mut Self) + Send + 'static) {
        self.later.push((self.now + delay, Box::new(what)));
    }

    /// The time that has passed.
    pub fn now(&self) -> Duration {
        self.now
    }

    pub(super) fn pass(&mut self, now: Duration) {
        self.now = now;
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.later)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.later = rest;
        for (_, what) in due {
            what(self);
        }
    }
}

/// What the sound API answers; hooks may call it after they have done their damage.
pub fn sound_answer(spec: &Spec, outgoing: &Outgoing, world: &mut World) -> Reply {
    let refused = |status| Reply::new(status, json!({"error": status}));
    let Some(identity) = &outgoing.actor.identity else {
        return refused(401);
    };
    if world.dead.contains(identity) {
        return refused(401);
    }
    let Some(tenant) = spec
        .identities
        .get(identity)
        .map(|identity| identity.tenant.to_string())
    else {
        return refused(401);
    };
    let body: Value = serde_json::from_slice(outgoing.request.body_bytes()).unwrap_or(Value::Null);
    let path = outgoing.request.path.split('?').next().unwrap_or_default();
    let mut segments = path.trim_matches('/').split('/');
    if segments.next() != Some("notes") {
        return Reply::new(200, json!({"me": identity.as_str()}));
    }
    let method = outgoing.request.method;
    let Some(id) = segments.next() else {
        return match method {
            Method::Post => {
                world.next += 1;
                let id = world.next;
                let text = body.get("text").cloned().unwrap_or(Value::Null);
                let note = json!({"id": id, "text": text, "done": false});
                world.notes.insert(id, (tenant, note.clone()));
                Reply::new(201, note)
            }
            _ => {
                let own: Vec<&Value> = world
                    .notes
                    .values()
                    .filter(|(owner, _)| *owner == tenant)
                    .map(|(_, note)| note)
                    .collect();
                Reply::new(200, json!({"items": own}))
            }
        };
    };
    let Some(id) = id
        .parse::<u64>()
        .ok()
        .filter(|id| world.notes.get(id).is_some_and(|(owner, _)| *owner == tenant))
    else {
        return refused(404);
    };
    let Some((_, note)) = world.notes.get_mut(&id) else {
        return refused(404);
    };
    match (method, segments.next()) {
        (Method::Patch, _) => {
            if let Some(text) = body.get("text") {
                note["text"] = text.clone();
            }
            Reply::new(200, note.clone())
        }
        (Method::Post, Some("done")) => {
            note["done"] = Value::Bool(true);
            Reply::new(204, Value::Null)
        }
        (Method::Delete, _) => {
            world.notes.remove(&id);
            Reply::new(204, Value::Null)
        }
        _ => Reply::new(200, note.clone()),
    }
}
