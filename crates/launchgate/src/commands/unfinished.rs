//! Objects whose making was under way when a run was killed: nobody saw their id, but they carry a mark that their owner's
//! list shows.

use std::sync::Arc;

use gate_exchange::{Actor, Client, ObjectKey, Outgoing, Purpose, Request, Target as _};
use gate_model::{IdentityName, ResourceName};
use gate_objects::{Bindings, CallerLookup, Canaries, JournalEntry, Object, Origin, object_ids};
use gate_spec::{Resource, Spec};
use serde_json::Value;

/// What became of it.
pub(super) enum Unfinished {
    /// It was made, and can be removed like any other.
    Object(JournalEntry),
    /// There is nothing to remove; why.
    Nothing(String),
}

/// Looks for the object of a [`JournalEntry::Intent`] in its owner's list. `owed` is what else the journal owes, `gone` what was
/// taken back.
///
/// # Errors
/// Where it cannot be said whether it is there: what to look for by hand.
pub(super) async fn find(
    client: &Client,
    spec: &Spec,
    intent: &JournalEntry,
    owed: &[JournalEntry],
    gone: &[JournalEntry],
) -> Result<Unfinished, String> {
    let JournalEntry::Intent {
        key,
        resource,
        owner,
        handle,
    } = intent
    else {
        return Ok(Unfinished::Nothing(String::new()));
    };
    let by_hand = |why: String| {
        let mark = handle.as_deref().unwrap_or("no mark");
        format!(
            "something ({resource} of {owner}) may have been made and is not known by its id ({why}); look for {mark}"
        )
    };
    let owner = IdentityName::new(owner);
    let resource = spec
        .resources
        .get(&ResourceName::new(resource))
        .ok_or_else(|| by_hand("the plan no longer knows its kind".to_owned()))?;
    if let Some(parent) = &resource.parent {
        let is_parent = |entry: &&JournalEntry| {
            matches!(entry, JournalEntry::Created { resource, owner: parents, .. }
                if *resource == *parent.as_str() && *parents == *owner.as_str())
        };
        let mut left = owed.iter().filter(is_parent);
        let removable = |entry: &JournalEntry| matches!(entry, JournalEntry::Created { delete: Some(_), .. });
        // Below a parent that will be removed, or, where none is left, below one that was.
        let goes_too =
            left.clone().any(removable) || (left.next().is_none() && gone.iter().any(|entry| is_parent(&entry)));
        return if goes_too {
            Ok(Unfinished::Nothing(format!(
                "{} of {owner} goes with its {parent}",
                resource.name.with_article()
            )))
        } else {
            Err(by_hand(format!("its {parent} is gone or unknown")))
        };
    }
    let mark = handle
        .as_deref()
        .ok_or_else(|| by_hand("it carries no mark".to_owned()))?;
    let (list, items) = listed(client, spec, resource, &owner).await.map_err(&by_hand)?;
    let Some((id, _)) = items.into_iter().find(|(_, item)| item.to_string().contains(mark)) else {
        return Ok(Unfinished::Nothing(format!(
            "no {} with {mark} in {list}: never made",
            resource.name
        )));
    };
    let delete = removal(spec, resource, &owner, &id);
    Ok(Unfinished::Object(JournalEntry::Created {
        key: *key,
        resource: resource.name.to_string(),
        owner: owner.to_string(),
        delete,
        path: format!("{id} in {list}"),
    }))
}

/// The owner's list, by its request, and the ids with the items in it.
async fn listed(
    client: &Client,
    spec: &Spec,
    resource: &Resource,
    owner: &IdentityName,
) -> Result<(String, Vec<(Value, Value)>), String> {
    if !spec.identities.contains_key(owner) {
        return Err("the plan no longer knows its owner".to_owned());
    }
    let call = resource.list().ok_or("the plan knows no list of them")?;
    let bindings = Bindings {
        params: call.params.clone(),
        ..Bindings::default()
    };
    let canaries = Canaries::new();
    let lookup = CallerLookup::new(spec, &canaries, Some(owner), &bindings);
    let request = Request::fill(&call.request, &lookup).map_err(|error| error.to_string())?;
    let shown = format!("{} {}", request.method, request.path);
    let exchange = client
        .send(Outgoing::new(&Actor::identity(owner), Purpose::Cleanup, request))
        .await
        .map_err(|reason| format!("{shown}: {}", reason.detail))?;
    if !exchange.is_success() {
        return Err(format!("{shown} answered {}", exchange.status));
    }
    Ok((shown, object_ids(&resource.id, &exchange)))
}

/// The method and path that remove an object.
fn removal(spec: &Spec, resource: &Resource, owner: &IdentityName, id: &Value) -> Option<(String, String)> {
    let call = resource.delete.as_ref()?;
    let object = Object {
        key: ObjectKey(0),
        resource: resource.name.clone(),
        owner: owner.clone(),
        id: id.clone(),
        keys: Vec::new(),
        ancestors: Vec::new(),
        canaries: Vec::new(),
        origin: Origin::Found,
    };
    let bindings = Bindings {
        objects: vec![Arc::new(object)],
        params: call.params.clone(),
        ..Bindings::default()
    };
    let canaries = Canaries::new();
    let lookup = CallerLookup::new(spec, &canaries, Some(owner), &bindings);
    let request = Request::fill(&call.request, &lookup).ok()?;
    Some((request.method.to_string(), request.path))
}
