//! Emulated SGX, TDX and SNP platforms: real formats under their own roots, always labelled emulated.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
