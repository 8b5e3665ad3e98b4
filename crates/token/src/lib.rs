//! Attestation results: claims and profiles (Azure Attestation), signed.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
