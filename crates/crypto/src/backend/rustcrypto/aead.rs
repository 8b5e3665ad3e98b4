use aes_gcm::{
    Aes256Gcm,
    aead::{Aead as _, KeyInit as _, Payload},
};

use crate::{
    aead::{AeadError, KEY_LEN, NONCE_LEN},
    secret::SecretBytes,
};

pub(crate) fn seal(
    key: &[u8; KEY_LEN],
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, AeadError> {
    let payload = Payload { msg: plaintext, aad };
    Aes256Gcm::new(key.into())
        .encrypt(&nonce.into(), payload)
        .map_err(|_| AeadError::TooLong)
}

pub(crate) fn open(
    key: &[u8; KEY_LEN],
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, AeadError> {
    let payload = Payload { msg: ciphertext, aad };
    Aes256Gcm::new(key.into())
        .decrypt(&nonce.into(), payload)
        .map(SecretBytes::new)
        .map_err(|_| AeadError::Open)
}
