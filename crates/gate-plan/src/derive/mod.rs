//! From the operations of an OpenAPI document, and those that the plan writes by hand, to what each does to which kind of
//! object. Everything guessed here is shown by `launchgate list` and can be overridden in the plan.

mod bodies;
mod collections;
mod declared;
mod effects;
mod fields;
mod identify;
mod login;
mod operations;
mod params;
mod public;
mod recovery;
mod resources;
mod routes;
mod words;

pub(crate) use fields::is_password;
pub(crate) use login::{action_body, derive_login, derive_whoami, own_body};
pub(crate) use operations::{Derived, derive};
pub(crate) use recovery::derive_recovery;
pub(crate) use resources::Sketch;
pub(crate) use routes::{Routes, Source, normal, placeholders, strip_query};

use std::collections::{HashMap, HashSet};

/// What the plan knows beforehand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hints {
    /// The plan's own resources, in its order.
    pub(crate) resources: Vec<Sketch>,
    /// Sources that the plan uses to log in or to sign up.
    pub(crate) login: HashSet<usize>,
    /// Path or header parameter that names the tenant.
    pub(crate) tenant: Option<gate_spec::TenantSelector>,
    /// Names of identity fields, such as `email`.
    pub(crate) fields: HashSet<String>,
    /// Sources that show objects of the plan's resources beside their own lists, each with the resource's name.
    pub(crate) shows: Vec<(usize, String)>,
    /// Effects that the plan gives to sources.
    pub(crate) effects: HashMap<usize, gate_spec::Effect>,
}
