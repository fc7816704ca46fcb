//! Sessions: who is logged in with what, kept alive, proven, and never mixed.

mod cookies;
mod credentials;
mod expiry;
mod extract;
mod flow;
mod life;
mod live;
mod login;
mod must;
mod oauth;
mod prove;
mod slot;
mod trade;
mod user;
mod values;
mod whoami;
mod words;

pub(crate) use live::{Live, Worn};
pub use prove::Proof;
pub(crate) use slot::{Book, Slot};
pub use user::user_places;
