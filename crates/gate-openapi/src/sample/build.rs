//! The builder: what the document gives first, then a value by type.

use serde_json::Value;

use super::{array, number, object, text};
use crate::model::{Kind, SchemaSummary};
use crate::notice::NoticeKind;
use crate::schema::{Context, View, summarize};

/// Deepest nesting of a built value.
const MAX_DEPTH: usize = 12;
/// Most values built for one sample, attempts included.
const MAX_VALUES: usize = 4_000;
/// Most branches of a choice tried.
const MAX_BRANCHES: usize = 8;

/// No value that follows the schema could be built, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unbuildable(pub(crate) String);

impl Unbuildable {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The same seen from the object around it; long chains are told from their end only.
    pub(super) fn inside(self, name: &str) -> Self {
        if self.0.matches('`').count() >= 6 {
            self
        } else {
            Self(format!("`{}`: {}", shown(name), self.0))
        }
    }
}

/// Builds one sample.
pub(crate) struct Builder<'c, 'a> {
    pub(crate) cx: &'c Context<'a>,
    left: usize,
    pub(super) depth: usize,
}

impl<'c, 'a> Builder<'c, 'a> {
    pub(crate) fn new(cx: &'c Context<'a>) -> Self {
        Self {
            cx,
            left: MAX_VALUES,
            depth: 0,
        }
    }

    /// A value for a schema; `name` is the member it is for, `salt` tells apart the items of a list without repeats.
    pub(crate) fn build(&mut self, schema: &'a Value, name: &str, salt: usize) -> Result<Value, Unbuildable> {
        let cx = self.cx;
        self.build_by(|pick| View::of(cx, schema, pick), name, salt)
    }

    /// Tries the branches of a choice one after the other.
    pub(super) fn build_by(
        &mut self,
        view: impl Fn(usize) -> View<'a>,
        name: &str,
        salt: usize,
    ) -> Result<Value, Unbuildable> {
        let first = view(0);
        let branches = first.branches.clamp(1, MAX_BRANCHES);
        let mut result = self.build_view(&first, name, salt);
        for pick in 1..branches {
            if result.is_ok() {
                break;
            }
            result = self.build_view(&view(pick), name, salt);
        }
        result
    }

    pub(crate) fn build_view(&mut self, view: &View<'a>, name: &str, salt: usize) -> Result<Value, Unbuildable> {
        if view.impossible {
            return Err(Unbuildable::new("its schema allows nothing"));
        }
        if self.left == 0 {
            return Err(Unbuildable::new("it is too large"));
        }
        if self.depth >= MAX_DEPTH {
            return Err(Unbuildable::new("its required members nest without end"));
        }
        self.left -= 1;
        self.depth += 1;
        let result = self.value(view, name, salt);
        self.depth -= 1;
        result
    }

    fn value(&mut self, view: &View<'a>, name: &str, salt: usize) -> Result<Value, Unbuildable> {
        let summary = summarize(self.cx, view);
        if let Some(constant) = view.first("const") {
            return Ok(constant.clone());
        }
        if salt == 0
            && let Some(given) = self.given(view, &summary, name)
        {
            return Ok(given);
        }
        if let Some(value) = self.enum_value(view, &summary, salt) {
            return value;
        }
        let built = match summary.kind {
            Kind::Null => Ok(Value::Null),
            Kind::Boolean => Ok(Value::Bool(salt.is_multiple_of(2))),
            Kind::Integer => number::integer(self.cx, view, &summary, salt),
            Kind::Number => number::number(self.cx, view, &summary, salt),
            Kind::String => text::text(self.cx, &summary, name, salt),
            Kind::Array => array::array(self, view, name, salt),
            Kind::Object => object::object(self, view, None, salt),
            Kind::Any => Ok(Value::String(if salt == 0 {
                "sample".to_owned()
            } else {
                format!("sample{salt}")
            })),
        };
        if built.is_err() && summary.nullable {
            Ok(Value::Null)
        } else {
            built
        }
    }

    /// The document's own example or default, made to follow the schema.
    fn given(&mut self, view: &View<'a>, summary: &SchemaSummary, name: &str) -> Option<Value> {
        let example = summary.example.as_ref().filter(|value| !is_blank(value));
        if let Some(example) = example {
            match self.adapt(example, view, summary) {
                Ok(value) => return Some(value),
                Err(why) => self.cx.notice(
                    NoticeKind::Sample,
                    format!(
                        "the example of `{}` does not follow its schema ({}) and is not used",
                        shown(name),
                        why.0
                    ),
                ),
            }
        }
        let default = summary.default.as_ref().filter(|value| !is_blank(value))?;
        self.adapt(default, view, summary).ok()
    }

    fn enum_value(&self, view: &View<'a>, summary: &SchemaSummary, salt: usize) -> Option<Result<Value, Unbuildable>> {
        view.first("enum").filter(|list| list.is_array())?;
        if summary.enum_values.is_empty() {
            return Some(Err(Unbuildable::new("its enum is empty")));
        }
        let all_parts = |value: &&Value| {
            view.all("enum")
                .filter_map(Value::as_array)
                .all(|list| list.contains(value))
        };
        let fitting: Vec<&Value> = summary
            .enum_values
            .iter()
            .filter(all_parts)
            .filter(|value| !value.is_null() && self.fits(value, view, summary).is_ok())
            .collect();
        // Enums whose values contradict the type are more often right than the type.
        let fallback = || summary.enum_values.get(salt % summary.enum_values.len());
        let chosen = fitting.get(salt % fitting.len().max(1)).copied().or_else(fallback);
        chosen.cloned().map(Ok)
    }
}

/// Null, empty text, empty list, empty object: examples that say nothing.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

pub(super) fn shown(name: &str) -> String {
    if name.is_empty() {
        "the body".to_owned()
    } else {
        name.chars().take(80).collect()
    }
}
