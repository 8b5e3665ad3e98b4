//! Authenticated encryption: AES-256-GCM (NIST SP 800-38D).

use crate::{backend::active, secret::SecretBytes};

/// Length of a key in bytes.
pub const KEY_LEN: usize = 32;
/// Length of a nonce in bytes.
pub const NONCE_LEN: usize = 12;
/// Length of the tag that follows the ciphertext, in bytes.
pub const TAG_LEN: usize = 16;

/// A ciphertext does not open, or cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AeadError {
    /// The key is not 32 bytes long.
    #[error("an AES-256-GCM key has 32 bytes")]
    KeyLength,
    /// Key, nonce, associated data and ciphertext do not belong together.
    #[error("the ciphertext does not open")]
    Open,
    /// The plaintext is longer than GCM allows.
    #[error("the plaintext is too long to seal")]
    TooLong,
}

impl AeadError {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyLength => "aead_key_length",
            Self::Open => "aead_open",
            Self::TooLong => "aead_too_long",
        }
    }
}

/// AES-256-GCM. A nonce must never be used twice with one key: random nonces are good for 2³² messages.
#[derive(Debug)]
pub struct Aes256Gcm;

impl Aes256Gcm {
    /// Encrypts: ciphertext followed by the 16-byte tag.
    ///
    /// # Errors
    /// [`AeadError::KeyLength`], [`AeadError::TooLong`].
    pub fn seal(
        key: &SecretBytes,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, AeadError> {
        active::aead::seal(key_of(key)?, nonce, aad, plaintext)
    }

    /// Decrypts what [`seal`](Self::seal) made.
    ///
    /// # Errors
    /// [`AeadError::KeyLength`], [`AeadError::Open`].
    pub fn open(
        key: &SecretBytes,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<SecretBytes, AeadError> {
        active::aead::open(key_of(key)?, nonce, aad, ciphertext)
    }
}

fn key_of(key: &SecretBytes) -> Result<&[u8; KEY_LEN], AeadError> {
    key.expose_secret().try_into().map_err(|_| AeadError::KeyLength)
}
