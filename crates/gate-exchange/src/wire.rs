//! One exchange on the wire: connection pools, bounded reading, timing. Nothing here repeats, paces or knows identities.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::Builder;
use hyper_rustls::HttpsConnectorBuilder;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::Instant;

use crate::connector::{ConnectError, Connector};
use crate::decode::{Decoded, decode};
use crate::pool::{Asked, Line, Pool};
use crate::proxy::Proxy;
use crate::scope::{Reach, Scope};
use crate::sent_body::SentBody;
use crate::{ClientError, Options, Way};

/// What is read of a stream without an end.
const STREAM_FOR: Duration = Duration::from_secs(1);
/// Room that is made for a body on the word of its `Content-Length` alone.
const MAX_RESERVED: usize = 1024 * 1024;

/// The name under which a reason phrase (RFC 9112 section 4) stands among the headers, where it is not the usual one.
const REASON: &str = ":reason";
/// What stands before the name of a trailer among the headers: a trailer says nothing of how an answer is to be read (RFC 9110
/// section 6.5.1), but whoever receives it is shown it.
const TRAILER: &str = "trailer:";

/// Which connections a request goes over. Connections that carried credentials never carry an anonymous request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Anonymous,
    Session,
    Altered,
    Login,
    LookUp,
}

/// What came back, decoded and bounded.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Arc<[(String, String)]>,
    pub(crate) body: Bytes,
    pub(crate) truncated: bool,
    pub(crate) duration: Duration,
}

/// Why nothing usable came back.
#[derive(Debug)]
pub(crate) enum WireError {
    /// The scope guard refused.
    Scope(String),
    /// No connection: nothing was sent.
    Connect(String),
    /// The connection was given up before the request was written.
    NotSent(String),
    /// The connection broke, or what came is not HTTP.
    Broken(String),
    /// It took too long.
    Timeout(String),
}

impl WireError {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Scope(text)
            | Self::Connect(text)
            | Self::NotSent(text)
            | Self::Broken(text)
            | Self::Timeout(text) => text,
        }
    }

    /// Why there is no connection.
    pub(crate) fn connecting(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut source = Some(error);
        while let Some(inner) = source {
            if let Some(connect) = inner.downcast_ref::<ConnectError>() {
                return match connect {
                    ConnectError::Scope(scope @ crate::scope::ScopeError::Unresolved(..)) => {
                        Self::Connect(scope.to_string())
                    }
                    ConnectError::Scope(scope) => Self::Scope(scope.to_string()),
                    other => Self::Connect(other.to_string()),
                };
            }
            source = inner.source();
        }
        Self::Connect(chain(error))
    }

    /// The connection was given up before the request was written.
    pub(crate) fn not_sent(error: &hyper::Error) -> Self {
        Self::NotSent(chain(error))
    }

    /// What went wrong with a connection that there was.
    pub(crate) fn of(error: &hyper::Error) -> Self {
        if error.is_canceled() {
            Self::not_sent(error)
        } else {
            Self::Broken(chain(error))
        }
    }
}

/// The pools of a run.
pub(crate) struct Wire {
    anonymous: Pool,
    session: Pool,
    altered: Pool,
    login: Pool,
    look_up: Pool,
    timeout: Duration,
    maker: PoolMaker,
}

/// Makes pools. Those of the run are made once; a request that travels in another way gets one of its own.
struct PoolMaker {
    tls: rustls::ClientConfig,
    scope: Arc<Scope>,
    proxy: Option<Arc<Proxy>>,
    within: Duration,
    jobs: usize,
    max_header_bytes: usize,
    max_headers: usize,
}

impl PoolMaker {
    fn pool(&self, reach: Reach, way: Way) -> Pool {
        let connector = Connector {
            scope: self.scope.clone(),
            reach,
            proxy: self.proxy.clone(),
            within: self.within,
            from: match way {
                Way::From(address) => Some(address),
                Way::Pooled | Way::Fresh | Way::Held(_) => None,
            },
        };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let mut http1 = Builder::new();
        http1.max_buf_size(self.max_header_bytes).max_headers(self.max_headers);
        Pool::new(connector, http1, self.jobs)
    }
}

impl Wire {
    pub(crate) fn new(options: &Options, scope: &Arc<Scope>, proxy: Option<&Arc<Proxy>>) -> Result<Self, ClientError> {
        let maker = PoolMaker {
            tls: tls_config(&options.extra_roots_pem)?,
            scope: scope.clone(),
            proxy: proxy.cloned(),
            within: options.connect_timeout,
            jobs: options.jobs,
            max_header_bytes: options.max_header_bytes.max(8192),
            max_headers: options.max_headers,
        };
        Ok(Self {
            anonymous: maker.pool(Reach::Target, Way::Pooled),
            session: maker.pool(Reach::Target, Way::Pooled),
            altered: maker.pool(Reach::Target, Way::Pooled),
            login: maker.pool(Reach::Login, Way::Pooled),
            look_up: maker.pool(Reach::LookUp, Way::Pooled),
            timeout: options.timeout,
            maker,
        })
    }

    /// Sends one request and reads its answer, within the time and the bytes allowed.
    pub(crate) async fn exchange(
        &self,
        lane: Lane,
        way: Way,
        request: http::Request<SentBody>,
        max_body_bytes: usize,
    ) -> Result<Answer, WireError> {
        let own;
        let pool = match (way, lane) {
            (Way::Pooled, Lane::Anonymous) => &self.anonymous,
            (Way::Pooled, Lane::Session) => &self.session,
            (Way::Pooled, Lane::Altered) => &self.altered,
            (Way::Pooled, Lane::Login) => &self.login,
            (Way::Pooled, Lane::LookUp) => &self.look_up,
            (Way::Fresh | Way::Held(_) | Way::From(_), lane) => {
                let reach = match lane {
                    Lane::Login => Reach::Login,
                    Lane::LookUp => Reach::LookUp,
                    Lane::Anonymous | Lane::Session | Lane::Altered => Reach::Target,
                };
                own = self.maker.pool(reach, way);
                &own
            }
        };
        let waited = self.timeout;
        tokio::time::timeout(waited, exchange(pool, request, max_body_bytes))
            .await
            .unwrap_or_else(|_| Err(WireError::Timeout(format!("no complete answer within {waited:?}"))))
    }
}

async fn exchange(pool: &Pool, request: http::Request<SentBody>, max_body_bytes: usize) -> Result<Answer, WireError> {
    let uri = request.uri().clone();
    let Asked {
        mut line,
        response,
        since,
    } = pool.ask(request).await?;
    let (head, body) = response.into_parts();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect();
    if let Some(reason) = head.extensions.get::<hyper::ext::ReasonPhrase>() {
        headers.push((REASON.to_owned(), text(reason.as_bytes())));
    }
    let find = |name: &str| {
        headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    };
    let endless = find("content-type").is_some_and(|media_type| {
        let media_type = media_type.trim_start().to_ascii_lowercase();
        media_type.starts_with("text/event-stream") || media_type.starts_with("multipart/x-mixed-replace")
    });
    let (raw, cut, trailers) = read_body(&mut line, body, max_body_bytes, endless).await?;
    let duration = since.elapsed();
    if !cut {
        pool.keep(&uri, line).await;
    }
    let Decoded { body, truncated } = decode(find("content-encoding"), raw, max_body_bytes);
    let trailers = trailers.iter();
    headers.extend(trailers.map(|(name, value)| (format!("{TRAILER}{name}"), text(value.as_bytes()))));
    Ok(Answer {
        status: head.status.as_u16(),
        headers: headers.into(),
        body,
        truncated: cut || truncated,
        duration,
    })
}

/// Reads a body up to a bound, and the trailers behind it; of an endless one, what comes within a second. Says whether it was
/// cut.
async fn read_body(
    line: &mut Line,
    mut body: Incoming,
    max: usize,
    endless: bool,
) -> Result<(Bytes, bool, HeaderMap), WireError> {
    let mut trailers = HeaderMap::new();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::with_capacity(announced.min(max).min(MAX_RESERVED));
    let until = Instant::now() + STREAM_FOR;
    loop {
        let frame = if endless {
            match tokio::time::timeout_at(until, line.drive(body.frame())).await {
                Ok(frame) => frame,
                Err(_) => return Ok((bytes.freeze(), true, trailers)),
            }
        } else {
            line.drive(body.frame()).await
        };
        let Some(frame) = frame else {
            return Ok((bytes.freeze(), false, trailers));
        };
        let frame = frame.map_err(|error| WireError::Broken(format!("the answer broke off: {}", chain(&error))))?;
        if let Some(data) = frame.data_ref() {
            let room = max - bytes.len();
            if data.len() > room {
                bytes.extend_from_slice(&data[..room]);
                return Ok((bytes.freeze(), true, trailers));
            }
            bytes.extend_from_slice(data);
        } else if let Ok(last) = frame.into_trailers() {
            trailers = last;
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let more = inner.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = inner.source();
    }
    text
}

fn tls_config(extra_roots_pem: &[u8]) -> Result<rustls::ClientConfig, ClientError> {
    let fail = |error: &dyn std::fmt::Display| ClientError::Tls(error.to_string());
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for certificate in CertificateDer::pem_slice_iter(extra_roots_pem) {
        let certificate = certificate.map_err(|error| fail(&error))?;
        roots.add(certificate).map_err(|error| fail(&error))?;
    }
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| fail(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}
