//! The attestation policy language: Verified to Appraised, or a Refusal that lists every failed expectation.
