//! The corpus: every row with its source beside the code that makes it.

mod audience;
mod confusion;
mod ecdsa;
mod embedded;
mod header;
mod issuer;
mod kid;
mod opaque;
mod privilege;
mod scheme;
mod serialization;
mod signature;
mod substitute;
mod time;
mod unsigned;
mod weak_secret;

use crate::row::Row;

pub use privilege::{Grant, with_grants_of};

/// Every row, the core rows of a kind before the others.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [
        scheme::ROWS,
        signature::ROWS,
        unsigned::ROWS,
        weak_secret::ROWS,
        confusion::ROWS,
        embedded::ROWS,
        kid::ROWS,
        header::ROWS,
        ecdsa::ROWS,
        serialization::ROWS,
        time::ROWS,
        audience::ROWS,
        issuer::ROWS,
        privilege::ROWS,
        substitute::ROWS,
        opaque::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// The row of an id.
pub fn row(id: &str) -> Option<&'static Row> {
    rows().find(|row| row.id == id)
}
