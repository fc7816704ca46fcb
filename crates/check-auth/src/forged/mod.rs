//! Checks that present forged credentials: each asks one question about a few rows of the corpus.

mod credentials;
mod inputs;
mod keys;
mod listener;
mod row_check;
mod rows;

pub(crate) use inputs::Inputs;
pub(crate) use row_check::{Breadth, RowCheck};
