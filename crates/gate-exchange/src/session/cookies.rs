//! A cookie jar (RFC 6265) that belongs to one session.

use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::CookieStore;
use gate_model::Secret;
use url::Url;

/// `Set-Cookie` headers of one response that are looked at, and bytes of each.
const MAX_COOKIES: usize = 50;
const MAX_COOKIE_BYTES: usize = 8192;
/// Bytes of a `Cookie` header.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// The cookies of one session.
#[derive(Debug, Default)]
pub(crate) struct Jar(Mutex<CookieStore>);

impl Jar {
    /// Takes the cookies that a response sets. Whatever a cookie gets wrong, only that cookie is lost.
    pub(crate) fn take(&self, headers: &[(String, String)], url: &str) {
        let Ok(url) = Url::parse(url) else {
            return;
        };
        let mut store = self.store();
        let cookies = headers
            .iter()
            .filter(|(name, value)| name == "set-cookie" && value.len() <= MAX_COOKIE_BYTES);
        for (_, value) in cookies.take(MAX_COOKIES) {
            if let Err(error) = store.parse(value, &url) {
                tracing::debug!(%error, "a cookie was not taken");
            }
        }
    }

    /// Puts cookies in that the browser holds before anything is asked.
    pub(crate) fn put(&self, cookies: &[(String, Secret<String>)], url: &str) {
        let Ok(url) = Url::parse(url) else {
            return;
        };
        let mut store = self.store();
        for (name, value) in cookies.iter().take(MAX_COOKIES) {
            if let Err(error) = store.parse(&format!("{name}={}; Path=/", value.expose()), &url) {
                tracing::debug!(%error, "a cookie was not put in");
            }
        }
    }

    /// The `Cookie` pairs for a URL.
    pub(crate) fn pairs(&self, url: &str) -> Vec<(String, String)> {
        let Ok(url) = Url::parse(url) else {
            return Vec::new();
        };
        let store = self.store();
        let mut room = MAX_HEADER_BYTES;
        store
            .matches(&url)
            .into_iter()
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .take_while(|(name, value)| {
                let size = name.len() + value.len() + 3;
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .collect()
    }

    /// The value of a cookie of this name, wherever it belongs.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let store = self.store();
        store
            .iter_unexpired()
            .find(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned())
    }

    /// A jar of its own with the same cookies.
    pub(crate) fn copy(&self) -> Self {
        Self(Mutex::new(self.store().clone()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.store().iter_unexpired().next().is_none()
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> (String, String) {
        ("set-cookie".to_owned(), value.to_owned())
    }

    #[test]
    fn cookies_go_where_they_belong() {
        let jar = Jar::default();
        jar.take(
            &[
                header("sid=one; Path=/; HttpOnly; Secure"),
                header("deep=two; Path=/deep"),
                header("other=three; Domain=elsewhere.test"),
                header("broken"),
            ],
            "http://127.0.0.1:8080/login",
        );
        assert_eq!(
            jar.pairs("http://127.0.0.1:8080/a"),
            [("sid".to_owned(), "one".to_owned())]
        );
        assert_eq!(jar.pairs("http://127.0.0.1:8080/deep/x").len(), 2);
        assert!(jar.pairs("http://other.test/").is_empty());
        jar.take(&[header("sid=; Max-Age=0; Path=/")], "http://127.0.0.1:8080/logout");
        assert!(jar.pairs("http://127.0.0.1:8080/a").is_empty());
    }
}
