//! Makes a given value (an example, a default) follow its schema, or says why it cannot.

use serde_json::{Map, Value};

use super::build::{Builder, Unbuildable};
use super::{number, object, text};
use crate::model::{Kind, SchemaSummary};
use crate::schema::{Context, Prop, View, summarize};

impl<'a> Builder<'_, 'a> {
    /// The value made to follow the schema: members that do not fit are replaced or left out, missing ones added.
    pub(crate) fn adapt(
        &mut self,
        value: &Value,
        view: &View<'a>,
        summary: &SchemaSummary,
    ) -> Result<Value, Unbuildable> {
        if let Some(meant) = meant(value, summary.kind) {
            return self.adapt(&meant, view, summary);
        }
        self.fits(value, view, summary)?;
        match value {
            Value::Object(given) => {
                let kept = self.keep_members(given, view)?;
                object::object(self, view, Some(kept), 0)
            }
            Value::Array(items) => self.adapt_items(items, view),
            scalar => Ok(scalar.clone()),
        }
    }

    fn keep_members(&mut self, given: &Map<String, Value>, view: &View<'a>) -> Result<Map<String, Value>, Unbuildable> {
        let props = view.properties(self.cx);
        let closed = view.first("additionalProperties") == Some(&Value::Bool(false));
        let mut kept = Map::new();
        for (name, value) in given {
            match props.iter().find(|prop| prop.name == name) {
                Some(prop) => {
                    if let Some(value) = self.keep_member(value, prop) {
                        kept.insert(name.clone(), value);
                    }
                }
                None if !closed => match view.first("additionalProperties").filter(|schema| schema.is_object()) {
                    Some(schema) => {
                        let member = View::of(self.cx, schema, 0);
                        let summary = summarize(self.cx, &member);
                        if let Ok(value) = self.adapt_deeper(value, &member, &summary) {
                            kept.insert(name.clone(), value);
                        }
                    }
                    None => {
                        kept.insert(name.clone(), value.clone());
                    }
                },
                None => {}
            }
        }
        Ok(kept)
    }

    fn keep_member(&mut self, value: &Value, prop: &Prop<'a>) -> Option<Value> {
        let first = prop.view(self.cx, 0);
        if first.impossible || first.is_true("readOnly") {
            return None;
        }
        for pick in 0..first.branches.clamp(1, 8) {
            let view = if pick == 0 {
                None
            } else {
                Some(prop.view(self.cx, pick))
            };
            let view = view.as_ref().unwrap_or(&first);
            let summary = summarize(self.cx, view);
            if let Ok(value) = self.adapt_deeper(value, view, &summary) {
                return Some(value);
            }
        }
        None
    }

    fn adapt_items(&mut self, items: &[Value], view: &View<'a>) -> Result<Value, Unbuildable> {
        let schema = view.first("items").filter(|schema| schema.is_object());
        let Some(schema) = schema else {
            return Ok(Value::Array(items.to_vec()));
        };
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            let item_view = View::of(self.cx, schema, 0);
            let summary = summarize(self.cx, &item_view);
            let item = self.adapt_deeper(item, &item_view, &summary)?;
            if !view.is_true("uniqueItems") || !kept.contains(&item) {
                kept.push(item);
            }
        }
        super::array::count_fits(self.cx, view, kept.len())?;
        Ok(Value::Array(kept))
    }

    fn adapt_deeper(&mut self, value: &Value, view: &View<'a>, summary: &SchemaSummary) -> Result<Value, Unbuildable> {
        if self.depth >= 20 {
            return Err(Unbuildable::new("it nests too deep"));
        }
        self.depth += 1;
        let result = self.adapt(value, view, summary);
        self.depth -= 1;
        result
    }

    /// Whether a value fits its schema, members and items apart.
    pub(crate) fn fits(&self, value: &Value, view: &View<'a>, summary: &SchemaSummary) -> Result<(), Unbuildable> {
        if value.is_null() && summary.nullable {
            return Ok(());
        }
        if !kind_fits(value, summary.kind) {
            return Err(Unbuildable::new("wrong type"));
        }
        if view.all("const").any(|constant| constant != value) {
            return Err(Unbuildable::new("not the constant"));
        }
        if view
            .all("enum")
            .filter_map(Value::as_array)
            .any(|list| !list.contains(value))
        {
            return Err(Unbuildable::new("not in the enum"));
        }
        match value {
            Value::String(given) if summary.kind == Kind::String => text_fits(self.cx, given, summary),
            Value::Number(given) => number::fits(self.cx, view, given),
            Value::Array(items) => super::array::count_fits(self.cx, view, items.len()),
            _ => Ok(()),
        }
    }
}

/// Examples often write numbers as text and texts as numbers: what the schema's type makes of them.
pub(crate) fn meant(value: &Value, kind: Kind) -> Option<Value> {
    match (value, kind) {
        (Value::String(text), Kind::Integer | Kind::Number | Kind::Boolean) => {
            serde_json::from_str::<Value>(text.trim())
                .ok()
                .filter(|read| kind_fits(read, kind))
        }
        (Value::Number(number), Kind::String) => Some(Value::String(number.to_string())),
        _ => None,
    }
}

fn text_fits(cx: &Context<'_>, given: &str, summary: &SchemaSummary) -> Result<(), Unbuildable> {
    if text::fits(cx, given, summary) {
        Ok(())
    } else {
        Err(Unbuildable::new("wrong length, pattern or format"))
    }
}

fn kind_fits(value: &Value, kind: Kind) -> bool {
    match kind {
        Kind::Any => true,
        Kind::String => value.is_string(),
        Kind::Integer => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::Array => value.is_array(),
        Kind::Object => value.is_object(),
        Kind::Null => value.is_null(),
    }
}
