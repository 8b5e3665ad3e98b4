//! Attestation results: claims and profiles (Azure Attestation), signed.
