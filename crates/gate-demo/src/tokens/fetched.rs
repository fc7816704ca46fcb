//! Keys from an address that a token names (`jku`, `x5u`): only holes fetch them, from loopback only, a little at a time.

use std::{net::Ipv4Addr, time::Duration};

use axum::{
    body::Bytes,
    http::{Uri, uri::Scheme},
};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use jsonwebtoken::jwk::JwkSet;

use super::Token;
use crate::{Hole, state::App};

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes that are read.
const MAX_BYTES: usize = 64 * 1024;

/// What was found at the address.
pub(crate) struct Fetched {
    pub keys: JwkSet,
}

/// Fetches what a token points to, before it is known who sent it (CWE-918). Nothing is fetched without a hole.
pub(crate) async fn fetch(app: &App, text: &str) -> Option<Fetched> {
    let named = if app.hole(Hole::JwtJkuFetched) {
        "jku"
    } else if app.hole(Hole::JwtX5uFetched) {
        "x5u"
    } else {
        return None;
    };
    let token = Token::read(app, text)?;
    let address: Uri = token.header_text(named)?.parse().ok()?;
    if address.scheme() != Some(&Scheme::HTTP) || !is_loopback(address.host()?) {
        return None;
    }
    let body = tokio::time::timeout(PATIENCE, get(address)).await.ok()??;
    let keys = serde_json::from_slice(&body).ok()?;
    Some(Fetched { keys })
}

async fn get(address: Uri) -> Option<Bytes> {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.get(address).await.ok()?;
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.ok()?;
    Some(body.to_bytes())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_fetched_from() {
        for host in ["127.0.0.1", "127.8.9.1", "localhost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["192.0.2.1", "localhost.test", "0.0.0.0", "127.0.0.1.test", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
