//! Request bodies in memory: each of limited length, and all of them together.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Limits;

/// A request body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than `limits.max_body_bytes`.
    #[error("the request body is too long")]
    TooLong,
    /// The bodies of all requests together are at `limits.max_buffered_bytes`; the request may be retried.
    #[error("too many request bodies are in memory")]
    Busy,
    /// The client went away or broke its protocol.
    #[error("the request body could not be read")]
    Unreadable,
}

impl BodyError {
    /// The stable code in logs and on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "body_too_long",
            Self::Busy => "busy",
            Self::Unreadable => "body_unreadable",
        }
    }
}

/// Reads bodies within the limits. A client that sends slowly holds no more room than what it has sent.
#[derive(Debug)]
pub struct Bodies {
    longest: usize,
    room: Arc<Semaphore>,
}

/// A body; its room is given back when it is dropped.
#[derive(Debug)]
pub struct HeldBody {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl HeldBody {
    /// The body.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }
}

impl Bodies {
    /// As `limits` says.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let room = limits.max_buffered_bytes.min(Semaphore::MAX_PERMITS);
        Self {
            longest: limits.max_body_bytes,
            room: Arc::new(Semaphore::new(room)),
        }
    }

    /// Reads a whole body. How long that may take is the caller's business.
    ///
    /// # Errors
    /// [`BodyError`].
    pub async fn read(&self, mut body: Body) -> Result<HeldBody, BodyError> {
        let mut bytes = BytesMut::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            // What is no data is trailers, which nobody here reads.
            let Ok(data) = frame.map_err(|_| BodyError::Unreadable)?.into_data() else {
                continue;
            };
            if bytes.len().saturating_add(data.len()) > self.longest {
                return Err(BodyError::TooLong);
            }
            let length = u32::try_from(data.len()).map_err(|_| BodyError::TooLong)?;
            let more = Arc::clone(&self.room)
                .try_acquire_many_owned(length)
                .map_err(|_| BodyError::Busy)?;
            match &mut held {
                Some(held) => held.merge(more),
                None => held = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(HeldBody {
            bytes: bytes.freeze(),
            _room: held,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bodies(max_body_bytes: usize, max_buffered_bytes: usize) -> Bodies {
        Bodies::new(&Limits {
            max_body_bytes,
            max_buffered_bytes,
            ..Limits::default()
        })
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let bodies = bodies(4, 100);
        assert_eq!(bodies.read(Body::from("1234")).await.unwrap().as_slice(), b"1234");
        assert_eq!(bodies.read(Body::from("12345")).await.unwrap_err(), BodyError::TooLong);
        assert_eq!(bodies.read(Body::empty()).await.unwrap().as_slice(), b"");
    }

    #[tokio::test]
    async fn all_bodies_together_are_limited_and_give_their_room_back() {
        let bodies = bodies(4, 6);
        let first = bodies.read(Body::from("1234")).await.unwrap();
        assert_eq!(bodies.read(Body::from("123")).await.unwrap_err(), BodyError::Busy);
        assert!(bodies.read(Body::from("12")).await.is_ok());
        drop(first);
        assert!(bodies.read(Body::from("1234")).await.is_ok());
    }
}
