//! Signature algorithms by their JOSE names (RFC 7518 §3.1).

use std::fmt;

use crate::sign::{KeyKind, SignatureAlgorithm};

/// A JWS signature algorithm. `none` and the HMACs are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JwsAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
}

impl JwsAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 8] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
    ];

    /// The value of `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
        }
    }

    /// The algorithm that `alg` names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The algorithm a key of this kind signs with when nothing else is asked for.
    #[must_use]
    pub const fn default_for(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => Self::ES256,
            KeyKind::P384 => Self::ES384,
            KeyKind::Rsa { .. } => Self::RS256,
        }
    }

    /// The signature algorithm behind the name.
    #[must_use]
    pub const fn signature_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::RS256 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::RS384 => SignatureAlgorithm::RsaPkcs1Sha384,
            Self::RS512 => SignatureAlgorithm::RsaPkcs1Sha512,
            Self::PS256 => SignatureAlgorithm::RsaPssSha256,
            Self::PS384 => SignatureAlgorithm::RsaPssSha384,
            Self::PS512 => SignatureAlgorithm::RsaPssSha512,
            Self::ES256 => SignatureAlgorithm::EcdsaP256Sha256,
            Self::ES384 => SignatureAlgorithm::EcdsaP384Sha384,
        }
    }
}

impl fmt::Display for JwsAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
