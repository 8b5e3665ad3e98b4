//! Verification of SGX and TDX quotes as Intel's quote verification library does it (Intel SGX DCAP ECDSA Quote
//! Verification, "Quote Verification"), over collateral that is given.

mod claims;
mod collateral;
mod pck;
mod quote;
mod sgx_claims;
mod sgx_extension;
mod tcb;
mod tdx_claims;
mod tdx_module;
mod trailing;

pub use claims::{CollateralDigests, QuoteFacts};
pub(crate) use collateral::Collateral;
pub(crate) use pck::PckChain;
pub(crate) use quote::requests;
pub use quote::{verify_open_enclave, verify_sgx, verify_tdx};
pub use sgx_claims::SgxClaims;
pub use sgx_extension::SgxExtension;
pub use tdx_claims::TdxClaims;
