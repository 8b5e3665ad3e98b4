//! The key that signs tokens, and the certificate that goes with it.

use casemate_crypto::jose::{self, JoseError, Jwk, JwsAlgorithm};
use casemate_crypto::sign::{KeyKind, PublicKey, SignatureAlgorithm, SigningKey};
use casemate_crypto::x509::{Certificate, CertificateTemplate, KeyUsage, Name, X509Error, oid};
use casemate_crypto::{Time, b64, hash};
use serde_json::{Map, Value as Json};

/// A token signer cannot be made, or cannot sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// Not an RSA key: RS256 is the one algorithm that every client of this interface can check.
    #[error("tokens are signed with RS256, which needs an RSA key")]
    NotRsa,
    /// The certificate is for another key.
    #[error("the certificate is not for the signing key")]
    OtherKey,
    /// The certificate could not be made.
    #[error("the signing certificate cannot be made")]
    Certificate(#[source] X509Error),
    /// Signing failed.
    #[error("the token cannot be signed")]
    Sign(#[source] JoseError),
}

impl SignerError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRsa => "signer_not_rsa",
            Self::OtherKey => "signer_other_key",
            Self::Certificate(_) => "signer_certificate",
            Self::Sign(_) => "signer_failed",
        }
    }
}

/// Signs tokens in the name of one issuer.
#[derive(Debug)]
pub struct TokenSigner {
    key: SigningKey,
    certificate: Certificate,
    kid: String,
    jku: String,
}

impl TokenSigner {
    /// A signer with a key and the certificate that was made for it.
    ///
    /// # Errors
    /// [`SignerError::NotRsa`], [`SignerError::OtherKey`].
    pub fn new(issuer: &str, key: SigningKey, certificate: Certificate) -> Result<Self, SignerError> {
        if !matches!(key.public_key().kind(), KeyKind::Rsa { .. }) {
            return Err(SignerError::NotRsa);
        }
        if certificate.public_key() != key.public_key() {
            return Err(SignerError::OtherKey);
        }
        let (kid, jku) = (
            kid_of(key.public_key()),
            format!("{}/certs", issuer.trim_end_matches('/')),
        );
        Ok(Self {
            key,
            certificate,
            kid,
            jku,
        })
    }

    /// A signer with a new certificate: self-signed, subject and issuer `CN=<issuer>`, as relying parties of Azure
    /// Attestation check it.
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn self_signed(issuer: &str, key: SigningKey, not_before: Time, not_after: Time) -> Result<Self, SignerError> {
        let name = Name::from_attributes(&[(oid::COMMON_NAME, issuer)]);
        let serial = CertificateTemplate::random_serial();
        let certificate = CertificateTemplate::new(name.clone(), &serial, not_before, not_after)
            .end_entity()
            .key_usage(&[KeyUsage::DigitalSignature])
            .key_identifiers()
            .issue(key.public_key(), &name, &key, SignatureAlgorithm::RsaPkcs1Sha256)
            .map_err(|error| {
                if key_is_rsa(&key) {
                    SignerError::Certificate(error)
                } else {
                    SignerError::NotRsa
                }
            })?;
        Self::new(issuer, key, certificate)
    }

    /// The key's identifier in headers and in `/certs`.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The private key, to be kept.
    #[must_use]
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The public key as `/certs` lists it: `kid`, `kty`, numbers, `x5c`, `use`, `alg`.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        Jwk::from_certificates(std::slice::from_ref(&self.certificate))
            .unwrap_or_else(|| Jwk::from_public_key(self.key.public_key()))
            .with_kid(&self.kid)
            .for_signing(JwsAlgorithm::RS256)
    }

    /// A signed token: header `{"alg":"RS256","jku":"<issuer>/certs","kid":…,"typ":"JWT"}`.
    ///
    /// # Errors
    /// [`SignerError::Sign`].
    pub fn sign(&self, claims: &Map<String, Json>) -> Result<String, SignerError> {
        jose::sign(self.header(), &payload(claims), &self.key, JwsAlgorithm::RS256).map_err(SignerError::Sign)
    }

    /// An unsecured token (`alg` `none`, no signature): the answer to a request with a draft policy. No relying party
    /// may believe it, and [`crate::validate`] never does.
    #[must_use]
    pub fn unsecured(&self, claims: &Map<String, Json>) -> String {
        let mut header = self.header();
        header.insert("alg".to_owned(), "none".into());
        let header = Json::Object(header).to_string();
        format!("{}.{}.", b64::url(header.as_bytes()), b64::url(&payload(claims)))
    }

    fn header(&self) -> Map<String, Json> {
        [("jku", self.jku.as_str()), ("kid", self.kid.as_str()), ("typ", "JWT")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Json::from(value)))
            .collect()
    }
}

fn key_is_rsa(key: &SigningKey) -> bool {
    matches!(key.public_key().kind(), KeyKind::Rsa { .. })
}

fn payload(claims: &Map<String, Json>) -> Vec<u8> {
    Json::Object(claims.clone()).to_string().into_bytes()
}

/// The identifier that Azure gives a signing key: standard base64 of the SHA-256 of its PEM (64 columns, LF) and one
/// NUL byte, 44 characters. It is also the report data of the enclave that holds the key.
#[must_use]
pub fn kid_of(key: &PublicKey) -> String {
    b64::std(&hash::sha256_parts(&[key.spki_pem().as_bytes(), &[0]]))
}
