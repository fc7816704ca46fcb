//! Speaks to a target. Checks see the traits [`Target`] and [`Sessions`] and the data around them; the client behind
//! them guards the scope, keeps sessions alive, paces, bounds and records every exchange.

mod actor;
mod exchange;
mod outgoing;
mod request;
mod target;

pub use actor::{Actor, Presented};
pub use exchange::{Exchange, Observer};
pub use outgoing::{ObjectKey, Outgoing, Purpose};
pub use request::{FillError, Request, RequestBody};
pub use target::{Alive, BoxFuture, Sessions, Target};
