//! What can be wrong with a key or a signature.

use crate::x509::tlv::TlvError;

/// A signature does not verify. Why is deliberately not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl BadSignature {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "signature_invalid"
    }
}

/// A key cannot be read, made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The encoding is not DER of the expected structure.
    #[error("key encoding malformed")]
    Encoding(#[source] TlvError),
    /// An algorithm or curve other than P-256, P-384 and RSA.
    #[error("key algorithm not supported")]
    Unsupported,
    /// An RSA modulus outside 2048..=8192 bits, or a public exponent that is even, below 3 or above 33 bits.
    #[error("RSA key outside the accepted sizes")]
    Size,
    /// The numbers are no valid key: a point off its curve, inconsistent private components.
    #[error("not a valid key")]
    Invalid,
    /// The key cannot make signatures of the algorithm asked for.
    #[error("key and signature algorithm do not fit")]
    Mismatch,
    /// The backend failed to generate a key or a signature.
    #[error("the crypto backend failed")]
    Backend,
}

impl KeyError {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding(_) => "key_malformed",
            Self::Unsupported => "key_unsupported",
            Self::Size => "key_size",
            Self::Invalid => "key_invalid",
            Self::Mismatch => "key_mismatch",
            Self::Backend => "crypto_backend",
        }
    }
}

impl From<TlvError> for KeyError {
    fn from(error: TlvError) -> Self {
        Self::Encoding(error)
    }
}
