//! What the caller decides about the client: bounds, proxy, narrowed scope.

use std::time::Duration;

use gate_spec::{Limits, Pace};
use thiserror::Error;

/// Bounds and switches of a client; built from the plan's limits, then changed by flags.
#[derive(Clone, Debug)]
pub struct Options {
    /// Exchanges under way at once.
    pub jobs: usize,
    /// Wall time of one exchange, connection and body included.
    pub timeout: Duration,
    /// Wall time of one attempt to connect.
    pub connect_timeout: Duration,
    /// Bytes of a response body, before and after decompression.
    pub max_body_bytes: usize,
    /// Bytes of a response's status line and headers; at least 8 KiB.
    pub max_header_bytes: usize,
    /// Response headers, by count.
    pub max_headers: usize,
    /// Wall time of the whole run, from the making of the client.
    pub deadline: Duration,
    /// Requests of the whole run, logins included, clean-up not.
    pub requests: u64,
    /// Wall time that clean-up has beyond the deadline or a cancellation.
    pub cleanup_grace: Duration,
    /// Requests that clean-up has of its own.
    pub cleanup_requests: u64,
    /// How fast requests go out.
    pub pace: Pace,
    /// An HTTP proxy to send everything through, `http://127.0.0.1:8888`. The environment is never asked.
    pub proxy: Option<String>,
    /// Where not empty, the only hosts that are spoken to, as `host` or `host:port`; narrows the plan, never widens it.
    pub allow_hosts_only: Vec<String>,
    /// Certificates (PEM) that are trusted beside the public ones.
    pub extra_roots_pem: Vec<u8>,
}

impl Default for Options {
    fn default() -> Self {
        Self::from(&Limits::default())
    }
}

impl From<&Limits> for Options {
    fn from(limits: &Limits) -> Self {
        Self {
            jobs: limits.jobs,
            timeout: limits.timeout,
            connect_timeout: limits.timeout.min(Duration::from_secs(5)),
            max_body_bytes: limits.max_body_bytes,
            max_header_bytes: 64 * 1024,
            max_headers: 200,
            deadline: limits.deadline,
            requests: limits.requests,
            cleanup_grace: Duration::from_secs(20),
            cleanup_requests: 2_000,
            pace: limits.pace,
            proxy: None,
            allow_hosts_only: Vec::new(),
            extra_roots_pem: Vec::new(),
        }
    }
}

/// Why no client could be made.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The target's URL cannot be used.
    #[error("the target's URL `{url}` cannot be used: {reason}")]
    Target {
        /// The URL.
        url: String,
        /// Why.
        reason: String,
    },
    /// A host of the plan or of a flag cannot be read.
    #[error("`{0}` is not a host; write `host` or `host:port`")]
    Host(String),
    /// The proxy cannot be used.
    #[error("the proxy `{url}` cannot be used: {reason}")]
    Proxy {
        /// The proxy, as given.
        url: String,
        /// Why.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
