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

impl Target {
    /// The host of the URL: no port, no brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether the host names this machine: `localhost`, 127.0.0.0/8 or `::1`. Where a name leads is checked again on
    /// the wire.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
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
