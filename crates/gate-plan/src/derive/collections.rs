//! Collections that objects are added to and listed from, but whose objects have no path of their own: the comments of a
//! ticket, the messages of a room, an audit trail.

use std::collections::HashSet;

use gate_openapi as oas;
use gate_spec::Method;

use super::resources::Sketch;
use super::routes::{Routes, normal};
use super::words::{singular, words};

/// Words that are plural and still one thing: what is posted there replaces it.
const ONE_THING: [&str; 8] = [
    "settings",
    "preferences",
    "options",
    "details",
    "stats",
    "statistics",
    "metrics",
    "credentials",
];

/// `POST /tickets/{id}/notes` beside `GET /tickets/{id}/notes`: what is made by the one shows in the other. Collections in
/// `known` have objects with paths already; sources in `taken` do something else.
pub(super) fn without_items(routes: &Routes<'_>, taken: &HashSet<usize>, known: &HashSet<String>) -> Vec<Sketch> {
    let mut found = Vec::new();
    for (index, source) in routes.sources().iter().enumerate() {
        let path = normal(&source.path);
        let last = path.rsplit('/').next().unwrap_or_default();
        if source.method != Method::Post || taken.contains(&index) || known.contains(&path) || last.contains('{') {
            continue;
        }
        let Some(list) = routes
            .exact(Method::Get, &path)
            .filter(|list| !taken.contains(list) && shows_many(routes.get(*list).document, last))
        else {
            continue;
        };
        found.push(Sketch {
            name: singular(last),
            collections: vec![path],
            create: Some(index),
            lists: vec![list],
            ..Sketch::default()
        });
    }
    found
}

/// Whether an operation shows a list: by its schema, or, where the document has none, by its name.
fn shows_many(operation: Option<&oas::Operation>, last: &str) -> bool {
    let Some(operation) = operation else { return false };
    let described: Vec<&oas::Response> = operation
        .responses
        .iter()
        .map(AsRef::as_ref)
        .filter(|response: &&oas::Response| response.is_success() && response.kind != oas::Kind::Any)
        .collect();
    if described.is_empty() {
        let word = words(last).pop().unwrap_or_default();
        return singular(last) != words(last).join("-") && !ONE_THING.contains(&word.as_str());
    }
    described
        .iter()
        .any(|response| response.is_array() || response.list.is_some())
}
