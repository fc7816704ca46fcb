//! Rules: what is looked for. Data only; [`crate::Scanner`] does the looking.

mod catalog;
mod definition;
mod pattern;

pub use catalog::{Catalog, RuleError};
pub use definition::{Check, Confidence, Example, Find, RuleDefinition, RuleFile, Text, Texts};
