//! Canaries and objects: what a run plants, where it recognises it again, and how it takes everything back.
//!
//! Knows the doors to the target, not what a check wants to prove with an object.

mod canary;
mod cleanup;
mod create;
mod escapes;
mod extract;
mod find;
mod journal;
mod lookup;
mod object;
mod search;
mod store;

pub use canary::{Canaries, Canary, Shape};
pub use create::created_id;
pub use extract::{extract, object_ids};
pub use journal::{Journal, JournalEntry, JournalError, Read};
pub use lookup::{Bindings, CallerLookup};
pub use object::{Object, Origin};
pub use search::{Encoding, Found};
pub use store::{ObjectStore, Objects};
