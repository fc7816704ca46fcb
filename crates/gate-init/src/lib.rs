//! A first plan: from an OpenAPI document and the logins of two users to a commented `launchgate.yml` that runs.
//!
//! The document is read or found, what it shows is derived by `gate-plan` as in every run, both users log in and are shown
//! to be two, and the text of the plan is written. Nothing is created or changed on the target, and nobody but the target and
//! the document's own address is spoken to. Secrets stay in variables: no text made here holds one.

mod affiliation;
mod asked;
mod csrf;
mod describe;
mod error;
mod find;
mod guess;
mod hints;
mod made;
mod page;
mod seen;
mod skeleton;
mod tried;

pub use asked::{Asked, Credential, Document, Person};
pub use describe::{operation_line, resource_line};
pub use error::InitError;
pub use hints::Hint;
pub use made::{Made, init};
