//! What `launchgate init` tries before it writes the plan: whether the objects can be made as they were derived, and what the two
//! users are refused.
//!
//! Where writes are allowed (loopback) the first user makes one object of each kind, and everything is removed again. A body that is
//! refused is tried in a few smaller forms: documents often show one schema for what is sent and what is answered, with fields that
//! nobody may send. Reads without parameters are asked as both users. Nothing that changes something else is ever sent.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gate_exchange::{Actor, Client, Options, Outgoing, Purpose, Request, Sessions, Target};
use gate_init::Made;
use gate_model::{IdentityName, OperationId, ResourceName, SharedRedactor, Undecided};
use gate_objects::{Canaries, Journal, ObjectStore, Objects as _};
use gate_spec::{Body, Effect, JsonTemplate, Method, Operation, ParamSource, Spec};
use serde_json::Value;

use super::WORK_FOLDER;

/// Kinds of objects that are tried.
const MAX_KINDS: usize = 40;
/// Reads that are asked.
const MAX_READS: usize = 150;
/// Lines of the plan that leave something out.
const MAX_SKIPS: usize = 300;
/// Fields that a server sets itself, squashed to lower-case letters.
const OF_THE_SERVER: [&str; 22] = [
    "id",
    "uuid",
    "created",
    "createdat",
    "createdon",
    "createdby",
    "creator",
    "datecreated",
    "usercreated",
    "updated",
    "updatedat",
    "updatedon",
    "updatedby",
    "dateupdated",
    "userupdated",
    "modified",
    "modifiedat",
    "modifiedby",
    "deletedat",
    "lastmodified",
    "owner",
    "ownerid",
];

/// What became of one kind of object.
enum Fate {
    Made,
    /// It was answered this status.
    Refused(u16),
    /// Something else: no parent, no answer.
    Open,
}

/// Tries the plan, takes in what was found out, and says it for people.
pub(super) async fn rehearse(made: &mut Made, plan: &Path) -> String {
    let mut spec = made.spec.clone();
    let Some(owner) = spec.owners().first().map(|identity| identity.name.clone()) else {
        return String::new();
    };
    let mut said = String::new();
    let mut skips: BTreeMap<OperationId, String> = BTreeMap::new();
    let (mut creates, mut bodies) = (Vec::new(), Vec::new());
    if spec.writes_allowed() {
        let fates = objects(&mut spec, made, &owner, plan, &mut said).await;
        let mut count = 0;
        for (name, fate) in &fates {
            let Some(resource) = spec.resources.get(name) else {
                continue;
            };
            match fate {
                Fate::Made => {
                    count += 1;
                    let body = |spec: &Spec| spec.resources.get(name).map(|known| spec.written_create(known));
                    if body(&spec) != body(&made.spec) {
                        creates.push(spec.written_create(resource));
                        bodies.extend(updates(&spec, name));
                    }
                }
                Fate::Refused(status @ (401 | 403)) => {
                    let request = resource.create.as_ref().and_then(|call| call.operation.as_ref());
                    let request = request.map_or_else(|| "the request".to_owned(), ToString::to_string);
                    for operation in spec.operations.values().filter(|operation| is_about(operation, name)) {
                        let why = format!("{owner} may not make a {name}: {request} is answered {status}");
                        skips.entry(operation.id.clone()).or_insert(why);
                    }
                }
                Fate::Refused(_) | Fate::Open => {}
            }
        }
        said.push_str(&format!(
            "tried     {count} of {} kinds of objects were made and removed again\n",
            fates.len()
        ));
    }
    for (id, status) in refused_reads(&spec).await {
        let why = format!("both users are answered {status}");
        for operation in only_found_by(&spec, &id) {
            skips
                .entry(operation)
                .or_insert(format!("{why} where one would be found: {id}"));
        }
        skips.entry(id).or_insert(why);
    }
    skips.retain(|operation, _| {
        spec.operations
            .get(operation)
            .is_some_and(|known| known.public.is_none())
    });
    if !skips.is_empty() {
        said.push_str(&format!(
            "left out  {} operations that these users are refused; see `operations` in the plan\n",
            skips.len()
        ));
    }
    bodies.retain(|(operation, _)| !skips.contains_key(operation));
    made.rehearsed(creates, bodies, skips.into_iter().take(MAX_SKIPS).collect());
    said
}

/// The bodies of operations that change an object, with no more fields than the body that made it was taken with.
fn updates(spec: &Spec, kind: &ResourceName) -> Vec<(OperationId, Value)> {
    let create = spec.resources.get(kind).and_then(|resource| resource.create.as_ref());
    let Some(Body::Json(taken)) = create.map(|call| &call.request.body) else {
        return Vec::new();
    };
    let Some(taken) = taken.raw().as_object() else {
        return Vec::new();
    };
    let changes = spec.operations.values().filter(|operation| {
        operation.resource.as_ref() == Some(kind) && operation.effect == Effect::Update && !operation.params.is_empty()
    });
    let smaller = changes.filter_map(|operation| {
        let Body::Json(json) = &operation.request.body else {
            return None;
        };
        let fields = json.raw().as_object()?;
        let kept: serde_json::Map<String, Value> = fields
            .iter()
            .filter(|(name, _)| taken.contains_key(*name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (!kept.is_empty() && kept.len() < fields.len()).then(|| (operation.id.clone(), Value::Object(kept)))
    });
    smaller.collect()
}

/// Operations on a kind of object that nothing makes and only this list shows.
fn only_found_by(spec: &Spec, list: &OperationId) -> Vec<OperationId> {
    let kinds = spec.resources.values().filter(|resource| {
        let lists = || resource.lists.iter().map(|call| call.operation.as_ref());
        resource.create.is_none() && lists().count() > 0 && lists().all(|one| one == Some(list))
    });
    let of_kind = |name: &ResourceName| -> Vec<OperationId> {
        let about = spec.operations.values().filter(|operation| is_about(operation, name));
        about.map(|operation| operation.id.clone()).collect()
    };
    kinds.flat_map(|resource| of_kind(&resource.name)).collect()
}

/// Whether an operation needs an object of a kind, or makes one.
fn is_about(operation: &Operation, kind: &ResourceName) -> bool {
    let needs =
        |source: &ParamSource| matches!(source, ParamSource::Id(name) | ParamSource::Key(name, _) if name == kind);
    operation.resource.as_ref() == Some(kind) && operation.effect == Effect::Create
        || operation.params.iter().any(|(_, source)| needs(source))
}

fn bounds() -> Options {
    Options {
        deadline: Duration::from_secs(90),
        requests: 1000,
        timeout: Duration::from_secs(10),
        ..Options::default()
    }
}

fn client(spec: &Spec) -> Option<Arc<Client>> {
    let redactor = SharedRedactor::default();
    redactor.add(spec.secrets.iter().map(|secret| secret.expose().as_str()));
    Client::new(Arc::new(spec.clone()), bounds(), redactor)
        .ok()
        .map(Arc::new)
}

/// Makes one object of each kind, in rounds: what was refused is tried again with a smaller body. What is left in `spec` is what
/// was taken, or else what was derived.
async fn objects(
    spec: &mut Spec,
    made: &Made,
    owner: &IdentityName,
    plan: &Path,
    said: &mut String,
) -> BTreeMap<ResourceName, Fate> {
    let kinds = spec.resources.values().filter(|resource| resource.create.is_some());
    let kinds: Vec<ResourceName> = kinds.map(|resource| resource.name.clone()).take(MAX_KINDS).collect();
    let mut smaller: BTreeMap<ResourceName, Vec<Value>> = BTreeMap::new();
    for name in &kinds {
        let body = spec.resources.get(name).and_then(|resource| resource.create.as_ref());
        if let Some(Body::Json(json)) = body.map(|call| &call.request.body) {
            smaller.insert(name.clone(), smaller_bodies(json.raw()));
        }
    }
    let mut fates: BTreeMap<ResourceName, Fate> = BTreeMap::new();
    loop {
        let open: Vec<&ResourceName> = kinds
            .iter()
            .filter(|name| !matches!(fates.get(*name), Some(Fate::Made)))
            .collect();
        for (name, fate) in round(spec, &open, owner, plan, said).await {
            fates.insert(name, fate);
        }
        let mut changed = false;
        for name in &kinds {
            let refused = matches!(fates.get(name), Some(Fate::Refused(400 | 403 | 409 | 422)));
            let next = smaller
                .get_mut(name)
                .filter(|_| refused)
                .and_then(|bodies| bodies.pop());
            let body = next.and_then(|body| JsonTemplate::parse(body).ok());
            let create = spec
                .resources
                .get_mut(name)
                .and_then(|resource| resource.create.as_mut());
            if let (Some(body), Some(create)) = (body, create) {
                create.request.body = Body::Json(body);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for name in kinds
        .iter()
        .filter(|name| !matches!(fates.get(*name), Some(Fate::Made)))
    {
        // Nothing helped: what was derived is the better beginning.
        if let (Some(resource), Some(derived)) = (spec.resources.get_mut(name), made.spec.resources.get(name)) {
            resource.create.clone_from(&derived.create);
        }
    }
    fates
}

async fn round(
    spec: &Spec,
    kinds: &[&ResourceName],
    owner: &IdentityName,
    plan: &Path,
    said: &mut String,
) -> Vec<(ResourceName, Fate)> {
    let Some(client) = client(spec) else { return Vec::new() };
    let plan = plan.to_string_lossy();
    let journal = match Journal::create(Path::new(WORK_FOLDER), &spec.target.url, Some(&plan)) {
        Ok(journal) => journal,
        Err(error) => {
            said.push_str(&format!("warning   {error}: nothing was tried\n"));
            return Vec::new();
        }
    };
    let store = ObjectStore::new(
        Arc::new(spec.clone()),
        Arc::clone(&client) as Arc<dyn Target>,
        Arc::clone(&client) as Arc<dyn Sessions>,
        Arc::new(Canaries::new()),
        journal,
    );
    let mut fates = Vec::new();
    for name in kinds {
        let fate = match store.owned(name, owner).await {
            Ok(_) => Fate::Made,
            Err(reason) => fate(&reason),
        };
        fates.push(((*name).clone(), fate));
    }
    for leftover in store.clean_up().await {
        let line = format!(
            "warning   left behind: {} {} ({})\n",
            leftover.resource, leftover.path, leftover.reason
        );
        if !said.contains(&line) {
            said.push_str(&line);
        }
    }
    if let Some(path) = store.journal().close(store.journal().owed() > 0) {
        said.push_str(&format!(
            "warning   `launchgate sweep` takes back what stayed, by {}\n",
            path.display()
        ));
    }
    fates
}

/// The status that the request to make an object was answered, where that is what went wrong.
fn fate(reason: &Undecided) -> Fate {
    let status = reason.evidence.last().map(|evidence| evidence.status);
    match status.filter(|status| (400..500).contains(status)) {
        Some(status) => Fate::Refused(status),
        None => Fate::Open,
    }
}

/// Smaller forms of a body, the smallest first: one text alone, the texts alone, and all but what only the server sets.
fn smaller_bodies(body: &Value) -> Vec<Value> {
    let object = match body {
        Value::Array(items) => items.first().unwrap_or(body),
        other => other,
    };
    let Some(fields) = object.as_object() else {
        return Vec::new();
    };
    let squashed = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let of_people: Vec<_> = fields
        .iter()
        .filter(|(name, _)| !OF_THE_SERVER.contains(&squashed(name).as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let is_mark = |value: &Value| value.as_str().is_some_and(|text| text.contains("{{canary}}"));
    let texts: Vec<_> = of_people.iter().filter(|(_, value)| is_mark(value)).cloned().collect();
    let named = |name: &str| ["name", "title", "label", "subject"].contains(&squashed(name).as_str());
    let one = texts
        .iter()
        .find(|(name, _)| named(name))
        .or_else(|| texts.first())
        .cloned();
    let forms = [one.into_iter().collect::<Vec<_>>(), texts, of_people];
    let mut bodies: Vec<Value> = Vec::new();
    for form in forms.into_iter().filter(|form| !form.is_empty()) {
        let form = Value::Object(form.into_iter().collect());
        if form != *body && !bodies.contains(&form) {
            bodies.push(form);
        }
    }
    bodies
}

/// Reads without parameters that both users are refused, or that are not there.
async fn refused_reads(spec: &Spec) -> Vec<(OperationId, u16)> {
    let Some(client) = client(spec) else { return Vec::new() };
    let asked = spec.operations.values().filter(|operation| {
        operation.method() == Method::Get
            && operation.public.is_none()
            && operation.params.is_empty()
            && matches!(operation.effect, Effect::Read | Effect::List | Effect::ReadOther)
    });
    let mut refused = Vec::new();
    for operation in asked.take(MAX_READS) {
        let mut last = None;
        for identity in spec.identities.values() {
            last = answer(&client, operation, &identity.name).await;
            if !matches!(last, Some(401 | 403 | 404)) {
                break;
            }
        }
        if let Some(status @ (401 | 403 | 404)) = last {
            refused.push((operation.id.clone(), status));
        }
    }
    refused
}

async fn answer(client: &Client, operation: &Operation, identity: &IdentityName) -> Option<u16> {
    let nothing = |_: &str| -> Option<Value> { None };
    let request = Request::fill(&operation.request, &nothing).ok()?;
    let outgoing = Outgoing::new(&Actor::identity(identity), Purpose::Setup, request);
    client.send(outgoing).await.ok().map(|exchange| exchange.status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn smaller_bodies_lose_what_the_server_sets_first() {
        let body = json!([{ "id": "3f2b", "user_created": "{{canary}}", "title": "{{canary}}", "budget": "{{canary}}", "size": 1 }]);
        let mut bodies = smaller_bodies(&body);
        assert_eq!(
            bodies.pop(),
            Some(json!({ "title": "{{canary}}", "budget": "{{canary}}", "size": 1 }))
        );
        assert_eq!(
            bodies.pop(),
            Some(json!({ "title": "{{canary}}", "budget": "{{canary}}" }))
        );
        assert_eq!(bodies.pop(), Some(json!({ "title": "{{canary}}" })));
        assert_eq!(bodies.pop(), None);
        assert_eq!(smaller_bodies(&json!({ "name": "{{canary}}" })), Vec::<Value>::new());
        assert_eq!(smaller_bodies(&json!("text")), Vec::<Value>::new());
    }
}
