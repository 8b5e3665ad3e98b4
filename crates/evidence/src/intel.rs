//! What SGX and TDX share: the quote, its certification data, and the collateral that Intel publishes.

pub mod certification;
pub mod collateral;
mod json;
pub mod qe_identity;
pub mod quote;
pub mod tcb_info;

pub use certification::{CertificationData, PckIdentification};
pub use collateral::CollateralContainer;
pub use json::{Signed, decode_hex};
pub use qe_identity::QeIdentity;
pub use quote::{Quote, QuoteBody, QuoteBuilder, QuoteHeader};
pub use tcb_info::TcbInfo;
