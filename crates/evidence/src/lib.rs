//! Byte formats of attestation evidence: parses and encodes, never judges.

pub mod eventlog;
