//! Speaks to a target. Checks see the traits [`Target`] and [`Sessions`] and the data around them; the client behind
//! them guards the scope, keeps sessions alive, paces, bounds and records every exchange.

mod actor;
mod altered;
mod budget;
mod client;
mod compose;
mod connector;
mod curl;
mod decode;
mod evidence;
mod exchange;
mod fetch;
mod latency;
mod limiter;
mod mask;
mod options;
mod outgoing;
mod pacing;
mod pool;
mod proxy;
mod request;
mod scope;
mod send;
mod sent_body;
mod session;
mod session_life;
mod target;
mod visible;
mod wire;

pub use actor::{Actor, Presented};
pub use altered::{Altered, Credentials, Place};
pub use client::Client;
pub use exchange::{Exchange, Observer, Parsed};
pub use latency::OperationSamples;
pub use limiter::{LimiterFields, Quota, RetryAfter, Shape, State};
pub use options::{ClientError, Options};
pub use outgoing::{ObjectKey, Outgoing, Purpose, Way};
pub use request::{FillError, Request, RequestBody};
pub use session::{Proof, user_places};
pub use session_life::{Entry, Look, SessionLife, Trade};
pub use target::{Alive, BoxFuture, Sessions, Target};
