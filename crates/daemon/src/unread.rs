//! Bodies that are answered before they were read.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{runtime::Handle, time::timeout};

use crate::config::Limits;

/// A request body. What is left of it when it is dropped is read and thrown away, within the limits of any body: many
/// clients take an answer whose connection or stream is reset while they still send for a failure, and lose the answer.
pub(crate) struct Unread<B: Body<Data = Bytes> + Send + Unpin + 'static> {
    body: Option<B>,
    most: usize,
    patience: Duration,
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Unread<B> {
    pub(crate) fn new(body: B, limits: &Limits) -> Self {
        Self {
            body: Some(body),
            most: limits.max_body_bytes,
            patience: Duration::from_secs(limits.request_timeout_seconds),
        }
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Body for Unread<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for Unread<B> {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else {
            return;
        };
        let (most, patience) = (self.most, self.patience);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _ = timeout(patience, discard(body, most)).await;
            });
        }
    }
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut body: B, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
