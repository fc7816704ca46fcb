//! The JSON Schema of a plan: what editors complete and what the walk asks.

use std::sync::LazyLock;

use serde_json::Value;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(crate::raw::Plan).to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), Value::from("launchgate plan"));
    }
    schema
});

/// The JSON Schema (2020-12) of a plan, generated from the types that plans are read into.
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

pub(crate) fn schema() -> &'static Value {
    &SCHEMA
}
