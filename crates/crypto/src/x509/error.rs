//! What can be wrong with a certificate or a CRL.

use super::tlv::{ObjectIdentifier, TlvError};
use crate::{
    pem::PemError,
    sign::{BadSignature, KeyError},
};

/// A certificate or CRL cannot be read, verified or made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum X509Error {
    /// Not DER of the expected structure.
    #[error("malformed DER")]
    Der(#[source] TlvError),
    /// Not PEM.
    #[error("malformed PEM")]
    Pem(#[source] PemError),
    /// Longer than the limit for its kind.
    #[error("{len} bytes are more than the {limit} accepted")]
    TooLarge {
        /// Length found, in bytes (certificates of a chain: their number).
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// A field's value breaks RFC 5280.
    #[error("field {field} is not acceptable")]
    Field {
        /// The field's name in RFC 5280.
        field: &'static str,
    },
    /// The subject's key cannot be used.
    #[error("subject public key")]
    Key(#[source] KeyError),
    /// A signature algorithm that is not on the list.
    #[error("signature algorithm {0} is not supported")]
    Algorithm(ObjectIdentifier),
    /// The parameters of the signature algorithm are not the accepted ones.
    #[error("signature algorithm parameters are not acceptable")]
    AlgorithmParameters,
    /// The signed and the unsigned algorithm differ (RFC 5280 §4.1.1.2).
    #[error("signatureAlgorithm differs from the signed one")]
    AlgorithmMismatch,
    /// A critical extension that is not understood (CRLs only; for certificates the verifier decides).
    #[error("critical extension {0} is not understood")]
    CriticalExtension(ObjectIdentifier),
    /// The signature does not verify.
    #[error("signature")]
    Signature(#[source] BadSignature),
}

impl X509Error {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Der(_) | Self::Pem(_) | Self::Field { .. } => "x509_malformed",
            Self::TooLarge { .. } => "x509_too_large",
            Self::Key(_) => "x509_key",
            Self::Algorithm(_) | Self::AlgorithmParameters | Self::AlgorithmMismatch => "x509_algorithm",
            Self::CriticalExtension(_) => "x509_critical_extension",
            Self::Signature(_) => "x509_signature",
        }
    }

    pub(crate) const fn field(field: &'static str) -> Self {
        Self::Field { field }
    }
}

impl From<TlvError> for X509Error {
    fn from(error: TlvError) -> Self {
        Self::Der(error)
    }
}

impl From<PemError> for X509Error {
    fn from(error: PemError) -> Self {
        Self::Pem(error)
    }
}

impl From<KeyError> for X509Error {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<BadSignature> for X509Error {
    fn from(error: BadSignature) -> Self {
        Self::Signature(error)
    }
}
