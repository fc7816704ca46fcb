//! Kinds of objects: a collection with a way to make one and a way to address one.

use std::collections::{HashMap, HashSet};

use gate_spec::Method;

use super::collections;
use super::routes::{Routes, normal};
use super::words::{singular, squashed};

/// A kind of object as its operations show it, by number of the source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    pub(crate) name: String,
    pub(crate) parent: Option<String>,
    /// Normal paths of one object.
    pub(crate) items: Vec<String>,
    /// Normal paths of the collection.
    pub(crate) collections: Vec<String>,
    pub(crate) create: Option<usize>,
    pub(crate) read: Option<usize>,
    pub(crate) lists: Vec<usize>,
    pub(crate) delete: Option<usize>,
    /// Whether the client names the object itself.
    pub(crate) client_named: bool,
}

struct Group {
    item: String,
    collection: String,
    last: String,
}

/// Completes the plan's sketches and adds those that the operations show. Sources in `taken` do something else.
pub(super) fn sketch(
    routes: &Routes<'_>,
    planned: &[Sketch],
    taken: &HashSet<usize>,
    tenant: Option<&str>,
) -> Vec<Sketch> {
    let mut sketches: Vec<Sketch> = planned.to_vec();
    let groups = groups(routes, tenant);
    let items: HashSet<&str> = groups.iter().map(|group| group.item.as_str()).collect();
    let posts = posts_by_segment(routes, taken);
    let mut done: HashSet<String> = HashSet::new();
    for sketch in &mut sketches {
        for item in claimed(routes, sketch) {
            if !sketch.items.contains(&item) {
                sketch.items.push(item);
            }
        }
        if let (Some(create), None) = (sketch.create, sketch.read) {
            // Made below a parent, addressed by a path of its own.
            let made = normal(&routes.get(create).path);
            let segment = made.rsplit('/').next().unwrap_or_default();
            let own = groups.iter().filter(|group| {
                group.collection.rsplit('/').next() == Some(segment)
                    && routes.exact(Method::Post, &group.collection).is_none()
                    && !sketch.items.contains(&group.item)
            });
            let own: Vec<String> = own.map(|group| group.item.clone()).collect();
            sketch.items.extend(own);
        }
        if sketch.items.is_empty() {
            // Made in a way of its own; the rest is what the document has under the same name.
            let alike = groups
                .iter()
                .find(|group| group.last == sketch.name && !done.contains(&group.item));
            sketch.items.extend(alike.map(|group| group.item.clone()));
        }
        if let Some(create) = sketch.create {
            // Made below a parent, so that the list there shows it first.
            let made = normal(&routes.get(create).path);
            let list = routes
                .exact(Method::Get, &made)
                .filter(|index| !made.ends_with("/{}") && !taken.contains(index));
            if sketch.lists.is_empty() {
                sketch.lists.extend(list);
            }
        }
        for item in sketch.items.clone() {
            complete(routes, sketch, &item, taken);
            done.insert(item);
        }
        done.extend(sketch.collections.iter().cloned());
    }
    for group in &groups {
        if done.contains(&group.item) {
            continue;
        }
        let mut found = Sketch::default();
        complete(routes, &mut found, &group.item, taken);
        found.items.push(group.item.clone());
        found.collections.push(group.collection.clone());
        if found.create.is_none() {
            nested_create(routes, &mut found, group, &items, &posts, &mut done);
        }
        let put = routes
            .exact(Method::Put, &group.item)
            .filter(|index| !taken.contains(index));
        if found.create.is_none() && found.read.is_some() && put.is_some() && found.lists.is_empty() {
            found.create = put;
            found.client_named = true;
        }
        let findable = !found.lists.is_empty() && (found.read.is_some() || found.delete.is_some() || put.is_some());
        if found.create.is_none() && !findable {
            continue;
        }
        found.name = group.last.clone();
        done.insert(group.item.clone());
        sketches.push(found);
    }
    let known: HashSet<String> = sketches.iter().flat_map(|sketch| sketch.collections.clone()).collect();
    sketches.extend(collections::without_items(routes, taken, &known));
    name(&mut sketches, planned.len());
    parents(routes, &mut sketches);
    sketches
}

/// The item paths that a planned resource's own requests show.
fn claimed(routes: &Routes<'_>, sketch: &Sketch) -> Vec<String> {
    let mut items = Vec::new();
    for list in &sketch.lists {
        let item = format!("{}/{{}}", normal(&routes.get(*list).path));
        let exists = [Method::Get, Method::Put, Method::Patch, Method::Delete]
            .into_iter()
            .any(|method| routes.exact(method, &item).is_some());
        if exists && !items.contains(&item) {
            items.push(item);
        }
    }
    for index in [sketch.read, sketch.delete].into_iter().flatten() {
        let path = normal(&routes.get(index).path);
        if path.ends_with("/{}") {
            items.push(path);
        }
    }
    if let Some(create) = sketch.create {
        let path = normal(&routes.get(create).path);
        let item = if path.ends_with("/{}") {
            path
        } else {
            format!("{path}/{{}}")
        };
        let exists = [Method::Get, Method::Put, Method::Patch, Method::Delete]
            .into_iter()
            .any(|method| routes.exact(method, &item).is_some());
        if exists && !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// Item paths in document order.
fn groups(routes: &Routes<'_>, tenant: Option<&str>) -> Vec<Group> {
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for source in routes.sources() {
        let item = normal(&source.path);
        let Some(collection) = item.strip_suffix("/{}") else {
            continue;
        };
        let Some(last) = collection
            .rsplit('/')
            .next()
            .filter(|last| !last.is_empty() && !last.contains('{'))
        else {
            continue;
        };
        let is_tenant = tenant.is_some_and(|tenant| source.path.ends_with(&format!("/{{{tenant}}}")));
        if is_tenant || matches!(last, "me" | "self") || !seen.insert(item.clone()) {
            continue;
        }
        groups.push(Group {
            last: singular(last),
            collection: collection.to_owned(),
            item,
        });
    }
    groups
}

fn posts_by_segment(routes: &Routes<'_>, taken: &HashSet<usize>) -> HashMap<String, Vec<usize>> {
    let mut posts: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, source) in routes.sources().iter().enumerate() {
        if source.method != Method::Post || taken.contains(&index) {
            continue;
        }
        let path = normal(&source.path);
        if let Some(last) = path.rsplit('/').next().filter(|last| !last.contains('{')) {
            posts.entry(last.to_owned()).or_default().push(index);
        }
    }
    posts
}

/// Takes the operations on an item path and its collection.
fn complete(routes: &Routes<'_>, sketch: &mut Sketch, item: &str, taken: &HashSet<usize>) {
    let find = |method, path: &str| routes.exact(method, path).filter(|index| !taken.contains(index));
    sketch.read = sketch.read.or(find(Method::Get, item));
    sketch.delete = sketch.delete.or(find(Method::Delete, item));
    if let Some(collection) = item.strip_suffix("/{}") {
        sketch.create = sketch.create.or(find(Method::Post, collection));
        if let Some(list) = find(Method::Get, collection)
            && !sketch.lists.contains(&list)
        {
            sketch.lists.push(list);
        }
        if !sketch.collections.iter().any(|known| known == collection) {
            sketch.collections.push(collection.to_owned());
        }
    }
}

/// `/documents/{id}` whose objects are made by `POST /projects/{id}/documents`.
fn nested_create(
    routes: &Routes<'_>,
    sketch: &mut Sketch,
    group: &Group,
    items: &HashSet<&str>,
    posts: &HashMap<String, Vec<usize>>,
    done: &mut HashSet<String>,
) {
    let Some(last) = group.collection.rsplit('/').next() else {
        return;
    };
    let candidates: Vec<usize> = posts.get(last).cloned().unwrap_or_default();
    let nested: Vec<usize> = candidates
        .into_iter()
        .filter(|index| {
            let path = normal(&routes.get(*index).path);
            path != group.collection && path.contains("/{}/")
        })
        .collect();
    let [create] = nested.as_slice() else { return };
    sketch.create = Some(*create);
    let collection = normal(&routes.get(*create).path);
    let item = format!("{collection}/{{}}");
    if items.contains(item.as_str()) && !done.contains(&item) {
        sketch.delete = sketch.delete.or(routes.exact(Method::Delete, &item));
        sketch.read = sketch.read.or(routes.exact(Method::Get, &item));
        sketch.items.push(item.clone());
        done.insert(item);
    }
    if let Some(list) = routes.exact(Method::Get, &collection)
        && !sketch.lists.contains(&list)
    {
        sketch.lists.insert(0, list);
    }
    sketch.collections.push(collection);
}

/// Gives each found kind a name of its own: two of the same are told apart by what they live under.
fn name(sketches: &mut [Sketch], planned: usize) {
    let mut used: HashSet<String> = sketches[..planned].iter().map(|sketch| sketch.name.clone()).collect();
    for sketch in &mut sketches[planned..] {
        let mut name = sketch.name.clone();
        if used.contains(&name) {
            let above = sketch.collections.first().and_then(|path| {
                path.split('/')
                    .filter(|segment| !segment.is_empty() && !segment.contains('{'))
                    .rev()
                    .nth(1)
                    .map(singular)
            });
            if let Some(above) = above {
                name = format!("{above}-{name}");
            }
        }
        let mut number = 2;
        let stem = name.clone();
        while !used.insert(name.clone()) {
            name = format!("{stem}-{number}");
            number += 1;
        }
        sketch.name = name;
    }
}

/// What each kind lives under: the longest path before its own that addresses one of another kind.
fn parents(routes: &Routes<'_>, sketches: &mut [Sketch]) {
    let owners: HashMap<String, String> = sketches
        .iter()
        .flat_map(|sketch| sketch.items.iter().map(|item| (item.clone(), sketch.name.clone())))
        .collect();
    for sketch in sketches.iter_mut() {
        if sketch.parent.is_some() {
            continue;
        }
        let mut paths: Vec<String> = sketch
            .create
            .map(|index| normal(&routes.get(index).path))
            .into_iter()
            .collect();
        paths.extend(
            sketch
                .items
                .iter()
                .filter_map(|item| item.strip_suffix("/{}"))
                .map(str::to_owned),
        );
        for path in paths {
            let mut prefix = path.as_str();
            while let Some(cut) = prefix.rfind('/') {
                prefix = &prefix[..cut];
                if let Some(owner) = owners.get(prefix).filter(|owner| **owner != sketch.name) {
                    sketch.parent = Some(owner.clone());
                    break;
                }
            }
            if sketch.parent.is_some() {
                break;
            }
        }
    }
    break_circles(sketches);
}

fn break_circles(sketches: &mut [Sketch]) {
    let mut above: HashMap<String, String> = sketches
        .iter()
        .filter_map(|sketch| Some((sketch.name.clone(), sketch.parent.clone()?)))
        .collect();
    for sketch in sketches.iter_mut() {
        let name = sketch.name.as_str();
        let mut at = name;
        let mut steps = 0;
        let mut circle = false;
        while let Some(next) = above.get(at) {
            at = next;
            steps += 1;
            if at == name || steps > 8 {
                circle = true;
                break;
            }
        }
        if circle {
            above.remove(name);
            sketch.parent = None;
        }
    }
}

/// Which kind a name means: `projectId`, `project_id`, `project`.
pub(super) struct Names {
    by_item: HashMap<String, String>,
    by_segment: HashMap<String, Option<String>>,
    by_name: HashMap<String, String>,
    order: HashMap<String, usize>,
}

impl Names {
    pub(super) fn new(sketches: &[Sketch]) -> Self {
        let mut names = Self {
            by_item: HashMap::new(),
            by_segment: HashMap::new(),
            by_name: HashMap::new(),
            order: HashMap::new(),
        };
        for (place, sketch) in sketches.iter().enumerate() {
            names.order.insert(sketch.name.clone(), place);
            for item in &sketch.items {
                names.by_item.entry(item.clone()).or_insert_with(|| sketch.name.clone());
            }
            for collection in &sketch.collections {
                if let Some(last) = collection.rsplit('/').next() {
                    names
                        .by_segment
                        .entry(last.to_owned())
                        .and_modify(|known| {
                            if known.as_ref() != Some(&sketch.name) {
                                *known = None;
                            }
                        })
                        .or_insert_with(|| Some(sketch.name.clone()));
                }
            }
            let squashed = squashed(&sketch.name);
            for suffix in ["id", "uuid", "key", "slug", ""] {
                names
                    .by_name
                    .entry(format!("{squashed}{suffix}"))
                    .or_insert_with(|| sketch.name.clone());
            }
        }
        names
    }

    /// The kind that a normal path addresses one of.
    pub(super) fn item(&self, normal: &str) -> Option<&str> {
        self.by_item.get(normal).map(String::as_str)
    }

    /// The kind whose collection ends in this segment, where only one does.
    pub(super) fn segment(&self, segment: &str) -> Option<&str> {
        self.by_segment.get(segment).and_then(Option::as_deref)
    }

    /// Whether a kind has exactly this name.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.by_name.get(&squashed(name)).is_some_and(|known| known == name)
    }

    /// Whether one kind is known before another one.
    pub(super) fn comes_before(&self, kind: &str, other: &str) -> bool {
        match (self.order.get(kind), self.order.get(other)) {
            (Some(kind), Some(other)) => kind < other,
            _ => false,
        }
    }

    /// The kind that a parameter or field is called after.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.by_name.get(&squashed(name)).map(String::as_str)
    }
}
