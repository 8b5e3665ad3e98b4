//! The attestation service, wire-compatible with Azure Attestation: evidence in, a verdict and a signed token out.

mod app;
mod attest;
mod collateral;
mod config;
mod dispatch;
mod error;
mod evidence;
mod metrics;
mod policies;
mod pool;
mod route;
mod service;
mod signing_key;

pub use collateral::CollateralError;
pub use config::{AttestAuth, Auth, Collateral, Config, DEFAULT_PORT, Verification};
pub use policies::PoliciesError;
pub use service::{Running, Service, StartError};
pub use signing_key::SigningKeyError;
