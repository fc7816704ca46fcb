//! Requests: `{ post: /x, json: { … } }` or `GET /x`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Text;

/// A request. Exactly one method with its path, at most one body.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Request {
    /// Path of a GET request; `{{name}}` and `{name}` are placeholders.
    pub(crate) get: Option<String>,
    /// Path of a HEAD request.
    pub(crate) head: Option<String>,
    /// Path of a POST request.
    pub(crate) post: Option<String>,
    /// Path of a PUT request.
    pub(crate) put: Option<String>,
    /// Path of a PATCH request.
    pub(crate) patch: Option<String>,
    /// Path of a DELETE request.
    pub(crate) delete: Option<String>,
    /// A JSON body; `{{name}}` in its texts are placeholders.
    pub(crate) json: Option<Value>,
    /// Fields of an `application/x-www-form-urlencoded` body.
    pub(crate) form: Option<IndexMap<String, Text>>,
    /// Fields of a `multipart/form-data` body; a map with `file`, `content` and `type` is a file.
    pub(crate) multipart: Option<IndexMap<String, Value>>,
    /// A body of plain text; its media type is the header `Content-Type`.
    pub(crate) text: Option<String>,
    /// Query parameters, added to those in the path.
    pub(crate) query: Option<IndexMap<String, Text>>,
    /// Headers.
    pub(crate) headers: Option<IndexMap<String, Text>>,
}

/// A request as a map, or as text where it has no body: `GET /projects/{id}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum RequestOrText {
    /// `GET /projects/{id}`.
    Text(String),
    /// `{ post: /projects, json: { … } }`.
    Map(Box<RequestMap>),
}

/// A request.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "RequestOnly")]
pub(crate) struct RequestMap {
    #[serde(flatten)]
    pub(crate) request: Request,
}
