//! The `resources` section: what the plan says about kinds of objects goes before what the document shows.

use gate_model::{IdentityName, ResourceName};
use gate_spec::{Call, Extract, Resource, Visibility};
use indexmap::IndexMap;

use super::cx::Cx;
use super::request::{self, Planned};
use super::values::extract;
use crate::derive::{Derived, Hints, Routes, Sketch, Source, placeholders, strip_query};
use crate::diagnostic::remedy;
use crate::raw;
use crate::yaml::join;

/// The requests that the plan writes for one kind.
#[derive(Default)]
pub(crate) struct Requests {
    create: Option<Planned>,
    read: Option<Planned>,
    lists: Vec<Planned>,
    delete: Option<Planned>,
}

/// Reads the requests of a kind, adds those that the document leaves out to the routes, and gives the sketch.
pub(crate) fn requests(
    cx: &mut Cx<'_>,
    name: &str,
    raw: &raw::Resource,
    routes: &mut Routes<'_>,
) -> (Requests, Option<Sketch>) {
    let place = join("/resources", name);
    let one = |cx: &mut Cx<'_>, key: &str, raw: Option<&raw::RequestOrText>| {
        raw.and_then(|raw| request::either(cx, &join(&place, key), raw, routes))
    };
    let create = one(cx, "create", raw.create.as_ref());
    let read = one(cx, "read", raw.read.as_ref());
    let delete = one(cx, "delete", raw.delete.as_ref());
    if let Some(update) = one(cx, "update", raw.update.as_ref()) {
        source(routes, &update, true);
    }
    let mut lists = Vec::new();
    if let Some(list) = &raw.list {
        let (items, single) = list.items();
        for (position, item) in items.iter().enumerate() {
            let place = join(&place, "list");
            let place = if single {
                place
            } else {
                join(&place, &position.to_string())
            };
            lists.extend(request::either(cx, &place, item, routes));
        }
    }
    for (position, item) in raw.also_seen_by.iter().enumerate() {
        lists.extend(request::either(
            cx,
            &join(&join(&place, "also_seen_by"), &position.to_string()),
            item,
            routes,
        ));
    }
    if create.is_none() && read.is_none() && delete.is_none() && lists.is_empty() {
        return (Requests::default(), None);
    }
    if create.is_none() && read.is_none() && delete.is_none() && raw.list.is_none() {
        // Only where else it is seen: the rest is the document's.
        let requests = Requests {
            lists,
            ..Requests::default()
        };
        return (requests, None);
    }
    let listed = raw.list.as_ref().map_or(0, |list| list.items().0.len());
    let sketch = Sketch {
        name: name.to_owned(),
        parent: raw.parent.clone(),
        create: create.as_ref().map(|planned| source(routes, planned, true)),
        read: read.as_ref().map(|planned| source(routes, planned, false)),
        delete: delete.as_ref().map(|planned| source(routes, planned, false)),
        lists: lists
            .iter()
            .enumerate()
            .map(|(position, planned)| (position, source(routes, planned, false)))
            .filter(|(position, _)| *position < listed)
            .map(|(_, index)| index)
            .collect(),
        ..Sketch::default()
    };
    let requests = Requests {
        create,
        read,
        lists,
        delete,
    };
    (requests, Some(sketch))
}

/// The source that a request is, added where the document does not know it. A create brings its body along.
pub(crate) fn source(routes: &mut Routes<'_>, planned: &Planned, body: bool) -> usize {
    let index = routes.find(planned.request.method, &planned.path).unwrap_or_else(|| {
        routes.add(Source {
            method: planned.request.method,
            path: strip_query(&planned.path).replace("{{", "{").replace("}}", "}"),
            document: None,
            request: Some(planned.request.clone()),
            location: planned.request.source.clone(),
        })
    });
    if body {
        routes.give(index, planned.request.clone());
    }
    index
}

/// Puts the plan's words over what was derived.
pub(crate) fn overlay(
    cx: &mut Cx<'_>,
    raw: &IndexMap<String, raw::Resource>,
    requests: Vec<Requests>,
    derived: &mut Derived,
    routes: &Routes<'_>,
    hints: &Hints,
    document_to_come: bool,
) {
    for ((name, raw), requests) in raw.iter().zip(requests) {
        let place = join("/resources", name);
        let key = ResourceName::new(name);
        let call =
            |derived: &Derived, planned: Planned| derived.call(routes, hints, name, planned.request, &planned.path);
        let create = requests.create.map(|planned| call(derived, planned));
        let read = requests.read.map(|planned| call(derived, planned));
        let delete = requests.delete.map(|planned| call(derived, planned));
        let lists: Vec<Call> = requests
            .lists
            .into_iter()
            .map(|planned| call(derived, planned))
            .collect();
        let id = ids(cx, &place, raw);
        let keys: Vec<(String, Extract)> = raw
            .keys
            .iter()
            .filter_map(|(key, raw)| Some((key.clone(), extract(cx, &join(&join(&place, "keys"), key), raw, false)?)))
            .collect();
        let names: Vec<String> = derived.resources.keys().map(|name| name.as_str().to_owned()).collect();
        let Some(resource) = derived.resources.get_mut(&key) else {
            if !document_to_come && !cx.broken(&place) {
                let help = remedy(name, names.iter().map(String::as_str)).or(Some(
                    "say how one is made: `create: { post: …, json: { … } }`".to_owned(),
                ));
                cx.error_key(&place, format!("nothing is known about the resource `{name}`"), help);
            }
            continue;
        };
        resource.source = cx.at(&place);
        resource.create = create.or(resource.create.take());
        resource.read = read.or(resource.read.take());
        resource.delete = delete.or(resource.delete.take());
        for list in lists {
            resource.lists.retain(|known| {
                known.operation.is_none() || known.operation != list.operation || !list_is_plain(known)
            });
            resource.lists.push(list);
        }
        if raw.from == Some(raw::From::List) {
            resource.create = None;
        }
        if !id.is_empty() {
            resource.id = id;
        }
        resource.keys = keys;
        visibility(resource, raw);
        if let Some(owner) = &raw.owner
            && cx.identity(&join(&place, "owner"), owner)
        {
            resource.owner = Some(IdentityName::new(owner));
        }
        if let Some(parent) = raw.parent.as_ref().filter(|_| !document_to_come) {
            parent_of(cx, &place, name, parent, &names);
        }
        if resource.create.is_none() && resource.lists.is_empty() && !document_to_come && !cx.broken(&place) {
            cx.error_key(
                &place,
                format!("nothing says how a `{name}` is made or found"),
                Some("add `create: { post: …, json: { … } }`, or `from: list` with `list: GET …`".to_owned()),
            );
        }
    }
}

fn list_is_plain(call: &Call) -> bool {
    call.request.query.is_empty()
}

fn ids(cx: &mut Cx<'_>, place: &str, raw: &raw::Resource) -> Vec<Extract> {
    let Some(list) = &raw.id else { return Vec::new() };
    let place = join(place, "id");
    let (items, single) = list.items();
    items
        .iter()
        .enumerate()
        .filter_map(|(position, item)| {
            let place = if single {
                place.clone()
            } else {
                join(&place, &position.to_string())
            };
            extract(cx, &place, item, true)
        })
        .collect()
}

fn visibility(resource: &mut Resource, raw: &raw::Resource) {
    if raw.shared == Some(true) {
        resource.visibility = Visibility::Authenticated;
    }
    match raw.visibility {
        Some(raw::Visibility::Tenant) => resource.visibility = Visibility::Tenant,
        Some(raw::Visibility::Authenticated) => resource.visibility = Visibility::Authenticated,
        Some(raw::Visibility::Public) => resource.visibility = Visibility::Public,
        None => {}
    }
}

fn parent_of(cx: &mut Cx<'_>, place: &str, name: &str, parent: &str, names: &[String]) {
    let place = join(place, "parent");
    if parent == name {
        cx.error(&place, "a resource that is its own parent");
    } else if !names.iter().any(|known| known == parent) {
        let help = remedy(parent, names.iter().map(String::as_str));
        let shown = cx.shown(&place, parent);
        cx.error_help(&place, format!("there is no resource {shown}"), help);
    }
}

/// Placeholders in the requests of a resource that nothing fills.
pub(crate) fn unfilled(call: &Call) -> Vec<String> {
    let path = call.request.path.to_string();
    placeholders(&path)
        .into_iter()
        .map(|(_, name)| name)
        .filter(|name| {
            call.params
                .iter()
                .any(|(param, source)| param == name && matches!(source, gate_spec::ParamSource::Unknown { .. }))
        })
        .collect()
}
