//! Attestation results: claims in Azure Attestation's profile, signed, and how a relying party checks them.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod azure;
mod issuance;
mod policy_management;
mod refusal;
mod signer;
mod validate;

pub use azure::claims;
pub use issuance::{DEFAULT_LIFETIME, Issuance, NOT_BEFORE_SLACK, Nonce};
pub use policy_management::{POLICY_TOKEN_LIFETIME, PolicyChange, policy_claims, policy_result_claims};
pub use refusal::TokenRefusal;
pub use signer::{SignerError, TokenSigner, kid_of};
pub use validate::{ValidatedToken, validate};
