//! Which control fits an operation.

use gate_model::{Missing, ResourceName};
use gate_spec::{Effect, Operation, ParamSource, Spec};

/// What proves an answer on this operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Reads one object: the owner is served with his mark.
    Read(ResourceName),
    /// Lists objects: the owner's walk shows his. Several kinds are candidates where the document does not say which.
    List(Vec<ResourceName>),
    /// Makes an object: the owner makes one before and after.
    Create(ResourceName),
    /// Changes an object and leaves it there.
    Change(ResourceName),
    /// Does something to an object that cannot be done twice.
    Act(ResourceName),
    /// Removes an object.
    Remove(ResourceName),
    /// Belongs to no object: good credentials come past the guard.
    Guard,
    /// Ends a session: like [`Subject::Guard`], with a session of its own.
    EndsSession,
    /// Changes its caller: like [`Subject::Guard`], with a body that cannot do harm.
    ChangesCaller,
    /// Changes an object that was found and not made: like [`Subject::Guard`], with a body that cannot do harm.
    ChangeFound(ResourceName),
    /// Cannot be tested.
    Untestable(Missing),
    /// Must not be tested.
    Dangerous,
}

/// The subject of an operation.
pub fn subject_of(spec: &Spec, operation: &Operation) -> Subject {
    let unknown: Vec<&str> = operation.unknown_params().collect();
    let resource = |name: &Option<ResourceName>| {
        name.clone()
            .or_else(|| operation.addressed().cloned())
            .filter(|name| spec.resources.contains_key(name))
    };
    match operation.effect {
        Effect::Dangerous => Subject::Dangerous,
        Effect::EndsSession => Subject::EndsSession,
        Effect::ChangesCaller => Subject::ChangesCaller,
        Effect::WriteOther if is_about_caller(operation) => Subject::ChangesCaller,
        _ if !unknown.is_empty() => guard_with_unknown(spec, operation, &unknown),
        Effect::ReadOther | Effect::WriteOther | Effect::IssuesCredentials => {
            match operation.addressed().filter(|name| spec.resources.contains_key(*name)) {
                Some(name) if operation.effect == Effect::ReadOther => Subject::Read(name.clone()),
                Some(name) => Subject::Act(name.clone()),
                None if searches(operation) => Subject::List(spec.resources.keys().cloned().collect()),
                None => Subject::Guard,
            }
        }
        Effect::Read => resource(&operation.resource).map_or(Subject::Guard, |name| {
            let addressed = operation.addressed().cloned();
            match addressed {
                Some(addressed) if addressed != name && spec.resources.contains_key(&addressed) => {
                    Subject::Read(addressed)
                }
                Some(_) => Subject::Read(name),
                None => Subject::Guard,
            }
        }),
        Effect::List => match resource(&operation.resource) {
            Some(name) => Subject::List(with_others(spec, operation, name)),
            None if spec.shown_in(&operation.id).next().is_some() => {
                let kinds = private(spec.shown_in(&operation.id)).collect::<Vec<_>>();
                if kinds.is_empty() {
                    Subject::Guard
                } else {
                    Subject::List(kinds)
                }
            }
            None if searches(operation) => Subject::List(spec.resources.keys().cloned().collect()),
            None => Subject::Guard,
        },
        Effect::Create => match resource(&operation.resource) {
            Some(name) if makes(spec, &name, operation) => Subject::Create(name),
            _ => operation
                .addressed()
                .filter(|name| spec.resources.contains_key(*name))
                .map_or(Subject::Guard, |name| Subject::Act(name.clone())),
        },
        Effect::Update => on_object(operation, &resource(&operation.resource), Subject::Change),
        Effect::Action => on_object(operation, &resource(&operation.resource), Subject::Act),
        Effect::Delete => on_object(operation, &resource(&operation.resource), Subject::Remove),
    }
}

/// The kind that an operation lists, and others whose lists name it too.
fn with_others(spec: &Spec, operation: &Operation, own: ResourceName) -> Vec<ResourceName> {
    let others = private(spec.shown_in(&operation.id)).filter(|name| *name != own);
    let others: Vec<ResourceName> = others.collect();
    std::iter::once(own).chain(others).collect()
}

/// Kinds that strangers may not see.
fn private<'s>(kinds: impl Iterator<Item = &'s gate_spec::Resource>) -> impl Iterator<Item = ResourceName> {
    kinds
        .filter(|kind| kind.visibility == gate_spec::Visibility::Tenant)
        .map(|kind| kind.name.clone())
}

/// The kind of object whose state a write on it changes: the one that the path addresses.
fn on_object(operation: &Operation, resource: &Option<ResourceName>, subject: fn(ResourceName) -> Subject) -> Subject {
    // The request may name another object than its path does: `DELETE /groups?id={{group.id}}`.
    if let Some(named) = resource
        && operation
            .request
            .holes()
            .iter()
            .any(|hole| *hole == format!("{named}.id"))
    {
        return subject(named.clone());
    }
    match (operation.addressed(), resource) {
        (Some(addressed), _) => subject(addressed.clone()),
        (None, _) => Subject::Guard,
    }
}

/// Whether the plan makes objects of a kind with this very operation.
fn makes(spec: &Spec, name: &ResourceName, operation: &Operation) -> bool {
    spec.resources
        .get(name)
        .and_then(|resource| resource.create.as_ref())
        .is_some_and(|call| call.operation.as_ref() == Some(&operation.id))
}

/// Whether a write is about the caller himself: what the control changed there would stay changed.
pub(crate) fn is_about_caller(operation: &Operation) -> bool {
    const NAMES: [&str; 10] = [
        "me",
        "self",
        "profile",
        "account",
        "whoami",
        "current",
        "settings",
        "preferences",
        "password",
        "email",
    ];
    let last = operation
        .id
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    operation.params.is_empty() && NAMES.contains(&last.as_str())
}

/// Whether the request carries a search term.
fn searches(operation: &Operation) -> bool {
    operation.method().is_safe() && operation.request.holes().iter().any(|hole| hole.starts_with("canary"))
}

fn guard_with_unknown(spec: &Spec, operation: &Operation, unknown: &[&str]) -> Subject {
    // A path whose parameter nothing fills still shows whether its guard asks for credentials, where the method is safe.
    if operation.method().is_safe()
        && !operation
            .params
            .iter()
            .any(|(_, source)| matches!(source, ParamSource::Id(_)))
    {
        return Subject::Guard;
    }
    Subject::Untestable(missing_param(spec, operation, unknown))
}

pub(crate) fn missing_param(spec: &Spec, operation: &Operation, unknown: &[&str]) -> Missing {
    let names = unknown.join("`, `");
    Missing {
        what: format!("nothing fills the path parameter `{names}` of {}", operation.id),
        add: Some(format!(
            "{}   # a value that exists, or the name of a resource",
            spec.stub_request(&operation.id)
        )),
    }
}
