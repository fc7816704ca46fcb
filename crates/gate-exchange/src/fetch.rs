//! Fetches documents from the target, such as an OpenAPI document that needs an identity.

use std::sync::Arc;

use gate_model::{Cause, IdentityName, Undecided};
use gate_spec::Method;
use url::Url;

use crate::budget::Purse;
use crate::compose::absolute_url;
use crate::send::How;
use crate::session::Worn;
use crate::visible::one_line;
use crate::{Actor, Client, Outgoing, Purpose, Request};

/// Bytes of a document.
const MAX_DOCUMENT_BYTES: usize = 32 * 1024 * 1024;
/// Redirects that are followed, within scope.
const MAX_REDIRECTS: usize = 10;

impl Client {
    /// Gets a text by path or URL, as an identity or as nobody. Credentials never leave the origin that they were first
    /// sent to. At most 32 MiB, at most ten redirects, never out of scope.
    ///
    /// # Errors
    /// Where nothing with 2xx came, or not all of it, or no text.
    pub async fn fetch(&self, identity: Option<&IdentityName>, path_or_url: &str) -> Result<String, Undecided> {
        let what = one_line(path_or_url, 200);
        let fail = |why: String| Undecided::new(Cause::Transport, format!("{what} cannot be fetched: {why}"));
        let actor = identity.map_or_else(Actor::anonymous, Actor::identity);
        let mut path = path_or_url.to_owned();
        let mut with_credentials = true;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::new(Method::Get, path.as_str());
            request.headers.push(("accept".to_owned(), "*/*".to_owned()));
            let outgoing = Outgoing::new(&actor, Purpose::Setup, request);
            let worn = match identity {
                Some(name) if with_credentials => {
                    let slot = self
                        .book()
                        .shared(name)
                        .ok_or_else(|| fail(format!("the plan knows no identity `{name}`")))?;
                    let live = self.ensure(&slot, Purse::Run).await?;
                    self.wear(self.identity(name)?, &live, &outgoing)?
                }
                _ => Worn::nothing(),
            };
            let here = Url::parse(&absolute_url(self.spec(), &outgoing)).map_err(|error| fail(error.to_string()))?;
            let how = How {
                purse: Purse::Run,
                max_body_bytes: MAX_DOCUMENT_BYTES,
                observed: false,
            };
            let exchange = self.sender().send(Arc::new(outgoing), &worn, how).await?;
            if matches!(exchange.status, 301 | 302 | 303 | 307 | 308)
                && let Some(location) = exchange.header("location")
            {
                let mut there = here.join(location).map_err(|error| fail(error.to_string()))?;
                there.set_fragment(None);
                with_credentials &= there.origin() == here.origin();
                path = there.into();
                continue;
            }
            if !exchange.is_success() {
                return Err(fail(format!("it was answered {}", exchange.status)));
            }
            if exchange.truncated {
                return Err(fail(format!("it is larger than {MAX_DOCUMENT_BYTES} bytes")));
            }
            return String::from_utf8(exchange.body.to_vec()).map_err(|_| fail("it is not UTF-8".to_owned()));
        }
        Err(fail(format!("more than {MAX_REDIRECTS} redirects")))
    }
}
