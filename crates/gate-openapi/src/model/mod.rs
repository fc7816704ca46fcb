//! What a document says, in the words of the specification; no behaviour of its own.

mod body;
mod document;
mod operation;
mod parameter;
mod response;
mod schema_summary;
mod security;

pub use body::{Body, BodyField, Name, PathSeg, dotted, get_at, set_at};
pub use document::{Document, SpecVersion};
pub use operation::{Location, Method, Operation};
pub use parameter::{ParamIn, Parameter, Style};
pub use response::{List, Response};
pub use schema_summary::{Kind, SchemaSummary};
pub use security::{OAuthFlow, Security, SecurityScheme};
