//! Test-only: the samples and their manifest, fuzz bodies and mutations, shared by tests and fuzzers.
//!
//! Everything here panics when something is wrong: that is how a test, and a fuzzer, says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support reports by panicking"
)]

pub mod emulated;
pub mod fuzz;
mod manifest;
mod random;
pub mod seeds;
mod shared;

pub use manifest::{Entry, Expected, manifest};
pub use random::Random;
pub use shared::{folder, read, shared_dir};
