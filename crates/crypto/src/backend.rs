//! The crypto libraries, behind one shape. Which one is active follows from the target and from nothing else;
//! the other one compiles in tests, where both must agree.

#[cfg(not(any(target_env = "sgx", target_family = "wasm")))]
pub(crate) mod native;
#[cfg(any(target_env = "sgx", target_family = "wasm", test))]
pub(crate) mod rustcrypto;

#[cfg(not(any(target_env = "sgx", target_family = "wasm")))]
pub(crate) use native as active;
#[cfg(any(target_env = "sgx", target_family = "wasm"))]
pub(crate) use rustcrypto as active;

#[cfg(test)]
mod differential;

/// The system's random generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRandomness;
