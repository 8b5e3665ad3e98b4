//! Byte formats of attestation evidence: parses and encodes, never judges.

mod error;
pub mod eventlog;
pub mod intel;
pub mod open_enclave;
mod reader;
pub mod sgx;
pub mod tdx;

pub use error::FormatError;
