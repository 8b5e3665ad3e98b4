//! Secrets, hashes, signatures, AEAD, X.509 and JOSE envelopes: the only crate that names a crypto library.

mod time;

pub use time::{Time, TimeError};
