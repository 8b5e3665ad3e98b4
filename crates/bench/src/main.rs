//! `bench-verify`: verifications per second, side by side.
fn main() {}
