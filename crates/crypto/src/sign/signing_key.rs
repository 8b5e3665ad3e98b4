//! Private keys that sign.

use std::fmt;

use super::{KeyError, KeyKind, KeyType, PublicKey, SignatureAlgorithm, SignatureEncoding, ecdsa_der};
use crate::{
    backend::active,
    secret::SecretBytes,
    x509::{oid, tlv::Reader},
};

/// A P-256, P-384 or RSA private key. The backend wipes it on drop; it cannot be cloned or printed.
pub struct SigningKey {
    public: PublicKey,
    backend: active::sign::SigningKey,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError::Backend`].
    pub fn generate(key_type: KeyType) -> Result<Self, KeyError> {
        Self::from_backend(active::sign::SigningKey::generate(key_type)?)
    }

    /// Reads an unencrypted PKCS#8 PrivateKeyInfo (RFC 5208).
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_backend(active::sign::SigningKey::from_pkcs8_der(pkcs8_kind(der)?, der)?)
    }

    /// The key as an unencrypted PKCS#8 PrivateKeyInfo.
    ///
    /// # Errors
    /// [`KeyError::Backend`].
    pub fn to_pkcs8_der(&self) -> Result<SecretBytes, KeyError> {
        self.backend.to_pkcs8_der()
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`.
    ///
    /// # Errors
    /// [`KeyError::Mismatch`] when the key cannot make such signatures, [`KeyError::Backend`].
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        encoding: SignatureEncoding,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        if !algorithm.fits(self.public.kind()) {
            return Err(KeyError::Mismatch);
        }
        let signature = self.backend.sign(algorithm, message)?;
        match (self.public.kind(), encoding) {
            (KeyKind::P256 | KeyKind::P384, SignatureEncoding::Fixed) => {
                ecdsa_der::to_fixed(&signature, self.public.kind().octets()).map_err(|_| KeyError::Backend)
            }
            _ => Ok(signature),
        }
    }

    fn from_backend(backend: active::sign::SigningKey) -> Result<Self, KeyError> {
        let public = PublicKey::from_spki_der(&backend.spki_der()?)?;
        Ok(Self { public, backend })
    }
}

/// What kind of key a PKCS#8 document holds; RSA sizes are checked with the public key.
pub(crate) fn pkcs8_kind(der: &[u8]) -> Result<KeyKind, KeyError> {
    let mut outer = Reader::new(der);
    let mut info = outer.read_sequence()?;
    outer.finish()?;
    info.read_u64()?;
    let mut algorithm = info.read_sequence()?;
    match algorithm.read_oid()? {
        oid::RSA_ENCRYPTION => Ok(KeyKind::Rsa { bits: 0 }),
        oid::EC_PUBLIC_KEY => match algorithm.read_oid()? {
            oid::P256 => Ok(KeyKind::P256),
            oid::P384 => Ok(KeyKind::P384),
            _ => Err(KeyError::Unsupported),
        },
        _ => Err(KeyError::Unsupported),
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(redacted, {:?})", self.public)
    }
}
