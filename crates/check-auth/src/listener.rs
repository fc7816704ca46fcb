//! A listener of ours on loopback: a target that fetches keys from an address in a token shows itself there (CWE-918).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use token_forge::listener::answer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Bytes of a request that are read.
const MAX_REQUEST_BYTES: usize = 8 * 1024;
/// Connections that are answered in a run.
const MAX_CONNECTIONS: usize = 500;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens until it is dropped.
pub(crate) struct Listener {
    url: String,
    asked: Arc<Mutex<HashSet<String>>>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Starts to listen; `None` where the machine lets nobody listen.
    pub(crate) async fn start() -> Option<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.ok()?;
        let url = format!("http://{}", listener.local_addr().ok()?);
        let asked: Arc<Mutex<HashSet<String>>> = Arc::default();
        let task = tokio::spawn(serve(listener, url.clone(), Arc::clone(&asked)));
        Some(Self { url, asked, task })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether somebody asked for what a row names.
    pub(crate) fn was_asked_for(&self, row: &str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).contains(row)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, url: String, asked: Arc<Mutex<HashSet<String>>>) {
    for _ in 0..MAX_CONNECTIONS {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        // One at a time: a target asks for one key at a time, and nobody else knows the address.
        let _ = tokio::time::timeout(PATIENCE, one(stream, &url, &asked)).await;
    }
}

async fn one(mut stream: TcpStream, url: &str, asked: &Mutex<HashSet<String>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    while request.len() < MAX_REQUEST_BYTES && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        request.extend_from_slice(&chunk[..read]);
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split_whitespace().nth(1).unwrap_or_default();
    let (status, content_type, body) = match answer(url, path) {
        Some((row, answer)) => {
            asked.lock().unwrap_or_else(PoisonError::into_inner).insert(row);
            ("200 OK", answer.content_type, answer.body)
        }
        None => ("404 Not Found", "text/plain", String::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
