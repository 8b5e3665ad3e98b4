//! Emulated SGX, TDX and SNP platforms: real formats under their own roots, always labelled emulated.
//!
//! An [`Emulator`] is made once per data directory and kept as one file. The roots' names say what they are, and
//! verifiers give what chains to them the class `emulated`, because configuration cannot add a root of any other.
//! Nothing here reads a file, a clock or the network.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod amd;
mod bundle;
mod certified;
mod emulator;
mod fault;
mod identity;
mod intel;
mod kept;
mod platform;

pub use casemate_evidence::snp::Product;

pub use bundle::{Bundle, NamedFile};
pub use emulator::Emulator;
pub use fault::EmulatorFault;
pub use identity::{Debug, SgxIdentity, SnpIdentity, TdxFormat, TdxIdentity};
pub use platform::{Platform, PlatformTcb, Standing};
