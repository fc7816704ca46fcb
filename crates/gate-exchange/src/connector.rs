//! Opens connections. Every connection of a run is opened here, and none before the scope guard has agreed.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{self, Connection};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::{TcpSocket, TcpStream};
use tower_service::Service;

use crate::proxy::Proxy;
use crate::scope::{HostPort, Reach, Scope, ScopeError};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Opening = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

/// Why there is no connection.
#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Scope(#[from] ScopeError),
    #[error("{0} cannot be reached: {1}")]
    Unreachable(HostPort, io::Error),
    #[error("the proxy cannot be reached: {0}")]
    Proxy(String),
}

/// Opens connections for one pool.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) scope: Arc<Scope>,
    /// What the pool is for.
    pub(crate) reach: Reach,
    pub(crate) proxy: Option<Arc<Proxy>>,
    pub(crate) within: Duration,
    /// The address of this machine that connections leave from, where it matters.
    pub(crate) from: Option<IpAddr>,
}

impl Connector {
    async fn open(self, uri: Uri) -> Result<Stream, BoxError> {
        let host = HostPort::of(&uri)
            .ok_or_else(|| BoxError::from(io::Error::new(io::ErrorKind::InvalidInput, "the URL names no host")))?;
        let admitted = self.scope.admit(&host, self.reach).await.map_err(ConnectError::from)?;
        let Some(proxy) = self.proxy else {
            let stream = dial(&admitted.addresses, self.within, self.from)
                .await
                .map_err(|error| ConnectError::Unreachable(host, error))?;
            return Ok(Stream::new(stream, false));
        };
        let tls = uri.scheme_str() == Some("https");
        let mut to_proxy = ToProxy {
            proxy: proxy.clone(),
            within: self.within,
            absolute_form: !tls,
        };
        if tls {
            Tunnel::new(proxy.uri.clone(), to_proxy)
                .call(uri)
                .await
                .map_err(|error| ConnectError::Proxy(error.to_string()).into())
        } else {
            to_proxy.call(uri).await
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Opening;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Opening {
        Box::pin(self.clone().open(uri))
    }
}

/// Connects to the proxy, whatever the destination.
#[derive(Clone)]
struct ToProxy {
    proxy: Arc<Proxy>,
    within: Duration,
    absolute_form: bool,
}

impl Service<Uri> for ToProxy {
    type Response = Stream;
    type Error = BoxError;
    type Future = Opening;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Opening {
        let Self {
            proxy,
            within,
            absolute_form,
        } = self.clone();
        Box::pin(async move {
            let fail = |error: io::Error| ConnectError::Proxy(error.to_string());
            let addresses = proxy.addresses().await.map_err(fail)?;
            let stream = dial(&addresses, within, None).await.map_err(fail)?;
            Ok(Stream::new(stream, absolute_form))
        })
    }
}

/// Tries the addresses in order.
async fn dial(addresses: &[SocketAddr], within: Duration, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    for address in addresses {
        match tokio::time::timeout(within, connect_to(*address, from)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {within:?}")),
        }
    }
    Err(last)
}

async fn connect_to(address: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(from) = from else {
        return TcpStream::connect(address).await;
    };
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(address).await
}

/// A connection, which knows whether a proxy stands at its other end.
pub(crate) struct Stream {
    io: TokioIo<TcpStream>,
    absolute_form: bool,
}

impl Stream {
    fn new(stream: TcpStream, absolute_form: bool) -> Self {
        Self {
            io: TokioIo::new(stream),
            absolute_form,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> connect::Connected {
        connect::Connected::new().proxy(self.absolute_form)
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
