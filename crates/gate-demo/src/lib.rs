//! An embedded demo API like the ones that our users ship: two tenants, four roles, projects with nested documents
//! and comments, invoices, files, search, export and an administration area.
//!
//! Without a switch it is sound, throttled and documented. [`Hole`]s open one security hole each; [`Sabotage`] makes
//! the server broken or odd without opening any. It knows nothing of the gate that is pointed at it.

mod auth;
mod config;
mod credentials;
mod guard;
mod holes;
mod input;
mod openapi;
mod paging;
mod plan;
mod problem;
mod routes;
mod sabotage;
mod seed;
mod serve;
mod state;
mod tables;
mod throttle;
mod tokens;

pub use config::Config;
pub use credentials::{API_KEYS, CREDENTIALS, Credential, OLD_RESET_TOKEN, SeededKey, WEBHOOK_SECRET, secrets};
pub use holes::{Hole, UnknownHole};
pub use openapi::openapi;
pub use plan::{PLAN, plan};
pub use sabotage::{Sabotage, UnknownSabotage};
pub use serve::{Demo, router};
pub use tables::{Role, Tenant};
pub use tokens::{SIGNING_KEY, Tokens, UnknownTokens, signing_key};
