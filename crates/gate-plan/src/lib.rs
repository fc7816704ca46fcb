//! Reads a plan (YAML text) and an OpenAPI document into [`gate_spec::Spec`], and says where either is wrong.
//!
//! The way: text to a value (one YAML parser decides what is accepted; positions are a second, best-effort reading), a walk
//! against the JSON Schema of the plan's types that finds every unknown key and wrong type at once and puts the variables
//! in, the types, and at last the judgement of what the plan means. What the plan leaves out is derived from the document.
//!
//! No traffic and no files: the program hands in texts and the variables that may be read.

mod build;
mod derive;
mod draft;
mod environment;
mod quick;
mod raw;
mod schema;
mod walk;

pub use draft::{DocumentSource, Draft, Options, read, read_with, variables};
pub use environment::{Environment, Variable};
pub use gate_yaml::{Diagnostic, Diagnostics, Severity};
pub use quick::{Quick, quick, quick_yaml};
pub use schema::json_schema;
