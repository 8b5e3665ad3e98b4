use getrandom::SysRng;
use p256::{
    ecdsa::signature::{RandomizedSigner as _, Verifier as _},
    elliptic_curve::Generate as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, SecretDocument},
};
use rsa::{PrivateKey, PublicKey};

use super::rsa_key;
use crate::{
    secret::SecretBytes,
    sign::{BadSignature, KeyError, KeyKind, KeyType, RawPublicKey, SignatureAlgorithm, ecdsa_der},
};

/// A key as RustCrypto holds it.
pub(crate) enum VerifyingKey {
    P256(Box<p256::ecdsa::VerifyingKey>),
    P384(Box<p384::ecdsa::VerifyingKey>),
    Rsa(Box<PublicKey>),
}

impl VerifyingKey {
    pub(crate) fn new(raw: RawPublicKey<'_>) -> Result<Self, KeyError> {
        match raw {
            RawPublicKey::P256(point) => p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| Self::P256(Box::new(key)))
                .map_err(|_| KeyError::Invalid),
            RawPublicKey::P384(point) => p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| Self::P384(Box::new(key)))
                .map_err(|_| KeyError::Invalid),
            RawPublicKey::Rsa { modulus, exponent } => {
                rsa_key::public_key(modulus, exponent).map(|key| Self::Rsa(Box::new(key)))
            }
        }
    }

    /// ECDSA signatures are DER. The caller has checked that algorithm and key fit.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        match self {
            Self::P256(key) => {
                let fixed = ecdsa_der::to_fixed(signature, 32)?;
                let signature = p256::ecdsa::Signature::from_slice(&fixed).map_err(|_| BadSignature)?;
                key.verify(message, &signature).map_err(|_| BadSignature)
            }
            Self::P384(key) => {
                let fixed = ecdsa_der::to_fixed(signature, 48)?;
                let signature = p384::ecdsa::Signature::from_slice(&fixed).map_err(|_| BadSignature)?;
                key.verify(message, &signature).map_err(|_| BadSignature)
            }
            Self::Rsa(key) => rsa_key::verify(key, algorithm, message, signature),
        }
    }
}

/// All three wipe themselves on drop.
pub(crate) enum SigningKey {
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    Rsa(Box<PrivateKey>),
}

impl SigningKey {
    pub(crate) fn generate(key_type: KeyType) -> Result<Self, KeyError> {
        let rsa = |bits| PrivateKey::new(&mut SysRng, bits).map(|key| Self::Rsa(Box::new(key)));
        match key_type {
            KeyType::P256 => {
                let key = p256::ecdsa::SigningKey::try_generate_from_rng(&mut SysRng);
                return key.map(|key| Self::P256(Box::new(key))).map_err(|_| KeyError::Backend);
            }
            KeyType::P384 => {
                let key = p384::ecdsa::SigningKey::try_generate_from_rng(&mut SysRng);
                return key.map(|key| Self::P384(Box::new(key))).map_err(|_| KeyError::Backend);
            }
            KeyType::Rsa2048 => rsa(2048),
            KeyType::Rsa3072 => rsa(3072),
            KeyType::Rsa4096 => rsa(4096),
        }
        .map_err(|_| KeyError::Backend)
    }

    pub(crate) fn from_pkcs8_der(kind: KeyKind, der: &[u8]) -> Result<Self, KeyError> {
        match kind {
            KeyKind::P256 => p256::ecdsa::SigningKey::from_pkcs8_der(der).map(|key| Self::P256(Box::new(key))),
            KeyKind::P384 => p384::ecdsa::SigningKey::from_pkcs8_der(der).map(|key| Self::P384(Box::new(key))),
            KeyKind::Rsa { .. } => PrivateKey::from_pkcs8_der(der).map(|key| Self::Rsa(Box::new(key))),
        }
        .map_err(|_| KeyError::Invalid)
    }

    pub(crate) fn to_pkcs8_der(&self) -> Result<SecretBytes, KeyError> {
        let document: SecretDocument = match self {
            Self::P256(key) => key.to_pkcs8_der(),
            Self::P384(key) => key.to_pkcs8_der(),
            Self::Rsa(key) => key.to_pkcs8_der(),
        }
        .map_err(|_| KeyError::Backend)?;
        Ok(SecretBytes::new(document.as_bytes().to_vec()))
    }

    pub(crate) fn spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let document = match self {
            Self::P256(key) => key.verifying_key().to_public_key_der(),
            Self::P384(key) => key.verifying_key().to_public_key_der(),
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
        }
        .map_err(|_| KeyError::Backend)?;
        Ok(document.into_vec())
    }

    /// ECDSA signatures are DER. The caller has checked that algorithm and key fit.
    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key
                    .try_sign_with_rng(&mut SysRng, message)
                    .map_err(|_| KeyError::Backend)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key
                    .try_sign_with_rng(&mut SysRng, message)
                    .map_err(|_| KeyError::Backend)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Rsa(key) => rsa_key::sign(key, algorithm, message),
        }
    }
}
