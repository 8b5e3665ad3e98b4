//! The attestation service, wire-compatible with Azure Attestation.
