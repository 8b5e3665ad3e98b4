//! Evidence, endorsements, trust anchors and a time in; `Verified` or [`Refusal`] out. No network, no clock.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod class;
pub mod eventlog;
mod refusal;
mod tcb;
mod trace;

pub use class::TrustClass;
pub use refusal::Refusal;
pub use tcb::{TcbStatus, TcbVerdict};
pub use trace::{Check, Trace};
