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
    pub fn seal(key: &SecretBytes, nonce: [u8; NONCE_LEN], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, AeadError> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
    #[test]
    fn known_answer() {
        let key = SecretBytes::new(hex::decode("feffe9928665731c6d6a8f9467308308".repeat(2)).unwrap());
        let nonce = [0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88];
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plaintext = hex::decode(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ))
        .unwrap();
        let sealed = Aes256Gcm::seal(&key, nonce, &aad, &plaintext).unwrap();
        assert_eq!(
            hex::encode(&sealed),
            concat!(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
                "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b"
            )
        );
        assert_eq!(
            Aes256Gcm::open(&key, nonce, &aad, &sealed).unwrap().expose_secret(),
            plaintext
        );
        assert_eq!(Aes256Gcm::open(&key, nonce, b"", &sealed), Err(AeadError::Open));
        assert_eq!(Aes256Gcm::open(&key, nonce, &aad, b"short"), Err(AeadError::Open));
        let short = SecretBytes::new(vec![0; 16]);
        assert_eq!(Aes256Gcm::seal(&short, nonce, b"", b""), Err(AeadError::KeyLength));
    }
}
