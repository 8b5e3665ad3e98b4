//! Random bytes from the operating system (or the CPU, inside an enclave).

use crate::backend::active;

/// Fills `out` with random bytes.
///
/// # Panics
/// If the system has no randomness: there is no safe way to go on, and no caller could handle it better.
#[allow(clippy::panic)]
pub fn fill(out: &mut [u8]) {
    if active::random::fill(out).is_err() {
        panic!("the operating system's random generator failed");
    }
}

/// `N` random bytes; panics as [`fill`] does.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use crate::backend;

    #[test]
    fn draws_differ_on_both_backends() {
        assert_ne!(super::bytes::<32>(), super::bytes::<32>());
        let mut drawn = [0; 32];
        assert!(backend::rustcrypto::random::fill(&mut drawn).is_ok());
        assert_ne!(drawn, [0; 32]);
    }
}
