//! Schemas seen without copying them: references, `allOf` and chosen branches are a list of parts.

mod context;
mod fields;
mod kind;
mod list;
mod pointer;
mod summary;
mod view;

pub(crate) use context::{Context, address, escape};
pub(crate) use fields::{Depth, fields};
pub(crate) use list::find_list;
pub(crate) use summary::{bound, length, summarize};
pub(crate) use view::{Prop, View};

use serde_json::Value;

/// A value's type in words, for notices.
pub(crate) fn kind_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
