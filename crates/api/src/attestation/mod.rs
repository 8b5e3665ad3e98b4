//! The attestation service: Azure Attestation's data plane (api-versions 2020-10-01 to 2026-03-11-preview).

mod client;
mod nonce;
mod request;
mod response;
mod types;

pub use client::Client;
pub use nonce::Nonce;
pub use request::{AttestRequest, DataType, SnpEvidence, UserData};
pub use response::{OpenIdConfiguration, TokenResponse};
pub use types::{AttestationType, UnknownType};

/// The api-version that clients of this crate name. The service answers every version alike.
pub const API_VERSION: &str = "2020-10-01";
