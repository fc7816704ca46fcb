//! An explicit HTTP proxy: absolute-form requests for http (RFC 9112 section 3.2.2), CONNECT for https.

use std::net::SocketAddr;

use http::Uri;

use crate::ClientError;
use crate::scope::HostPort;

/// A proxy that the caller named. `HTTP_PROXY` and the like are never read.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Where CONNECT goes.
    pub(crate) uri: Uri,
    host: HostPort,
}

impl Proxy {
    /// Reads `http://host:port`.
    pub(crate) fn parse(text: &str) -> Result<Self, ClientError> {
        let wrong = |reason: &str| ClientError::Proxy {
            url: text.rsplit('@').next().unwrap_or_default().to_owned(),
            reason: reason.to_owned(),
        };
        let uri: Uri = text.parse().map_err(|_| wrong("it is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(wrong("only http:// proxies are supported"));
        }
        if uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(wrong("credentials for a proxy are not supported"));
        }
        let host = HostPort::of(&uri).ok_or_else(|| wrong("it names no host"))?;
        Ok(Self { uri, host })
    }

    /// The proxy's addresses; the flag that names it is what allows it.
    pub(crate) async fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((self.host.host.as_str(), self.host.port))
            .await?
            .collect())
    }
}
