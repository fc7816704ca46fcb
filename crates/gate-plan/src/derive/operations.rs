//! Each operation with what it does, to which kind of object, and the request that does it.

use std::collections::{HashMap, HashSet};

use gate_model::{Notice, OperationId, ResourceName};
use gate_spec::{
    Call, Effect, Extract, Method, Operation, ParamSource, RequestTemplate, Resource, Template, TenantSelector,
    Visibility,
};
use indexmap::IndexMap;

use super::resources::{Names, Sketch, sketch};
use super::routes::{Routes, Source, normal, placeholders};
use super::words::words;
use super::{Hints, bodies, declared, effects, identify, params, public};

/// What was derived.
pub(crate) struct Derived {
    pub(crate) operations: IndexMap<OperationId, Operation>,
    pub(crate) resources: IndexMap<ResourceName, Resource>,
    pub(crate) notices: Vec<Notice>,
    names: Names,
}

impl Derived {
    /// A request of the plan on behalf of a resource.
    pub(crate) fn call(
        &self,
        routes: &Routes<'_>,
        hints: &Hints,
        this: &str,
        request: RequestTemplate,
        path: &str,
    ) -> Call {
        let operation = routes.find(request.method, path);
        let sketch = Sketch {
            name: this.to_owned(),
            ..Sketch::default()
        };
        let document = operation.and_then(|index| routes.get(index).document);
        let id = operation.map(|index| routes.get(index).id());
        let known = id.as_ref().and_then(|id| self.operations.get(id));
        Call {
            params: params::bind(path, document, &self.names, hints, Some(&sketch)),
            request: known.map_or_else(|| request.clone(), |known| completed(&request, &known.request)),
            operation: id,
        }
    }
}

/// A request of the plan with what it leaves out and the operation has: the body, query parameters, headers.
fn completed(request: &RequestTemplate, known: &RequestTemplate) -> RequestTemplate {
    let mut request = request.clone();
    if request.body == gate_spec::Body::None {
        request.body.clone_from(&known.body);
    }
    let path = request.path.to_string();
    let in_path = |name: &str| path.contains(&format!("?{name}=")) || path.contains(&format!("&{name}="));
    for (name, value) in &known.query {
        if !in_path(name) && !request.query.iter().any(|(given, _)| given == name) {
            request.query.push((name.clone(), value.clone()));
        }
    }
    for (name, value) in &known.headers {
        if !request
            .headers
            .iter()
            .any(|(given, _)| given.eq_ignore_ascii_case(name))
        {
            request.headers.push((name.clone(), value.clone()));
        }
    }
    request
}

/// Derives operations and resources.
pub(crate) fn derive(routes: &Routes<'_>, hints: &Hints) -> Derived {
    let claimed: HashSet<usize> = hints
        .resources
        .iter()
        .flat_map(|sketch| {
            [sketch.create, sketch.read, sketch.delete]
                .into_iter()
                .chain(sketch.lists.iter().copied().map(Some))
        })
        .flatten()
        .chain(hints.shows.iter().map(|(index, _)| *index))
        .collect();
    let special: HashMap<usize, Effect> = routes
        .sources()
        .iter()
        .enumerate()
        .filter(|(index, _)| !claimed.contains(index))
        .filter_map(|(index, source)| {
            let effect = hints
                .effects
                .get(&index)
                .copied()
                .or_else(|| hints.login.contains(&index).then_some(Effect::IssuesCredentials))
                .or_else(|| effects::by_name(source))?;
            Some((index, effect))
        })
        .collect();
    let taken: HashSet<usize> = special.keys().copied().collect();
    let tenant = match &hints.tenant {
        Some(TenantSelector::Path(name)) => Some(name.as_str()),
        _ => None,
    };
    let sketches = sketch(routes, &hints.resources, &taken, tenant);
    let names = Names::new(&sketches);
    let roles = roles(&sketches);
    let mut operations = IndexMap::with_capacity(routes.sources().len());
    for (index, source) in routes.sources().iter().enumerate() {
        let operation = operation(routes, index, source, &names, hints, &roles, &special);
        operations.insert(operation.id.clone(), operation);
    }
    let mut resources = IndexMap::with_capacity(sketches.len());
    for sketch in in_order(&sketches) {
        let resource = resource(routes, sketch, &operations);
        resources.insert(resource.name.clone(), resource);
    }
    let mut notices = public::notices(routes.sources());
    for sketch in &sketches {
        let planned = hints.resources.iter().any(|known| known.name == sketch.name);
        notices.extend(weak(routes, sketch).filter(|_| !planned));
    }
    Derived {
        notices,
        operations,
        resources,
        names,
    }
}

/// What is told about a kind of object that rests on little.
fn weak(routes: &Routes<'_>, sketch: &Sketch) -> Option<Notice> {
    let name = ResourceName::new(&sketch.name).with_article();
    let (index, text) = match sketch.create {
        Some(index) if sketch.client_named => (index, format!("{name} is taken to be named by whoever makes it")),
        Some(_) => return None,
        None => {
            let index = *sketch.lists.first()?;
            let text = format!("nothing makes {name}, so one is looked for in its owner's list");
            (index, text)
        }
    };
    let source = routes.get(index);
    Some(Notice::info(text).about(&source.id()).at(source.location.clone()))
}

/// What sources do for a kind of object.
fn roles(sketches: &[Sketch]) -> HashMap<usize, (Effect, String)> {
    let mut roles = HashMap::new();
    for sketch in sketches {
        let parts = [
            (sketch.create, Effect::Create),
            (sketch.read, Effect::Read),
            (sketch.delete, Effect::Delete),
        ];
        for (index, effect) in parts {
            if let Some(index) = index {
                roles.entry(index).or_insert_with(|| (effect, sketch.name.clone()));
            }
        }
        for index in &sketch.lists {
            roles
                .entry(*index)
                .or_insert_with(|| (Effect::List, sketch.name.clone()));
        }
    }
    roles
}

fn operation(
    routes: &Routes<'_>,
    index: usize,
    source: &Source<'_>,
    names: &Names,
    hints: &Hints,
    roles: &HashMap<usize, (Effect, String)>,
    special: &HashMap<usize, Effect>,
) -> Operation {
    let params = params::bind(&source.path, source.document, names, hints, None);
    let wire = routes.wire(source.method, &source.path);
    let mut request = RequestTemplate::new(
        source.method,
        Template::parse_path(&wire).unwrap_or_else(|_| Template::literal(wire.clone())),
    );
    request.source.clone_from(&source.location);
    let making = match roles.get(&index) {
        Some((Effect::Create, name)) => Some(name.as_str()),
        _ => None,
    };
    match (&source.request, source.document) {
        (Some(planned), document) => {
            if let Some(document) = document {
                bodies::fill(document, names, hints, making, &mut request);
            }
            if planned.body != gate_spec::Body::None {
                request.body = planned.body.clone();
            }
            for (name, value) in &planned.query {
                request.query.retain(|(known, _)| known != name);
                request.query.push((name.clone(), value.clone()));
            }
            for (name, value) in &planned.headers {
                request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                request.headers.push((name.clone(), value.clone()));
            }
        }
        (None, Some(document)) => bodies::fill(document, names, hints, making, &mut request),
        (None, None) => {}
    }
    let (effect, resource) = match (roles.get(&index), special.get(&index)) {
        (_, Some(effect)) => (*effect, None),
        (Some((effect, name)), None) => (*effect, Some(ResourceName::new(name))),
        (None, None) => shown_by(index, source, &params, hints).unwrap_or_else(|| by_shape(source, &params, names)),
    };
    let secured = public::secured(source.document);
    Operation {
        id: source.id(),
        public: public::public(source, secured, effect, hints.login.contains(&index)),
        query_names: source
            .document
            .map(|operation| {
                let parameters = operation.parameters.iter();
                parameters
                    .filter(|parameter| parameter.location == gate_openapi::ParamIn::Query)
                    .map(|parameter| parameter.name.clone())
                    .collect()
            })
            .unwrap_or_default(),
        produces: source
            .document
            .and_then(|operation| operation.responses.iter().find(|response| response.is_success()))
            .map(|response| response.media_types.clone())
            .unwrap_or_default(),
        declared: declared::declared(source.document, names, resource.as_ref()),
        request,
        params,
        effect,
        resource,
        secured,
        skip: None,
        source: source.location.clone(),
    }
}

/// What an operation does that the plan names as one that shows objects: reads the one that its path addresses, or lists.
/// Where it shows several kinds, none is named: the lists of those kinds name the operation.
fn shown_by(
    index: usize,
    source: &Source<'_>,
    params: &[(String, ParamSource)],
    hints: &Hints,
) -> Option<(Effect, Option<ResourceName>)> {
    let kinds: Vec<&String> = hints
        .shows
        .iter()
        .filter(|(known, _)| *known == index && source.method.is_safe())
        .map(|(_, name)| name)
        .collect();
    let first = kinds.first()?;
    let name = ResourceName::new(first);
    let addressed = params
        .iter()
        .any(|(_, source)| *source == ParamSource::Id(name.clone()));
    Some(match kinds.as_slice() {
        [_] if addressed => (Effect::Read, Some(name)),
        [_] => (Effect::List, Some(name)),
        _ => (Effect::List, None),
    })
}

/// What an operation does, by method and by what its path addresses.
fn by_shape(source: &Source<'_>, params: &[(String, ParamSource)], names: &Names) -> (Effect, Option<ResourceName>) {
    let path = normal(&source.path);
    let safe = source.method.is_safe();
    if let Some(kind) = names.item(&path) {
        let effect = match source.method {
            Method::Put | Method::Patch => Effect::Update,
            Method::Delete => Effect::Delete,
            Method::Post => Effect::Action,
            Method::Get | Method::Head | Method::Options | Method::Trace => Effect::Read,
        };
        return (effect, Some(ResourceName::new(kind)));
    }
    let collection = path.rsplit('/').next().and_then(|last| names.segment(last));
    if source.method == Method::Delete && collection.is_some() && !path.ends_with("/{}") {
        // Deleting a whole collection takes what is not the run's own.
        return (Effect::Dangerous, None);
    }
    let lists = source.document.is_some_and(|operation| {
        operation
            .responses
            .iter()
            .any(|response| response.is_success() && (response.is_array() || response.list.is_some()))
    });
    if safe && let Some(kind) = collection.filter(|_| lists) {
        return (Effect::List, Some(ResourceName::new(kind)));
    }
    let addressed = params.iter().rev().find_map(|(_, source)| match source {
        ParamSource::Id(name) | ParamSource::Key(name, _) => Some(name.clone()),
        _ => None,
    });
    if let Some(name) = addressed {
        return (if safe { Effect::Read } else { Effect::Action }, Some(name));
    }
    if !safe {
        return (Effect::WriteOther, None);
    }
    let above = path
        .rsplit('/')
        .nth(1)
        .filter(|_| path.rsplit('/').next().is_some_and(selects))
        .and_then(|segment| names.segment(segment));
    match above {
        Some(kind) => (Effect::List, Some(ResourceName::new(kind))),
        None if searches(source) => (Effect::List, None),
        None => (Effect::ReadOther, None),
    }
}

/// Whether the last segment of a path picks among a collection: `search`, `findByStatus`, `mine`.
fn selects(segment: &str) -> bool {
    const WORDS: [&str; 10] = [
        "search", "find", "all", "mine", "my", "list", "export", "filter", "recent", "query",
    ];
    words(segment)
        .first()
        .is_some_and(|word| WORDS.contains(&word.as_str()))
}

fn searches(source: &Source<'_>) -> bool {
    source
        .path
        .rsplit('/')
        .next()
        .is_some_and(|last| matches!(last, "search" | "find" | "query"))
}

/// Parents before children.
fn in_order(sketches: &[Sketch]) -> Vec<&Sketch> {
    let mut done: HashSet<&str> = HashSet::new();
    let mut out: Vec<&Sketch> = Vec::with_capacity(sketches.len());
    let known: HashSet<&str> = sketches.iter().map(|sketch| sketch.name.as_str()).collect();
    for _ in 0..=8 {
        for sketch in sketches {
            let ready = sketch
                .parent
                .as_deref()
                .is_none_or(|parent| done.contains(parent) || !known.contains(parent));
            if ready && !done.contains(sketch.name.as_str()) {
                done.insert(&sketch.name);
                out.push(sketch);
            }
        }
    }
    // Deeper than any sound document; their parents come after them, which only costs them their parents' ids.
    out.extend(sketches.iter().filter(|sketch| !done.contains(sketch.name.as_str())));
    out
}

fn resource(routes: &Routes<'_>, sketch: &Sketch, operations: &IndexMap<OperationId, Operation>) -> Resource {
    let call = |index: usize| {
        operations.get(&routes.get(index).id()).map(|operation| Call {
            operation: Some(operation.id.clone()),
            request: operation.request.clone(),
            params: operation.params.clone(),
        })
    };
    let item = sketch.read.or(sketch.delete).map(|index| routes.get(index));
    let param = item.and_then(|source| {
        let (_, name) = placeholders(&source.path).pop()?;
        source
            .document?
            .path_parameters()
            .find(|parameter| parameter.name == name)
    });
    let create = sketch.create.and_then(|index| routes.get(index).document);
    Resource {
        name: ResourceName::new(&sketch.name),
        parent: sketch.parent.as_deref().map(ResourceName::new),
        create: sketch.create.and_then(call),
        id: if sketch.client_named {
            vec![Extract::Named("{{unique}}".to_owned())]
        } else if sketch.items.is_empty() {
            // No path needs the id, so that an answer without one does no harm.
            let mut id = identify::id(create, &sketch.name, param);
            id.push(Extract::Named("{{unique}}".to_owned()));
            id
        } else {
            identify::id(create, &sketch.name, param)
        },
        keys: Vec::new(),
        read: sketch.read.and_then(call),
        lists: sketch.lists.iter().copied().filter_map(call).collect(),
        delete: sketch.delete.and_then(call),
        visibility: Visibility::Tenant,
        owner: None,
        source: sketch
            .create
            .or(sketch.read)
            .and_then(|index| routes.get(index).location.clone()),
    }
}
