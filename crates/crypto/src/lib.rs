//! Secrets, hashes, signatures, AEAD, X.509 and JOSE envelopes: the only crate that names a crypto library.
//!
//! The backend follows the target, never a feature: AWS-LC natively, RustCrypto inside SGX enclaves and in
//! wasm. Both compile in this crate's own tests and must give the same verdicts.
//!
//! Nothing here reads a clock, a file or the network: [`Time`] comes from the caller.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod aead;
pub mod b64;
mod backend;
pub mod constant_time;
pub mod hash;
pub mod jose;
pub mod pem;
pub mod rand;
pub mod secret;
pub mod sign;
mod time;
pub mod x509;

pub use time::{Time, TimeError};
