//! AWS-LC.

pub(crate) mod aead;
pub(crate) mod digest;
pub(crate) mod random;
pub(crate) mod sign;
