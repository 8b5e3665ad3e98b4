//! JOSE: JSON Web Signatures (RFC 7515, compact form) and keys (RFC 7517), with allow-lists.
//!
//! `alg: none` never verifies: unsecured texts have a function and a type of their own.

mod algorithm;
mod error;
mod json;
mod jwk;
mod jws;

pub use algorithm::JwsAlgorithm;
pub use error::JoseError;
pub use jwk::{Jwk, JwkSet};
pub use jws::{Jws, UnsecuredJws, UnverifiedJws, VerifiedJws, parse_unsecured, sign, unsecured};

/// The longest JWS that is read, in bytes.
pub const MAX_JWS: usize = 1 << 20;
/// The longest header that is read, in bytes after decoding.
pub const MAX_HEADER: usize = 64 << 10;
