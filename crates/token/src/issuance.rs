//! The circumstances of one token.

use casemate_crypto::Time;
use serde_json::Value as Json;

/// Seconds from issue to expiry: eight hours, as Azure's.
pub const DEFAULT_LIFETIME: i64 = 28_800;

/// Seconds by which `nbf` lies before `iat`: relying parties whose clocks are a little behind must not refuse a fresh
/// token, and the Azure clients tolerate half a second only.
pub const NOT_BEFORE_SLACK: i64 = 60;

/// What the relying party chose, repeated in the token. Clients send a text or a number; it comes back as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// A text.
    Text(String),
    /// A number of 64 bits, exact.
    Number(u64),
}

impl Nonce {
    /// The nonce of a request's JSON: `None` if it is neither a text nor a whole number from 0 below 2^64.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(text) => Some(Self::Text(text.clone())),
            Json::Number(number) => number.as_u64().map(Self::Number),
            _ => None,
        }
    }

    /// The nonce as JSON, of the type it was sent as.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Number(number) => Json::from(*number),
        }
    }
}

/// Who issues a token, when, and for how long. All of it comes from the caller: this crate reads no clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// The issuer's URL (`iss`), also the common name of its certificate.
    pub issuer: String,
    /// The time of issue (`iat`).
    pub now: Time,
    /// Seconds until `exp`.
    pub lifetime: i64,
    /// Random, never used before (`jti`, 64 hex digits).
    pub jti: [u8; 32],
    /// The relying party's, if it sent one.
    pub nonce: Option<Nonce>,
}

impl Issuance {
    /// An issuance with the default lifetime and no nonce.
    pub fn new(issuer: impl Into<String>, now: Time, jti: [u8; 32]) -> Self {
        Self {
            issuer: issuer.into(),
            now,
            lifetime: DEFAULT_LIFETIME,
            jti,
            nonce: None,
        }
    }

    /// With the relying party's nonce.
    #[must_use]
    pub fn with_nonce(mut self, nonce: Option<Nonce>) -> Self {
        self.nonce = nonce;
        self
    }
}
