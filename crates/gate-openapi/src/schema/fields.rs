//! The fields of a schema as a flat list.

use std::sync::Arc;

use serde_json::Value;

use super::context::{Context, address};
use super::summary::summarize;
use super::view::View;
use crate::model::{BodyField, Kind, PathSeg};

/// How many objects deep fields are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Depth {
    /// Request bodies: three.
    Body,
    /// Responses: two.
    Response,
}

impl Depth {
    fn objects(self) -> usize {
        match self {
            Self::Body => 3,
            Self::Response => 2,
        }
    }
}

/// The fields of a schema, kept for the next use of the same schema.
pub(crate) fn fields<'a>(cx: &Context<'a>, schema: &'a Value, depth: Depth) -> Arc<[BodyField]> {
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .filter(|_| schema.as_object().is_some_and(|map| map.len() == 1));
    let key = (
        target
            .and_then(|reference| cx.resolve(reference))
            .map_or(address(schema), address),
        depth,
    );
    if let Some(known) = cx.fields.borrow().get(&key) {
        return Arc::clone(known);
    }
    let view = View::of(cx, schema, 0);
    let mut lister = Lister {
        cx,
        out: Vec::new(),
        path: Vec::new(),
    };
    lister.whole(&view, depth);
    let found: Arc<[BodyField]> = lister.out.into();
    cx.fields.borrow_mut().insert(key, Arc::clone(&found));
    found
}

struct Lister<'c, 'a> {
    cx: &'c Context<'a>,
    out: Vec<BodyField>,
    path: Vec<PathSeg>,
}

impl<'a> Lister<'_, 'a> {
    fn whole(&mut self, view: &View<'a>, depth: Depth) {
        let summary = summarize(self.cx, view);
        match (summary.kind, depth) {
            (Kind::Object, _) => self.members(view, depth.objects()),
            (Kind::Array, Depth::Response) => {
                if let Some(item) = self.item(view) {
                    self.members(&item, depth.objects());
                }
            }
            (Kind::Array, Depth::Body) => self.items(view, depth.objects()),
            (Kind::Any, _) => {}
            _ => self.out.push(BodyField {
                path: Vec::new(),
                schema: summary,
                required: true,
            }),
        }
    }

    fn members(&mut self, view: &View<'a>, depth: usize) {
        let required = view.required(self.cx);
        for prop in view.properties(self.cx) {
            if self.out.len() >= self.cx.limits.max_fields {
                return;
            }
            let member = prop.view(self.cx, 0);
            if member.impossible {
                continue;
            }
            let summary = summarize(self.cx, &member);
            let kind = summary.kind;
            self.path.push(PathSeg::Key(prop.name.into()));
            self.out.push(BodyField {
                path: self.path.clone(),
                schema: summary,
                required: required.contains(&prop.name) || prop.is_marked_required(),
            });
            match kind {
                Kind::Object if depth > 1 => self.members(&member, depth - 1),
                Kind::Array => self.items(&member, depth - 1),
                _ => {}
            }
            self.path.pop();
        }
    }

    fn items(&mut self, view: &View<'a>, depth: usize) {
        let Some(item) = self.item(view) else { return };
        let summary = summarize(self.cx, &item);
        self.path.push(PathSeg::Items);
        match summary.kind {
            Kind::Object if depth > 0 => self.members(&item, depth),
            Kind::Object | Kind::Array | Kind::Any => {}
            _ => self.out.push(BodyField {
                path: self.path.clone(),
                schema: summary,
                required: true,
            }),
        }
        self.path.pop();
    }

    fn item(&self, view: &View<'a>) -> Option<View<'a>> {
        match view.first("items")? {
            Value::Array(tuple) => tuple.first().map(|first| View::of(self.cx, first, 0)),
            schema => Some(View::of(self.cx, schema, 0)),
        }
    }
}
