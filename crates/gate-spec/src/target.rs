//! The target: where it is, what every request to it carries, and what the run may do to it.

use std::time::Duration;

use gate_model::{Location, Secret};

use crate::{RequestTemplate, Template};

/// The API under test.
#[derive(Clone, Debug)]
pub struct Target {
    /// Base URL without a trailing slash and without user info: `http://127.0.0.1:8080/api`.
    pub url: String,
    /// Headers sent with every request; values are secret where they come from the environment.
    pub headers: Vec<(String, Secret<String>)>,
    /// Where a tenant is selected, if it is.
    pub tenant_in: Option<TenantSelector>,
    /// How to start the target, if the gate shall.
    pub start: Option<Start>,
    /// Hosts beside loopback and the target's own that may be spoken to: `host` or `host:port`.
    pub allow_hosts: Vec<String>,
    /// Hosts for login and key look-ups only, never for probes.
    pub login_hosts: Vec<String>,
    /// Whether unsafe methods may be sent off loopback.
    pub writes: bool,
    /// Where `url` stands.
    pub source: Option<Location>,
}

/// Where a request names its tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantSelector {
    /// A path parameter of this name.
    Path(String),
    /// A request header of this name.
    Header(String),
    /// A query parameter of this name.
    Query(String),
    /// A label before the target's host: `acme.api.test`.
    Subdomain,
}

/// A command that starts the target.
#[derive(Clone, Debug)]
pub struct Start {
    /// The command, run by `sh -c`.
    pub run: Template,
    /// The request that answers 2xx when the target is ready.
    pub ready: RequestTemplate,
    /// How long to wait for that.
    pub within: Duration,
}
