//! Why a token is not believed.

use casemate_crypto::Time;
use casemate_crypto::jose::JoseError;

/// A token is not acceptable. An answer, never retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// Not a JWT.
    #[error("the token is malformed")]
    Malformed(#[source] JoseError),
    /// The payload is not a JSON object, or a registered claim has the wrong type.
    #[error("the token's claim {claim} is missing or of the wrong type")]
    Claim {
        /// The claim, or `(payload)`.
        claim: &'static str,
    },
    /// The token carries no signature (`alg` `none`): a draft.
    #[error("the token is unsecured")]
    Unsecured,
    /// The algorithm is unknown, not allowed here, or not the key's.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// No key of the issuer has the identifier that the token names.
    #[error("the issuer has no key {kid:?}")]
    UnknownKey {
        /// The identifier; empty if the token names none.
        kid: String,
    },
    /// The key is not one that can be used for checking signatures.
    #[error("the issuer's key {kid:?} cannot be used")]
    UnusableKey {
        /// The identifier.
        kid: String,
    },
    /// The signature does not verify.
    #[error("the token's signature does not verify")]
    SignatureInvalid,
    /// Someone else issued the token.
    #[error("the token is issued by {found:?}, not by {expected:?}")]
    Issuer {
        /// The issuer that was expected.
        expected: String,
        /// The issuer in the token.
        found: String,
    },
    /// The token is past its validity.
    #[error("the token expired at {at}")]
    Expired {
        /// The end of its validity.
        at: Time,
    },
    /// The token is not valid yet.
    #[error("the token is not valid before {from}")]
    NotYetValid {
        /// The start of its validity.
        from: Time,
    },
}

impl TokenRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "token_malformed",
            Self::Claim { .. } => "token_claim",
            Self::Unsecured => "token_unsecured",
            Self::Algorithm => "token_algorithm",
            Self::UnknownKey { .. } => "token_unknown_key",
            Self::UnusableKey { .. } => "token_unusable_key",
            Self::SignatureInvalid => "token_signature_invalid",
            Self::Issuer { .. } => "token_issuer",
            Self::Expired { .. } => "token_expired",
            Self::NotYetValid { .. } => "token_not_yet_valid",
        }
    }
}
