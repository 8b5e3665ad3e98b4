//! Evidence, endorsements, trust anchors and a time in; `Verified` or [`Refusal`] out. No network, no clock.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod amd;
mod anchors;
mod cache;
mod chain;
mod claims;
mod class;
pub mod collect;
mod context;
mod dispatch;
mod endorsements;
pub mod eventlog;
mod intake;
pub mod intel;
mod needs;
mod refusal;
mod tcb;
mod trace;
mod verified;

pub use anchors::{Anchor, TrustAnchors, Vendor};
pub use cache::ChainCache;
pub use claims::{Claims, SgxClaims, SnpClaims, TdxClaims};
pub use class::TrustClass;
pub use context::Context;
pub use dispatch::{recognise, verify};
pub use endorsements::{EndorsementKind, Endorsements};
pub use needs::{EndorsementRequest, PckCa, needs};
pub use refusal::Refusal;
pub use tcb::{TcbStatus, TcbVerdict};
pub use trace::{Check, Trace};
pub use verified::{EvidenceType, Trailing, Verified};
