//! What one schema allows, without its children.

use serde::Serialize;
use serde_json::Value;

/// The JSON type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    String,
    /// Whole number.
    Integer,
    /// Number.
    Number,
    /// True or false.
    Boolean,
    /// List.
    Array,
    /// Object.
    Object,
    /// Only null.
    Null,
    /// Not said, or said in a way that could not be understood.
    #[default]
    Any,
}

/// What a schema allows. References, `allOf` and the first usable branch of `oneOf` and `anyOf` are already merged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SchemaSummary {
    /// The type.
    pub kind: Kind,
    /// `format`.
    pub format: Option<String>,
    /// `pattern`, an ECMA 262 expression.
    pub pattern: Option<String>,
    /// `minLength`, in characters.
    pub min_length: Option<u64>,
    /// `maxLength`, in characters.
    pub max_length: Option<u64>,
    /// Smallest value allowed (for an exclusive bound, the bound).
    pub minimum: Option<f64>,
    /// Largest value allowed (for an exclusive bound, the bound).
    pub maximum: Option<f64>,
    /// `enum`, or the one value of `const`; at most 200.
    pub enum_values: Vec<Value>,
    /// The document's example.
    pub example: Option<Value>,
    /// `default`.
    pub default: Option<Value>,
    /// Null is allowed too.
    pub nullable: bool,
    /// Sent by the server only.
    pub read_only: bool,
    /// Sent by the client only.
    pub write_only: bool,
    /// The schema's name, when it is a reference.
    pub ref_name: Option<String>,
}
