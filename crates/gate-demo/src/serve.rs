//! The router as a whole, and a server for it on loopback.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::atomic::Ordering,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    serve::Listener,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    Config, routes, sabotage,
    state::{App, Shared},
};

/// How long a stop waits for requests that are under way.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// The API as a router with fresh data, for calls in process.
pub fn router(config: Config) -> Router {
    assembled(&App::new(config))
}

/// The router of an application.
pub(crate) fn assembled(app: &Shared) -> Router {
    let config = &app.config;
    let mut router = routes::routed(app);
    if !config.sabotage.is_empty() || !config.whole_delay().is_zero() || config.limit_for_all().is_some() {
        router = router.layer(middleware::from_fn_with_state(app.clone(), sabotage::around));
    }
    router
        .layer(middleware::from_fn_with_state(app.clone(), front))
        .with_state(app.clone())
}

/// Outermost: counts the request, and sets the headers that every answer carries.
async fn front(State(app): State<Shared>, request: Request, next: Next) -> Response {
    app.requests.fetch_add(1, Ordering::SeqCst);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A running demo. It stops when it is dropped; [`Demo::stop`] also waits for that.
pub struct Demo {
    /// Where it listens.
    pub addr: SocketAddr,
    app: Shared,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Demo {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no socket can be bound.
    pub async fn start(config: Config) -> io::Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0), config).await
    }

    /// Starts on an address of the caller's choice.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start_on(addr: impl ToSocketAddrs, config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let app = App::new(config);
        app.listens_at(format!("http://{addr}"));
        let door = Door {
            listener: Some(listener),
            addr,
            app: app.clone(),
        };
        let router = assembled(&app);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(door, router).with_graceful_shutdown(async move {
            // Either way counts: a word, or the end of who could say it.
            let _ = stopped.await;
        });
        let task = tokio::spawn(async move { serving.await });
        Ok(Self {
            addr,
            app,
            stop: Some(stop),
            task,
        })
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        self.app.url()
    }

    /// Requests that arrived so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.app.requests.load(Ordering::SeqCst)
    }

    /// The one-time code or reset token in the newest mail to an address; the demo sends no mail to anywhere else.
    #[must_use]
    pub fn mailed(&self, to: &str) -> Option<String> {
        self.app.mails_to(to).first().map(|mail| mail.secret.clone())
    }

    /// Every access and refresh token that was given out so far, so that tests can search for leaks.
    #[must_use]
    pub fn issued(&self) -> Vec<String> {
        self.app.issued()
    }

    /// Every row by kind and id, as it is now, so that tests can see what a client left behind or changed. Events and
    /// sessions, which every use adds to, are none.
    #[must_use]
    pub fn inventory(&self) -> BTreeMap<String, String> {
        self.app.tables().inventory()
    }

    /// Serves until the server ends by itself, which it does on an error only.
    ///
    /// # Errors
    /// What ended the server.
    pub async fn serve(mut self) -> io::Result<()> {
        let ended = (&mut self.task).await;
        ended.map_err(io::Error::other)?
    }

    /// Accepts nothing more, and waits a little for requests that are under way.
    pub async fn stop(mut self) {
        self.stop.take();
        if tokio::time::timeout(STOP_PATIENCE, &mut self.task).await.is_err() {
            self.app.die();
            self.task.abort();
        }
    }
}

/// The listener. When the application is dead it is closed, and its connections fail.
struct Door {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    app: Shared,
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        while let Some(listener) = &mut self.listener {
            let accepted = tokio::select! {
                biased;
                () = self.app.death.notified() => None,
                accepted = Listener::accept(listener) => Some(accepted),
            };
            match accepted {
                Some((stream, addr)) if !self.app.dead.load(Ordering::SeqCst) => {
                    // Small answers must not wait for an acknowledgement; failing to ask for it costs time only.
                    let _ = stream.set_nodelay(true);
                    return (
                        Connection {
                            stream,
                            app: self.app.clone(),
                        },
                        addr,
                    );
                }
                _ => self.listener = None,
            }
        }
        std::future::pending().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

/// A connection that breaks when the application is dead.
struct Connection {
    stream: TcpStream,
    app: Shared,
}

impl Connection {
    fn alive(&self) -> io::Result<()> {
        if self.app.dead.load(Ordering::SeqCst) {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
