//! By what an identity can be shown to be served: operations that the plan grants to it, chosen without sending anything.

use gate_model::{OperationId, ResourceName};
use gate_spec::{Effect, Identity, Operation, ParamSource, ServedBy, Spec};

use crate::subject::is_about_caller;

/// Kinds of objects of which an identity makes one of its own where no list serves it.
const MAX_OWN: usize = 3;

/// One way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The operation is asked.
    Ask(OperationId),
    /// The identity makes an object of its own.
    Own(ResourceName),
}

/// The ways of one identity, the cheapest first.
#[derive(Debug)]
pub(super) struct Ways {
    ways: Vec<Way>,
    /// Whether they are about objects. Then only what is about objects counts: who is not let in yet is often told the
    /// settings of the application, or its own profile.
    objects: bool,
}

impl Ways {
    /// What the plan grants to an identity.
    pub(super) fn of(spec: &Spec, identity: &Identity) -> Self {
        if let ServedBy::Operation(operation) = &identity.served {
            let ways = vec![Way::Ask(operation.clone())];
            return Self { ways, objects: false };
        }
        let lists = spec.operations.values().filter(|operation| {
            operation.effect == Effect::List && about_objects(operation) && asks_for_nothing(operation)
        });
        let granted = |operation: &&Operation| may(spec, identity, operation);
        let mut ways: Vec<Way> = lists
            .filter(granted)
            .map(|operation| Way::Ask(operation.id.clone()))
            .collect();
        if spec.writes_allowed() {
            let kinds = spec.resources.values().filter(|kind| kind.parent.is_none());
            let makes = kinds.filter(|kind| {
                let create = kind.create.as_ref().and_then(|call| call.operation.as_ref());
                let create = create.and_then(|id| spec.operations.get(id));
                create.is_some_and(|operation| may(spec, identity, operation))
            });
            // Before the last lists, so that it is tried too where there are many.
            let own = makes.take(MAX_OWN).map(|kind| Way::Own(kind.name.clone()));
            let at = ways.len().min(super::MAX_WAYS - MAX_OWN);
            ways.splice(at..at, own.collect::<Vec<_>>());
        }
        if !ways.is_empty() {
            return Self { ways, objects: true };
        }
        let others = spec
            .operations
            .values()
            .filter(|operation| operation.method().is_safe() && asks_for_nothing(operation));
        let ways = others
            .filter(granted)
            .map(|operation| Way::Ask(operation.id.clone()))
            .collect();
        Self { ways, objects: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.ways.len()
    }

    pub(super) fn get(&self, position: usize) -> Option<&Way> {
        self.ways.get(position)
    }

    /// Whether being served an operation shows it, although it is none of the ways.
    pub(super) fn count(&self, spec: &Spec, identity: &Identity, operation: &Operation) -> bool {
        match &identity.served {
            ServedBy::Operation(only) => *only == operation.id,
            ServedBy::Nothing => false,
            ServedBy::Anything => may(spec, identity, operation) && (!self.objects || about_objects(operation)),
        }
    }
}

/// Whether the plan grants a protected operation to an identity that says more than who it is.
fn may(spec: &Spec, identity: &Identity, operation: &Operation) -> bool {
    let tells = match operation.effect {
        Effect::Create
        | Effect::Read
        | Effect::List
        | Effect::Update
        | Effect::Delete
        | Effect::Action
        | Effect::ReadOther
        | Effect::WriteOther => true,
        Effect::IssuesCredentials | Effect::EndsSession | Effect::ChangesCaller | Effect::Dangerous => false,
    };
    tells
        && operation.public.is_none()
        && operation.skip.is_none()
        && !is_about_caller(operation)
        && !is_whoami(spec, identity, operation)
        && spec.granted(identity, &operation.id).is_some()
}

/// Whether an operation is about a kind of object that the plan knows.
fn about_objects(operation: &Operation) -> bool {
    operation.effect.touches_object() && operation.resource.is_some()
}

/// Whether an operation can be asked without an object or a word to search for.
fn asks_for_nothing(operation: &Operation) -> bool {
    let known = operation.params.iter().all(|(_, source)| {
        matches!(
            source,
            ParamSource::Tenant | ParamSource::Field(_) | ParamSource::Literal(_)
        )
    });
    let names: Vec<&str> = operation.params.iter().map(|(name, _)| name.as_str()).collect();
    let holes = operation.request.holes();
    known
        && holes
            .iter()
            .all(|hole| names.contains(&hole.as_str()) || hole == "unique")
}

/// Whether an operation is the very one that proves whose a session is.
fn is_whoami(spec: &Spec, identity: &Identity, operation: &Operation) -> bool {
    let login = identity.login.as_ref().and_then(|login| spec.logins.get(login));
    let whoami = identity
        .whoami
        .as_ref()
        .or(login.and_then(|login| login.whoami.as_ref()));
    whoami.is_some_and(|whoami| {
        let path = whoami.request.path.to_string();
        whoami.request.method == operation.method()
            && path.trim_end_matches('/') == operation.id.path().trim_end_matches('/')
    })
}
