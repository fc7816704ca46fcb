//! Reads OpenAPI 3.0, OpenAPI 3.1 and Swagger 2.0 documents (JSON or YAML text) into operations, fields and samples.
//!
//! Real documents are odd: a schema without a type, a reference to nowhere, a response code written as a number. This
//! crate walks the document operation by operation, so that one odd schema costs one field (at worst one operation) and
//! a [`Notice`], never the document. It fetches nothing: references to other files become notices.
//!
//! It knows nothing of plans, checks or servers. The document is treated as hostile: size, depth, references, aliases
//! and the work spent on schemas are bounded by [`Limits`].

mod error;
mod limits;
mod model;
mod notice;
mod read;
mod sample;
mod schema;
mod text;
mod text_fields;

pub use error::Error;
pub use limits::Limits;
pub use model::{
    Body, BodyField, Document, Kind, List, Location, Method, Name, OAuthFlow, Operation, ParamIn, Parameter, PathSeg,
    Response, SchemaSummary, Security, SecurityScheme, SpecVersion, Style, dotted, get_at, set_at,
};
pub use notice::{Notice, NoticeKind};
pub use read::read;
pub use text_fields::{Alphabet, TextField, text_fields};

/// The body a strict server would accept for this operation, when one could be built; see [`Body::sample`].
pub fn sample_body(operation: &Operation) -> Option<&serde_json::Value> {
    operation.body.as_ref().and_then(|body| body.sample.as_ref())
}
