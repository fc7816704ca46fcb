//! The `resources` section: what the plan says about kinds of objects goes before what the document shows.

use gate_model::{IdentityName, ResourceName};
use gate_spec::{Call, Extract, Resource, Visibility};
use gate_yaml::{join, remedy};
use indexmap::IndexMap;

use super::cx::Cx;
use super::request::{self, Planned};
use super::values::extract;
use crate::derive::{Derived, Hints, Routes, Sketch, Source, placeholders, strip_query};
use crate::raw;

/// The requests that the plan writes for one kind.
#[derive(Default)]
pub(crate) struct Requests {
    create: Option<Planned>,
    read: Option<Planned>,
    lists: Vec<Planned>,
    /// Other operations that show it.
    shows: Vec<Planned>,
    delete: Option<Planned>,
}

impl Requests {
    /// Whether nothing but where else it is seen is written.
    fn only_shows(&self) -> bool {
        self.create.is_none() && self.read.is_none() && self.delete.is_none() && self.lists.is_empty()
    }
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
        source(routes, &update);
    }
    let lists = several(cx, &join(&place, "list"), raw.list.as_ref(), routes);
    let shows = several(cx, &join(&place, "also_seen_by"), raw.also_seen_by.as_ref(), routes);
    let requests = Requests {
        create,
        read,
        lists,
        shows,
        delete,
    };
    for planned in &requests.shows {
        source(routes, planned);
    }
    if requests.only_shows() {
        // The rest is the document's.
        return (requests, None);
    }
    let mut one = |planned: &Option<Planned>| planned.as_ref().map(|planned| source(routes, planned));
    let sketch = Sketch {
        name: name.to_owned(),
        parent: raw.parent.clone(),
        create: one(&requests.create),
        read: one(&requests.read),
        delete: one(&requests.delete),
        lists: requests.lists.iter().map(|planned| source(routes, planned)).collect(),
        ..Sketch::default()
    };
    (requests, Some(sketch))
}

fn several(
    cx: &mut Cx<'_>,
    place: &str,
    raw: Option<&raw::OneOrMany<raw::RequestOrText>>,
    routes: &Routes<'_>,
) -> Vec<Planned> {
    let Some(raw) = raw else { return Vec::new() };
    let (items, single) = raw.items();
    let mut found = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let place = if single {
            place.to_owned()
        } else {
            join(place, &position.to_string())
        };
        found.extend(request::either(cx, &place, item, routes));
    }
    found
}

/// The sources that show objects of a kind beside its lists.
pub(crate) fn shows(name: &str, requests: &Requests, routes: &Routes<'_>) -> Vec<(usize, String)> {
    let found = requests
        .shows
        .iter()
        .filter_map(|planned| routes.find(planned.request.method, &planned.path));
    found.map(|index| (index, name.to_owned())).collect()
}

/// The source that a request is, added where the document does not know it. The operation is then tried with the body and
/// the query that the plan writes.
pub(crate) fn source(routes: &mut Routes<'_>, planned: &Planned) -> usize {
    let index = routes.find(planned.request.method, &planned.path).unwrap_or_else(|| {
        routes.add(Source {
            method: planned.request.method,
            path: strip_query(&planned.path).replace("{{", "{").replace("}}", "}"),
            document: None,
            request: None,
            location: planned.request.source.clone(),
        })
    });
    routes.give(index, &planned.for_operation());
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
        let mut lists: Vec<Call> = requests
            .lists
            .into_iter()
            .map(|planned| call(derived, planned))
            .collect();
        let shows = requests.shows.into_iter().map(|planned| call(derived, planned));
        // What is asked for one object by its id is no list to find it in.
        lists.extend(shows.filter(|call| !addresses(call, &key)));
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
                format!("nothing says how {} is made or found", key.with_article()),
                Some("add `create: { post: …, json: { … } }`, or `from: list` with `list: GET …`".to_owned()),
            );
        }
    }
}

fn addresses(call: &Call, kind: &ResourceName) -> bool {
    call.params
        .iter()
        .any(|(_, source)| *source == gate_spec::ParamSource::Id(kind.clone()))
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
