//! RustCrypto: for SGX enclaves and wasm, where AWS-LC does not build.

pub(crate) mod aead;
pub(crate) mod digest;
pub(crate) mod random;
pub(crate) mod rsa_key;
pub(crate) mod sign;
