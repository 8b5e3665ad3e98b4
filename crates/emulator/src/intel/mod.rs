//! The emulated Intel: its certificate authorities, what it publishes, and quotes of its platforms.

mod collateral;
mod pck_extension;
mod pki;
mod quote;

pub(crate) use collateral::Tee;
pub(crate) use pki::IntelPki;
