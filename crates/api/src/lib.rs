//! Versioned types of every service, and sans-IO clients: a [`Call`] is a request to send and a way to read the
//! response. Nothing here opens a socket.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod attestation;
mod azure;
mod base64;
mod call;

pub use azure::{ErrorBody, ErrorDetail, InnerError};
pub use base64::Base64Bytes;
pub use call::{Call, CallError, Endpoint, EndpointError};
