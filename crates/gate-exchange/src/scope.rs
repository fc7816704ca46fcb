//! The scope guard: which hosts may be spoken to, decided after name resolution and held for the whole run.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gate_spec::{Spec, TenantSelector};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::{BoxFuture, ClientError};

/// Time that one name resolution may take.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);

/// A host without brackets, in lower case, with its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostPort {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl HostPort {
    /// Reads the authority of a URI; `None` where it has none.
    pub(crate) fn of(uri: &http::Uri) -> Option<Self> {
        let port = uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        })?;
        Some(Self {
            host: normal(uri.host()?),
            port,
        })
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A host that is allowed, on one port or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
struct HostPattern {
    host: String,
    port: Option<u16>,
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self, ClientError> {
        let wrong = || ClientError::Host(text.to_owned());
        let text_trimmed = text.trim();
        let (host, port) = match text_trimmed.rsplit_once(':') {
            // More than one colon without brackets is an IPv6 address.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| wrong())?))
            }
            _ => (text_trimmed, None),
        };
        let host = normal(host);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(fits) {
            return Err(wrong());
        }
        Ok(Self { host, port })
    }

    fn matches(&self, host: &HostPort) -> bool {
        self.host == host.host && self.port.is_none_or(|port| port == host.port)
    }
}

/// Why a host is not spoken to.
#[derive(Debug, Error)]
pub(crate) enum ScopeError {
    #[error("{0} is not in scope: only loopback, the target and `allow_hosts` are spoken to")]
    NotAllowed(HostPort),
    #[error("{0} is a login host: it is spoken to for logins only")]
    LoginOnly(HostPort),
    #[error("{0} is a mail catcher: messages are looked up there and nothing else is sent")]
    LookUpOnly(HostPort),
    #[error("{0} is not among the hosts of --allow-host")]
    Narrowed(HostPort),
    #[error("{0} leads to {1}, which no host name may lead to")]
    Forbidden(HostPort, IpAddr),
    #[error("the name {0} cannot be resolved: {1}")]
    Unresolved(HostPort, String),
    #[error("{0} is not on this machine, and the plan does not say `writes: true`: {1} is not sent there")]
    Write(HostPort, &'static str),
}

/// What a connection is for: hosts that are there for one thing are spoken to for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Whatever the run asks of the target.
    Target,
    /// Logins, which may go to `login_hosts`.
    Login,
    /// Messages that the target sent, which a mail catcher shows.
    LookUp,
}

/// Where to connect.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) addresses: Vec<SocketAddr>,
    /// Whether every address is this machine.
    pub(crate) loopback: bool,
}

/// Resolves a name.
pub(crate) type Resolver = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The hosts of a run. Names are resolved once: what a name leads to later does not matter.
pub(crate) struct Scope {
    own: HostPort,
    tenants: Vec<String>,
    allowed: Vec<HostPattern>,
    login: Vec<HostPattern>,
    look_up: Vec<HostPattern>,
    only: Vec<HostPattern>,
    writes: bool,
    proxied: bool,
    resolver: Resolver,
    pins: Mutex<HashMap<String, Arc<[IpAddr]>>>,
}

impl Scope {
    /// Reads the hosts of a plan and of the flags.
    pub(crate) fn new(spec: &Spec, only: &[String], proxied: bool) -> Result<Self, ClientError> {
        let wrong = |reason: &str| ClientError::Target {
            url: spec.target.url.clone(),
            reason: reason.to_owned(),
        };
        let uri: http::Uri = spec.target.url.parse().map_err(|_| wrong("it is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("its scheme is neither http nor https"));
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(wrong("it holds credentials"));
        }
        let own = HostPort::of(&uri).ok_or_else(|| wrong("it names no host"))?;
        let patterns = |hosts: &[String]| {
            hosts
                .iter()
                .map(|host| HostPattern::parse(host))
                .collect::<Result<_, _>>()
        };
        let tenants = if spec.target.tenant_in == Some(TenantSelector::Subdomain) {
            spec.identities
                .values()
                .map(|identity| normal(&format!("{}.{}", identity.tenant_value(), own.host)))
                .collect()
        } else {
            Vec::new()
        };
        Ok(Self {
            own,
            tenants,
            allowed: patterns(&spec.target.allow_hosts)?,
            login: patterns(&spec.target.login_hosts)?,
            look_up: patterns(&spec.settings.recovery.hosts())?,
            only: patterns(only)?,
            writes: spec.target.writes,
            proxied,
            resolver: system_resolver(),
            pins: Mutex::default(),
        })
    }

    /// Replaces the resolver, so that tests decide what a name leads to.
    #[cfg(test)]
    pub(crate) fn with_resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// Whether a host is the target's own, or one of its tenants' names.
    pub(crate) fn is_own(&self, host: &HostPort) -> bool {
        *host == self.own || (host.port == self.own.port && self.tenants.contains(&host.host))
    }

    /// Whether credentials of identities may be sent to a host: not to hosts that are there for logins only.
    pub(crate) fn takes_credentials(&self, host: &HostPort) -> bool {
        self.is_own(host) || self.allowed.iter().any(|pattern| pattern.matches(host)) || is_local(&host.host)
    }

    /// Decides about a host, by its name first and then by what the name leads to.
    pub(crate) async fn admit(&self, host: &HostPort, reach: Reach) -> Result<Admitted, ScopeError> {
        if !self.only.is_empty() && !self.only.iter().any(|pattern| pattern.matches(host)) {
            return Err(ScopeError::Narrowed(host.clone()));
        }
        if !self.takes_credentials(host) {
            let among = |hosts: &[HostPattern]| hosts.iter().any(|pattern| pattern.matches(host));
            match (among(&self.login), among(&self.look_up)) {
                (true, _) if reach == Reach::Login => {}
                (_, true) if reach == Reach::LookUp => {}
                (true, _) => return Err(ScopeError::LoginOnly(host.clone())),
                (false, true) => return Err(ScopeError::LookUpOnly(host.clone())),
                (false, false) => return Err(ScopeError::NotAllowed(host.clone())),
            }
        }
        let literal: Option<IpAddr> = host.host.parse().ok();
        let ips: Arc<[IpAddr]> = match literal {
            Some(ip) => Arc::from([ip.to_canonical()]),
            None if is_local(&host.host) => {
                Arc::from([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)])
            }
            // The proxy resolves the name; only the name can be judged.
            None if self.proxied => Arc::from([]),
            None => self.pinned(host).await?,
        };
        if literal.is_none()
            && let Some(ip) = ips.iter().find(|ip| !may_be_led_to(**ip))
        {
            return Err(ScopeError::Forbidden(host.clone(), *ip));
        }
        Ok(Admitted {
            loopback: !ips.is_empty() && ips.iter().all(|ip| ip.is_loopback() || ip.is_unspecified()),
            addresses: ips.iter().map(|ip| SocketAddr::new(*ip, host.port)).collect(),
        })
    }

    /// Refuses unsafe methods off this machine where the plan does not allow writes.
    pub(crate) fn admit_method(
        &self,
        host: &HostPort,
        admitted: &Admitted,
        method: gate_spec::Method,
    ) -> Result<(), ScopeError> {
        if method.is_safe() || admitted.loopback || self.writes {
            Ok(())
        } else {
            Err(ScopeError::Write(host.clone(), method.as_str()))
        }
    }

    async fn pinned(&self, host: &HostPort) -> Result<Arc<[IpAddr]>, ScopeError> {
        let mut pins = self.pins.lock().await;
        if let Some(ips) = pins.get(&host.host) {
            return Ok(ips.clone());
        }
        let fail = |reason: String| ScopeError::Unresolved(host.clone(), reason);
        let ips = tokio::time::timeout(RESOLVE_WITHIN, (self.resolver)(host.host.clone()))
            .await
            .map_err(|_| fail("no answer in time".to_owned()))?
            .map_err(|error| fail(error.to_string()))?;
        if ips.is_empty() {
            return Err(fail("it has no address".to_owned()));
        }
        let ips: Arc<[IpAddr]> = ips.into_iter().take(8).map(|ip| ip.to_canonical()).collect();
        tracing::debug!(host = %host.host, addresses = ?ips, "name resolved and pinned");
        pins.insert(host.host.clone(), ips.clone());
        Ok(ips)
    }
}

/// `localhost` and names below it are loopback by RFC 6761 section 6.3; addresses by themselves.
fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Names never lead to link-local addresses (cloud metadata services live there), multicast or nowhere.
fn may_be_led_to(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || ip.is_unspecified()),
        IpAddr::V6(ip) => !(ip.is_unicast_link_local() || ip.is_multicast() || ip.is_unspecified()),
    }
}

fn normal(host: &str) -> String {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .trim_end_matches('.')
        .to_ascii_lowercase()
}

fn system_resolver() -> Resolver {
    Arc::new(|name| {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    })
}

#[cfg(test)]
mod tests;
