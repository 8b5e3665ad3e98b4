//! Bytes that must not be copied, printed or left behind in memory.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use crate::constant_time;

/// Secret bytes: boxed, wiped on drop, compared in constant time and unprintable.
///
/// There is no `Clone`, `Serialize` or `Deref`: every place that reads the value says
/// [`expose_secret`](Self::expose_secret).
pub struct SecretBytes(Zeroizing<Box<[u8]>>);

impl SecretBytes {
    /// Takes over `bytes`. A `Vec` with spare capacity is copied into an exact box and then wiped.
    #[must_use]
    pub fn new(mut bytes: Vec<u8>) -> Self {
        let boxed = Box::<[u8]>::from(bytes.as_slice());
        bytes.zeroize();
        Self(Zeroizing::new(boxed))
    }

    /// `len` fresh random bytes.
    #[must_use]
    pub fn random(len: usize) -> Self {
        let mut bytes = vec![0; len].into_boxed_slice();
        crate::rand::fill(&mut bytes);
        Self(Zeroizing::new(bytes))
    }

    /// The value itself, for the one place that needs it.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        constant_time::eq(self.expose_secret(), other.expose_secret())
    }
}

impl Eq for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_unprintable_and_comparable() {
        let secret = SecretBytes::new(b"hunter2".to_vec());
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(secret, SecretBytes::from(b"hunter2".to_vec()));
        assert_ne!(secret, SecretBytes::new(b"hunter3".to_vec()));
        assert_eq!((secret.len(), secret.is_empty()), (7, false));
        assert_ne!(SecretBytes::random(32), SecretBytes::random(32));
    }
}
