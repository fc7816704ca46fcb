//! Finds the list a response is or wraps.

use serde_json::Value;

use super::context::{Context, address};
use super::fields::{Depth, fields};
use super::kind::kind_of;
use super::view::{Prop, View};
use crate::model::{Kind, List};

/// Members that usually hold the list itself.
const LIST_NAMES: &[&str] = &[
    "items", "data", "results", "content", "records", "entries", "list", "rows", "values", "elements", "objects",
    "hits", "docs", "edges", "value",
];

/// Members that usually wrap the whole answer.
const ENVELOPES: &[&str] = &["data", "result", "response", "payload", "_embedded", "body", "page"];

/// The list which this schema is or wraps, kept for the next use of the same schema.
pub(crate) fn find_list<'a>(cx: &Context<'a>, schema: &'a Value) -> Option<List> {
    let key = address(schema);
    if let Some(known) = cx.lists.borrow().get(&key) {
        return known.clone();
    }
    let view = View::of(cx, schema, 0);
    let found = match kind_of(cx, &view).0 {
        Kind::Array => Some(List {
            path: Vec::new(),
            fields: fields(cx, schema, Depth::Response),
        }),
        Kind::Object => wrapped(cx, &view, true),
        _ => None,
    };
    cx.lists.borrow_mut().insert(key, found.clone());
    found
}

fn wrapped<'a>(cx: &Context<'a>, view: &View<'a>, look_deeper: bool) -> Option<List> {
    let props = view.properties(cx);
    let lists: Vec<&Prop<'a>> = props.iter().filter(|prop| is_list_of_objects(cx, prop)).collect();
    let has_id = props
        .iter()
        .any(|prop| matches!(prop.name, "id" | "_id" | "uuid" | "guid"));
    let named = LIST_NAMES
        .iter()
        .find_map(|name| lists.iter().find(|prop| prop.name.eq_ignore_ascii_case(name)));
    // An object with an id is a thing that has a list, not a page of things.
    let chosen = match (named, lists.as_slice()) {
        (Some(prop), _) if !has_id => Some(*prop),
        (None, [only]) if !has_id => Some(*only),
        _ => None,
    };
    if let Some(prop) = chosen {
        return Some(List {
            path: vec![prop.name.to_owned()],
            fields: fields(cx, prop.schema, Depth::Response),
        });
    }
    if !look_deeper || has_id {
        return None;
    }
    let envelope = props.iter().find(|prop| ENVELOPES.contains(&prop.name))?;
    let inner = envelope.view(cx, 0);
    if kind_of(cx, &inner).0 != Kind::Object {
        return None;
    }
    let mut list = wrapped(cx, &inner, false)?;
    list.path.insert(0, envelope.name.to_owned());
    Some(list)
}

fn is_list_of_objects<'a>(cx: &Context<'a>, prop: &Prop<'a>) -> bool {
    if prop.is_plainly_not("array") {
        return false;
    }
    let view = prop.view(cx, 0);
    if kind_of(cx, &view).0 != Kind::Array {
        return false;
    }
    view.first("items")
        .is_some_and(|items| kind_of(cx, &View::of(cx, items, 0)).0 == Kind::Object)
}
