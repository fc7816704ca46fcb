//! The `target` section.

use std::time::Duration;

use gate_model::{IdentityName, Secret};
use gate_spec::{Start, Target, TenantSelector};
use gate_yaml::join;
use url::Url;

use super::cx::Cx;
use super::request;
use super::values::{duration, template};
use crate::derive::Routes;
use crate::draft::DocumentSource;
use crate::raw;

/// How long a target may take to start where the plan does not say.
const START_WITHIN: Duration = Duration::from_secs(60);

/// The address without its trailing slash.
pub(crate) fn address(cx: &mut Cx<'_>, raw: &raw::Target) -> String {
    let place = "/target/url";
    let plain = raw.url.trim().trim_end_matches('/').to_owned();
    let url = match Url::parse(raw.url.trim()) {
        Ok(url) => url,
        Err(_) => {
            let help = if raw.url.contains("://") {
                "write such as `http://127.0.0.1:8080`"
            } else {
                "begin it with `http://` or `https://`"
            };
            cx.error_help(place, "not an address", Some(help.to_owned()));
            return plain;
        }
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        cx.error_help(
            place,
            "not an HTTP address",
            Some("begin it with `http://` or `https://`".to_owned()),
        );
    }
    if !url.username().is_empty() || url.password().is_some() {
        cx.error_help(
            place,
            "an address with a user name or a password in it",
            Some("give an identity the credentials, such as `basic: { username: …, password: … }`".to_owned()),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        cx.error_help(
            place,
            "an address with a query or a fragment",
            Some("name the base address only; headers that every request needs go into `target.headers`".to_owned()),
        );
    }
    plain
}

/// The part of the document's base path that the address does not hold yet.
pub(crate) fn base(address: &str, base: Option<&str>) -> (String, bool) {
    let base = base.unwrap_or_default().trim_end_matches('/');
    let path = Url::parse(address)
        .map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default();
    if base.is_empty() || base == "/" {
        (String::new(), true)
    } else if path.is_empty() {
        (base.to_owned(), true)
    } else if path.ends_with(base) {
        (String::new(), true)
    } else if let Some(rest) = base.strip_prefix(path.as_str()).filter(|rest| rest.starts_with('/')) {
        (rest.to_owned(), true)
    } else {
        (String::new(), false)
    }
}

/// Whether an address is on this machine.
pub(crate) fn loopback(address: &str) -> bool {
    match Url::parse(address)
        .ok()
        .and_then(|url| url.host().map(|host| host.to_owned()))
    {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The section.
pub(crate) fn target(cx: &mut Cx<'_>, raw: &raw::Target, url: String, routes: &Routes<'_>) -> Target {
    let start = raw.start.as_ref().and_then(|start| {
        let ready = request::either(cx, "/target/start/ready", &start.ready, routes)?;
        Some(Start {
            run: template(cx, "/target/start/run", &start.run)?,
            ready: ready.request,
            within: match &start.within {
                Some(text) => duration(cx, "/target/start/within", text)?,
                None => START_WITHIN,
            },
        })
    });
    for (list, name) in [(&raw.allow_hosts, "allow_hosts"), (&raw.login_hosts, "login_hosts")] {
        for (position, host) in list.iter().enumerate() {
            if host.contains('/') || host.contains('@') || host.is_empty() || host.contains(char::is_whitespace) {
                cx.error_help(
                    &join(&join("/target", name), &position.to_string()),
                    "not a host",
                    Some("write `host` or `host:port`, without a scheme and a path".to_owned()),
                );
            }
        }
    }
    Target {
        headers: raw
            .headers
            .iter()
            .flatten()
            .map(|(name, value)| (name.clone(), Secret::new(value.0.clone())))
            .collect(),
        tenant_in: tenant_in(cx, raw.tenant_in.as_ref()),
        start,
        allow_hosts: raw.allow_hosts.clone(),
        login_hosts: raw.login_hosts.clone(),
        writes: raw.writes,
        source: cx.at("/target/url"),
        url,
    }
}

/// Where a request names its tenant.
pub(crate) fn tenant_in(cx: &mut Cx<'_>, raw: Option<&raw::TenantIn>) -> Option<TenantSelector> {
    let place = match raw? {
        raw::TenantIn::Word(_) => return Some(TenantSelector::Subdomain),
        raw::TenantIn::Map(place) => place,
    };
    match (&place.header, &place.path, &place.query) {
        (Some(name), None, None) => Some(TenantSelector::Header(name.clone())),
        (None, Some(name), None) => Some(TenantSelector::Path(name.trim_matches(['{', '}']).to_owned())),
        (None, None, Some(name)) => Some(TenantSelector::Query(name.clone())),
        _ => {
            cx.error_key(
                "/target/tenant_in",
                "exactly one of `header`, `path` and `query` is wanted",
                None,
            );
            None
        }
    }
}

/// Where the OpenAPI document is.
pub(crate) fn document(cx: &mut Cx<'_>, raw: &raw::Target) -> Option<DocumentSource> {
    let place = "/target/openapi";
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let map = match raw.openapi.as_ref()? {
        raw::OpenApi::Text(text) if is_url(text) => return Some(DocumentSource::Url(text.clone())),
        raw::OpenApi::Text(text) if text.starts_with('/') => {
            return Some(DocumentSource::OnTarget {
                path: text.clone(),
                identity: None,
            });
        }
        raw::OpenApi::Text(text) => return Some(DocumentSource::File(text.clone())),
        raw::OpenApi::Map(map) => map,
    };
    if let Some(name) = &map.identity {
        cx.identity(&join(place, "as"), name);
    }
    let identity = map.identity.as_deref().map(IdentityName::new);
    match (&map.file, &map.url, &map.path) {
        (Some(file), None, None) if identity.is_none() => Some(DocumentSource::File(file.clone())),
        (None, Some(url), None) if identity.is_none() => Some(DocumentSource::Url(url.clone())),
        (None, None, Some(path)) => Some(DocumentSource::OnTarget {
            path: path.clone(),
            identity,
        }),
        (None, Some(_), None) => {
            cx.error_help(
                &join(place, "as"),
                "credentials are never sent to another address than the target",
                Some("name the document by `path`, which is a path on the target".to_owned()),
            );
            None
        }
        (Some(_), None, None) => {
            cx.error_help(
                &join(place, "as"),
                "a file needs no identity",
                Some("remove `as`".to_owned()),
            );
            None
        }
        _ => {
            cx.error_key(place, "exactly one of `file`, `url` and `path` is wanted", None);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths_are_not_doubled() {
        for (address, given, expected) in [
            ("http://h", Some("/api/v1"), "/api/v1"),
            ("http://h/api/v1", Some("/api/v1"), ""),
            ("http://h/api", Some("/api/v1"), "/v1"),
            ("http://h/staging/api", Some("/api"), ""),
            ("http://h/staging", Some("/v1"), ""),
            ("http://h", None, ""),
            ("http://h/ap", Some("/api"), ""),
        ] {
            assert_eq!(base(address, given).0, expected, "{address} {given:?}");
        }
    }

    #[test]
    fn loopback_is_told() {
        assert!(loopback("http://127.0.0.1:8080") && loopback("http://[::1]/x") && loopback("http://localhost"));
        assert!(!loopback("http://10.0.0.1") && !loopback("http://localhost.evil.test"));
    }
}
