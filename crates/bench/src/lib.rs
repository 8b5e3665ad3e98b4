//! Benchmarks: ratios side by side with other verifiers, in one run.
//!
//! A number of one machine at one moment says little; a ratio of two programs that took turns on it says more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that cannot run stops"
)]

pub mod intel;
mod race;
pub mod snp;

pub use race::{Aim, Contender, Race, Results};
