use crate::backend::NoRandomness;

pub(crate) fn fill(out: &mut [u8]) -> Result<(), NoRandomness> {
    aws_lc_rs::rand::fill(out).map_err(|_| NoRandomness)
}
