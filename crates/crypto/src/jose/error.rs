//! What can be wrong with a JWS or a JWK.

use crate::{
    b64::B64Error,
    sign::{BadSignature, KeyError},
};

/// A JOSE object cannot be read, verified or made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// Longer than [`super::MAX_JWS`] or [`super::MAX_HEADER`].
    #[error("the JWS is too large")]
    TooLarge,
    /// Not three parts separated by dots.
    #[error("a compact JWS has three parts")]
    Structure,
    /// A part is not canonical unpadded base64url.
    #[error("a part is not base64url")]
    Base64(#[source] B64Error),
    /// The header is not one JSON object with unique member names.
    #[error("the header is not a JSON object with unique members")]
    Header,
    /// The header lists critical parameters; none is understood.
    #[error("the header names critical parameters")]
    Critical,
    /// The header's `alg` is absent, unknown or not allowed here.
    #[error("the algorithm is not allowed")]
    Algorithm,
    /// The signature does not verify.
    #[error("signature")]
    Signature(#[source] BadSignature),
    /// A JWK's members are no key.
    #[error("the JWK is not a usable key")]
    Jwk,
    /// A key cannot be read or used.
    #[error("key")]
    Key(#[source] KeyError),
}

impl JoseError {
    /// A stable word for the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "jws_too_large",
            Self::Structure | Self::Base64(_) | Self::Header => "jws_malformed",
            Self::Critical => "jws_critical",
            Self::Algorithm => "jws_algorithm",
            Self::Signature(_) => "jws_signature",
            Self::Jwk | Self::Key(_) => "jwk_unusable",
        }
    }
}

impl From<B64Error> for JoseError {
    fn from(error: B64Error) -> Self {
        Self::Base64(error)
    }
}

impl From<BadSignature> for JoseError {
    fn from(error: BadSignature) -> Self {
        Self::Signature(error)
    }
}

impl From<KeyError> for JoseError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}
