//! Byte formats of attestation evidence: parses and encodes, never judges.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod error;
pub mod eventlog;
pub mod intel;
pub mod open_enclave;
mod reader;
pub mod sgx;
pub mod snp;
pub mod tdx;

pub use error::FormatError;
