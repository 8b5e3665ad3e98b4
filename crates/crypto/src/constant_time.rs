//! Comparison whose duration tells nothing about where two values differ.

use subtle::ConstantTimeEq as _;

/// Whether `a` and `b` are the same bytes. Only their lengths influence the duration.
#[must_use]
pub fn eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::eq;

    #[test]
    fn compares_value_and_length() {
        assert!(eq(b"", b""));
        assert!(eq(b"abc", b"abc"));
        assert!(!eq(b"abc", b"abd"));
        assert!(!eq(b"abc", b"abcd"));
    }
}
