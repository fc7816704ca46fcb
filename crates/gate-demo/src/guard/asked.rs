//! The part of a request that says who asks and for what.

use axum::http::{HeaderMap, Method, Uri, header, request::Parts};
use cookie::Cookie;

use crate::{auth::COOKIE, tables::Tenant};

/// Method, path, query and headers of a request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
}

impl Asked {
    /// Of a request.
    pub fn of(parts: &Parts) -> Self {
        Self::new(&parts.method, &parts.uri, &parts.headers)
    }

    /// Of its parts.
    pub fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        Self {
            method: method.clone(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.clone(),
        }
    }

    /// Whether the path is this one or below it.
    pub fn is_under(&self, path: &str) -> bool {
        self.path
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the method may change something (RFC 9110, 9.2.1).
    pub fn is_unsafe(&self) -> bool {
        !self.method.is_safe()
    }

    /// The tenant that a header names, if it is one.
    pub fn tenant(&self) -> Option<Tenant> {
        match self.header("x-tenant-id")? {
            "acme" => Some(Tenant::Acme),
            "globex" => Some(Tenant::Globex),
            _ => None,
        }
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The values of all session cookies; there should be one.
pub(crate) fn cookies(headers: &HeaderMap) -> Vec<String> {
    let texts = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    texts
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == COOKIE)
        .map(|cookie| cookie.value().to_owned())
        .collect()
}
