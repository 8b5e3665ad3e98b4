use crate::backend::NoRandomness;

/// The one door to the system's randomness.
#[allow(clippy::disallowed_methods, reason = "this is what `rand::fill` calls")]
pub(crate) fn fill(out: &mut [u8]) -> Result<(), NoRandomness> {
    aws_lc_rs::rand::fill(out).map_err(|_| NoRandomness)
}
