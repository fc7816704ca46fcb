//! Builds values that a strict server accepts, always the same ones for the same schema.

mod adapt;
mod array;
mod build;
mod names;
mod number;
mod object;
mod pattern;
mod text;

pub(crate) use adapt::meant;
pub(crate) use build::Builder;
pub(crate) use names::{Meaning, meaning};
pub(crate) use pattern::{PatternCache, compile};
