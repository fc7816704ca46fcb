//! Connections that are kept between exchanges.
//!
//! Whoever sends over a connection also drives it. A connection with a task of its own, which is what common pools make of
//! it, hands every request and every piece of an answer from one task to another; that costs more than the exchange.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection as _;
use tokio::time::Instant;
use tower_service::Service as _;

use crate::connector::{Connector, Stream};
use crate::sent_body::SentBody;
use crate::wire::WireError;

/// An idle connection is given up before common servers close it, so that no request is written into a closing one.
const IDLE_FOR: Duration = Duration::from_millis(1500);

/// The connections of one lane.
pub(crate) struct Pool {
    connector: HttpsConnector<Connector>,
    http1: Builder,
    /// The one that was used last is at the end, and is used next.
    idle: Mutex<Vec<Idle>>,
    max_idle: usize,
}

struct Idle {
    place: Place,
    line: Line,
    since: Instant,
}

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    scheme: Option<Scheme>,
    authority: Option<Authority>,
}

impl Place {
    fn of(uri: &Uri) -> Self {
        Self {
            scheme: uri.scheme().cloned(),
            authority: uri.authority().cloned(),
        }
    }
}

/// What moves the bytes of a connection.
type Driver = Pin<Box<Connection<MaybeHttpsStream<Stream>, SentBody>>>;

/// A connection in somebody's hands.
pub(crate) struct Line {
    sender: SendRequest<SentBody>,
    /// None once it has come to its end.
    driver: Option<Driver>,
    /// Whether requests name the whole URL: to a proxy that is no tunnel.
    absolute_form: bool,
}

/// A request on its way.
pub(crate) struct Asked {
    pub(crate) line: Line,
    pub(crate) response: Response<Incoming>,
    /// When it was sent: connecting is not the server's work.
    pub(crate) since: Instant,
}

impl Pool {
    pub(crate) fn new(connector: HttpsConnector<Connector>, http1: Builder, max_idle: usize) -> Self {
        Self {
            connector,
            http1,
            idle: Mutex::default(),
            max_idle: max_idle.max(1),
        }
    }

    /// Sends a request over an idle connection, or over a new one, and waits for the head of the answer.
    pub(crate) async fn ask(&self, mut request: Request<SentBody>) -> Result<Asked, WireError> {
        let uri = request.uri().clone();
        let place = Place::of(&uri);
        name_host(&mut request, &uri);
        loop {
            let (mut line, is_new) = match self.take(&place).await {
                Some(line) => (line, false),
                None => (self.connect(&uri).await?, true),
            };
            *request.uri_mut() = if line.absolute_form {
                uri.clone()
            } else {
                origin_form(&uri)
            };
            let since = Instant::now();
            let answer = line.sender.try_send_request(request);
            match line.drive(answer).await {
                Ok(response) => return Ok(Asked { line, response, since }),
                Err(mut error) => match error.take_message() {
                    // The other side closed it before anything was written.
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) => return Err(WireError::not_sent(&error.into_error())),
                    None => return Err(WireError::of(&error.into_error())),
                },
            }
        }
    }

    /// Keeps a connection whose answer was read to its end, if it can be used again.
    pub(crate) async fn keep(&self, asked_of: &Uri, mut line: Line) {
        if !line.is_free().await {
            return;
        }
        let since = Instant::now();
        let mut idle = self.idle();
        idle.retain(|idle| since.duration_since(idle.since) < IDLE_FOR);
        if idle.len() >= self.max_idle {
            idle.remove(0);
        }
        let place = Place::of(asked_of);
        idle.push(Idle { place, line, since });
    }

    async fn take(&self, place: &Place) -> Option<Line> {
        loop {
            let Idle { mut line, since, .. } = {
                let mut idle = self.idle();
                let at = idle.iter().rposition(|idle| idle.place == *place)?;
                idle.remove(at)
            };
            if since.elapsed() < IDLE_FOR && line.is_free().await {
                return Some(line);
            }
        }
    }

    async fn connect(&self, uri: &Uri) -> Result<Line, WireError> {
        let stream = self
            .connector
            .clone()
            .call(uri.clone())
            .await
            .map_err(|error| WireError::connecting(&*error))?;
        let absolute_form = stream.connected().is_proxied();
        let (sender, driver) = self
            .http1
            .handshake(stream)
            .await
            .map_err(|error| WireError::of(&error))?;
        Ok(Line {
            sender,
            driver: Some(Box::pin(driver)),
            absolute_form,
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Waits for something that comes over this connection.
    pub(crate) async fn drive<F: Future>(&mut self, wanted: F) -> F::Output {
        let mut wanted = pin!(wanted);
        poll_fn(|context| {
            // What is wanted says so to the connection when it is looked at, and has it after the connection moved.
            if let Poll::Ready(done) = wanted.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if let Some(driver) = &mut self.driver
                && driver.as_mut().poll(context).is_ready()
            {
                // Whatever was still wanted is answered with the reason.
                self.driver = None;
            }
            wanted.as_mut().poll(context)
        })
        .await
    }

    /// Whether it takes a request now: the last answer is over, and the other side has not closed it.
    async fn is_free(&mut self) -> bool {
        let Some(driver) = &mut self.driver else { return false };
        let ended = poll_fn(|context| Poll::Ready(driver.as_mut().poll(context).is_ready())).await;
        if ended {
            self.driver = None;
        }
        !ended && self.sender.is_ready()
    }
}

/// RFC 9112 section 3.2: every request names the host. One that names another by itself keeps it.
fn name_host(request: &mut Request<SentBody>, uri: &Uri) {
    let Some(authority) = uri.authority() else { return };
    let usual = match uri.scheme_str() {
        Some("https") => 443,
        _ => 80,
    };
    let named = match authority.port_u16() {
        Some(port) if port == usual => authority.host(),
        _ => authority.as_str(),
    };
    if let Ok(host) = HeaderValue::from_str(named) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
}

/// The path and the query alone, RFC 9112 section 3.2.1.
fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"))
        .into()
}
