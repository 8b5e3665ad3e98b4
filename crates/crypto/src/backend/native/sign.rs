use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, ParsedPublicKey, RsaKeyPair, RsaParameters,
        RsaPublicKeyComponents, RsaSignatureEncoding,
    },
};

use crate::{
    secret::SecretBytes,
    sign::{BadSignature, KeyError, KeyKind, KeyType, RawPublicKey, SignatureAlgorithm},
};

/// A key as AWS-LC holds it, parsed once per padding that it is used with.
pub(crate) enum VerifyingKey {
    Ec(ParsedPublicKey),
    Rsa(Box<RsaVerifyingKey>),
}

pub(crate) struct RsaVerifyingKey {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    /// In the order of [`slot`].
    parsed: [OnceLock<Option<ParsedPublicKey>>; 6],
}

impl VerifyingKey {
    pub(crate) fn new(raw: RawPublicKey<'_>) -> Result<Self, KeyError> {
        match raw {
            RawPublicKey::P256(point) => ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point).map(Self::Ec),
            RawPublicKey::P384(point) => ParsedPublicKey::new(&signature::ECDSA_P384_SHA384_ASN1, point).map(Self::Ec),
            RawPublicKey::Rsa { modulus, exponent } => Ok(Self::Rsa(Box::new(RsaVerifyingKey {
                modulus: modulus.into(),
                exponent: exponent.into(),
                parsed: Default::default(),
            }))),
        }
        .map_err(|_| KeyError::Invalid)
    }

    /// ECDSA signatures are DER. The caller has checked that algorithm and key fit.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let key = match self {
            Self::Ec(key) => Some(key),
            Self::Rsa(key) => key.parsed(algorithm),
        };
        key.ok_or(BadSignature)?
            .verify_sig(message, signature)
            .map_err(|_| BadSignature)
    }
}

impl RsaVerifyingKey {
    fn parsed(&self, algorithm: SignatureAlgorithm) -> Option<&ParsedPublicKey> {
        let (slot, parameters) = slot(algorithm)?;
        let components = || RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        self.parsed
            .get(slot)?
            .get_or_init(|| components().to_parsed_public_key(parameters).ok())
            .as_ref()
    }
}

fn slot(algorithm: SignatureAlgorithm) -> Option<(usize, &'static RsaParameters)> {
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => (0, &signature::RSA_PKCS1_2048_8192_SHA256),
        SignatureAlgorithm::RsaPkcs1Sha384 => (1, &signature::RSA_PKCS1_2048_8192_SHA384),
        SignatureAlgorithm::RsaPkcs1Sha512 => (2, &signature::RSA_PKCS1_2048_8192_SHA512),
        SignatureAlgorithm::RsaPssSha256 => (3, &signature::RSA_PSS_2048_8192_SHA256),
        SignatureAlgorithm::RsaPssSha384 => (4, &signature::RSA_PSS_2048_8192_SHA384),
        SignatureAlgorithm::RsaPssSha512 => (5, &signature::RSA_PSS_2048_8192_SHA512),
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => return None,
    })
}

/// AWS-LC wipes both when it frees them.
pub(crate) enum SigningKey {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    pub(crate) fn generate(key_type: KeyType) -> Result<Self, KeyError> {
        let ec = |algorithm| EcdsaKeyPair::generate(algorithm).map(Self::Ec);
        let rsa = |size| RsaKeyPair::generate(size).map(Self::Rsa);
        match key_type {
            KeyType::P256 => ec(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyType::P384 => ec(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyType::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyType::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyType::Rsa4096 => rsa(KeySize::Rsa4096),
        }
        .map_err(|_| KeyError::Backend)
    }

    pub(crate) fn from_pkcs8_der(kind: KeyKind, der: &[u8]) -> Result<Self, KeyError> {
        let ec = |algorithm: &'static EcdsaSigningAlgorithm| EcdsaKeyPair::from_pkcs8(algorithm, der).map(Self::Ec);
        match kind {
            KeyKind::P256 => ec(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => ec(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyKind::Rsa { .. } => RsaKeyPair::from_pkcs8(der).map(Self::Rsa),
        }
        .map_err(|_| KeyError::Invalid)
    }

    pub(crate) fn to_pkcs8_der(&self) -> Result<SecretBytes, KeyError> {
        match self {
            Self::Ec(key) => key
                .to_pkcs8v1()
                .map(|document| SecretBytes::new(document.as_ref().to_vec())),
            Self::Rsa(key) => key
                .as_der()
                .map(|document: Pkcs8V1Der<'_>| SecretBytes::new(document.as_ref().to_vec())),
        }
        .map_err(|_| KeyError::Backend)
    }

    pub(crate) fn spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ec(key) => key.public_key().as_der(),
            Self::Rsa(key) => key.public_key().as_der(),
        }
        .map_err(|_| KeyError::Backend)?;
        Ok(der.as_ref().to_vec())
    }

    /// ECDSA signatures are DER. The caller has checked that algorithm and key fit.
    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(key) => key
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyError::Backend),
            Self::Rsa(key) => {
                let mut out = vec![0; key.public_modulus_len()];
                let padding = rsa_padding(algorithm).ok_or(KeyError::Mismatch)?;
                key.sign(padding, &random, message, &mut out)
                    .map_err(|_| KeyError::Backend)?;
                Ok(out)
            }
        }
    }
}

fn rsa_padding(algorithm: SignatureAlgorithm) -> Option<&'static RsaSignatureEncoding> {
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &signature::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &signature::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &signature::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &signature::RSA_PSS_SHA512,
        SignatureAlgorithm::EcdsaP256Sha256 | SignatureAlgorithm::EcdsaP384Sha384 => return None,
    })
}
