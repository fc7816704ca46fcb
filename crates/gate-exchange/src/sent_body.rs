//! The body of a request on its way, whole or with its end held back.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

/// A body. Its length is known before it is sent, so that it is never sent in chunks.
#[derive(Debug, Default)]
pub(crate) struct SentBody {
    first: Bytes,
    last: Bytes,
    pause: Option<Pin<Box<Sleep>>>,
    held: Duration,
}

impl SentBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self {
            first: bytes,
            ..Self::default()
        }
    }

    /// Holds the last byte back for a time after the others were sent: whoever reads the request waits for it.
    pub(crate) fn held(mut bytes: Bytes, held: Duration) -> Self {
        let last = bytes.split_off(bytes.len().saturating_sub(1));
        Self {
            first: bytes,
            last,
            pause: None,
            held,
        }
    }
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.first)))));
        }
        if self.last.is_empty() {
            return Poll::Ready(None);
        }
        let held = self.held;
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(held)));
        ready!(pause.as_mut().poll(context));
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.last)))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.last.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.first.len() + self.last.len()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn next(body: &mut SentBody) -> Option<Bytes> {
        body.frame().await?.expect("nothing fails").into_data().ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_byte_waits() {
        let held = Duration::from_secs(3600);
        let mut body = SentBody::held(Bytes::from_static(b"{}!"), held);
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(next(&mut body).await.as_deref(), Some(b"{}".as_slice()));
        let began = tokio::time::Instant::now();
        assert_eq!(next(&mut body).await.as_deref(), Some(b"!".as_slice()));
        assert!(began.elapsed() >= held);
        assert!(body.is_end_stream());
        assert_eq!(next(&mut body).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_else_waits() {
        let began = tokio::time::Instant::now();
        for mut body in [
            SentBody::whole(Bytes::from_static(b"{}")),
            SentBody::whole(Bytes::new()),
            SentBody::held(Bytes::new(), Duration::from_secs(1)),
        ] {
            while next(&mut body).await.is_some() {}
            assert!(body.is_end_stream());
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
