//! A request with what came back.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::Outgoing;

/// Bodies up to this size are parsed once and kept parsed as long as the exchange; larger ones are parsed whenever somebody
/// asks, because a parsed body takes several times the room of its text.
const KEPT_PARSED: usize = 64 * 1024;

/// A completed exchange. Bodies are decoded and bounded; credentials are not part of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Counts from 1 in the order of sending.
    pub number: u64,
    /// What was sent.
    pub sent: Arc<Outgoing>,
    /// The absolute URL without credentials.
    pub url: Arc<str>,
    /// The credentials that were on it, as a number that changes whenever the session's credentials do; 0 is none.
    pub generation: u64,
    /// Names of the headers and cookies that carried credentials, for the curl line: `Authorization`, `Cookie`.
    pub credential_headers: Arc<[String]>,
    /// The status.
    pub status: u16,
    /// Response headers in order, names in lower case; values that are not UTF-8 are read lossily. Behind
    /// them, so that nothing of it rules how the answer is read, what else the receiver is shown: a reason phrase that is not
    /// the usual one as `:reason`, and trailers as `trailer:NAME`.
    pub headers: Arc<[(String, String)]>,
    /// The decoded body, cut at the bound.
    pub body: Bytes,
    /// Whether the body was cut.
    pub truncated: bool,
    /// From the first byte sent to the last byte received.
    pub duration: Duration,
    /// The body as JSON, once somebody asked for it.
    pub parsed: Parsed,
}

/// A body as JSON, parsed at most once. Copies of an exchange share it.
#[derive(Clone, Debug, Default)]
pub struct Parsed(Arc<OnceLock<Option<Value>>>);

impl Exchange {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text, lossily.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON, where it is JSON; the media type does not matter. Depth is bounded by the parser.
    pub fn json(&self) -> Option<Cow<'_, Value>> {
        let parse = || serde_json::from_slice(&self.body).ok();
        if self.body.len() > KEPT_PARSED {
            return parse().map(Cow::Owned);
        }
        self.parsed.0.get_or_init(parse).as_ref().map(Cow::Borrowed)
    }
}

/// Sees every exchange of the run, in no particular order across actors.
pub trait Observer: Send + Sync {
    /// Sees one exchange. Must be quick: the run waits.
    fn see(&self, exchange: &Exchange);

    /// Sees the answer to a login, a refresh or a signup. Such an exchange holds credentials in both directions, so that nothing of it may
    /// be shown; most observers do not look.
    fn see_login(&self, _exchange: &Exchange) {}
}
