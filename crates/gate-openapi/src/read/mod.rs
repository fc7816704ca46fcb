//! Walks the document: from the root to paths, operations and their parts.

mod body;
mod document;
mod media;
mod operation;
mod parameters;
mod responses;
mod security;
mod servers;
mod template;

pub use document::read;
