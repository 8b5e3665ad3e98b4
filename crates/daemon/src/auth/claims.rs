//! The claims of a bearer token (RFC 7519 §4.1), checked without I/O.

use casemate_crypto::Time;
use serde_json::{Map, Value};

/// A bearer token is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// No JWT, or a claim of the wrong type.
    #[error("the token is malformed")]
    Malformed,
    /// Its issuer is not configured.
    #[error("the token's issuer is not accepted here")]
    UnknownIssuer,
    /// It names no key of its issuer's, or a key that may not sign.
    #[error("the token's key is not one of its issuer's")]
    UnknownKey,
    /// Its signature does not verify, or uses an algorithm that is not accepted.
    #[error("the token's signature does not verify")]
    BadSignature,
    /// It is for someone else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// It has no end of validity, or is past it.
    #[error("the token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl TokenRefusal {
    /// The stable code in logs and on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "token_malformed",
            Self::UnknownIssuer => "token_unknown_issuer",
            Self::UnknownKey => "token_unknown_key",
            Self::BadSignature => "token_bad_signature",
            Self::WrongAudience => "token_wrong_audience",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
        }
    }
}

/// What a token's claims are checked against.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audiences: &'a [String],
    pub(crate) leeway: i64,
}

fn object(payload: &[u8]) -> Result<Map<String, Value>, TokenRefusal> {
    serde_json::from_slice(payload).map_err(|_| TokenRefusal::Malformed)
}

/// The `iss` of an unverified payload: only good for finding the keys to verify with.
pub(crate) fn issuer_of(payload: &[u8]) -> Result<String, TokenRefusal> {
    let claims = object(payload)?;
    claims
        .get("iss")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or(TokenRefusal::Malformed)
}

/// Checks a verified payload; returns its subject.
pub(crate) fn check(payload: &[u8], expected: &Expected<'_>, now: Time) -> Result<String, TokenRefusal> {
    let claims = object(payload)?;
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(TokenRefusal::UnknownIssuer);
    }
    if !audience_accepted(claims.get("aud"), expected.audiences) {
        return Err(TokenRefusal::WrongAudience);
    }
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => numeric_date(value).map(Some).ok_or(TokenRefusal::Malformed),
    };
    let expires = seconds("exp")?.ok_or(TokenRefusal::Expired)?;
    if now.unix() >= expires.saturating_add(expected.leeway) {
        return Err(TokenRefusal::Expired);
    }
    let latest = now.unix().saturating_add(expected.leeway);
    if seconds("nbf")?.is_some_and(|from| from > latest) || seconds("iat")?.is_some_and(|at| at > latest) {
        return Err(TokenRefusal::NotYetValid);
    }
    match claims.get("sub") {
        Some(Value::String(subject)) => Ok(subject.clone()),
        None => Ok(String::new()),
        Some(_) => Err(TokenRefusal::Malformed),
    }
}

fn audience_accepted(audience: Option<&Value>, accepted: &[String]) -> bool {
    let is_accepted = |value: &Value| value.as_str().is_some_and(|one| accepted.iter().any(|own| own == one));
    match audience {
        Some(Value::Array(many)) => many.iter().any(is_accepted),
        Some(one) => is_accepted(one),
        None => false,
    }
}

/// A NumericDate (RFC 7519 §2), which may have a fraction.
fn numeric_date(value: &Value) -> Option<i64> {
    if let Some(seconds) = value.as_i64() {
        return Some(seconds);
    }
    let seconds = value.as_f64()?.floor();
    // Beyond ±2^52 seconds a date is nonsense, and below it the conversion is exact.
    #[allow(clippy::cast_possible_truncation)]
    (seconds.abs() < 4.5e15).then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(claims: &Value) -> Result<String, TokenRefusal> {
        let audiences = ["casemate".to_owned()];
        let expected = Expected {
            issuer: "https://i",
            audiences: &audiences,
            leeway: 60,
        };
        check(claims.to_string().as_bytes(), &expected, Time::from_unix(1_000_000))
    }

    #[test]
    fn each_claim_is_checked() {
        let good =
            json!({"iss": "https://i", "aud": ["x", "casemate"], "exp": 1_000_001, "nbf": 1_000_060, "sub": "me"});
        assert_eq!(verdict(&good), Ok("me".to_owned()));
        let with = |key: &str, value: Value| {
            let mut claims = good.clone();
            if let Some(object) = claims.as_object_mut() {
                object.insert(key.to_owned(), value);
            }
            verdict(&claims)
        };
        assert_eq!(with("iss", json!("https://other")), Err(TokenRefusal::UnknownIssuer));
        assert_eq!(with("aud", json!("other")), Err(TokenRefusal::WrongAudience));
        assert_eq!(with("aud", json!([])), Err(TokenRefusal::WrongAudience));
        assert_eq!(with("aud", Value::Null), Err(TokenRefusal::WrongAudience));
        assert_eq!(with("exp", json!(999_940)), Err(TokenRefusal::Expired));
        assert_eq!(with("exp", json!(999_941)), Ok("me".to_owned()));
        assert_eq!(with("exp", json!(999_941.5)), Ok("me".to_owned()));
        assert_eq!(with("exp", json!(1e300)), Err(TokenRefusal::Malformed));
        assert_eq!(with("exp", json!("soon")), Err(TokenRefusal::Malformed));
        assert_eq!(with("nbf", json!(1_000_061)), Err(TokenRefusal::NotYetValid));
        assert_eq!(with("iat", json!(1_000_061)), Err(TokenRefusal::NotYetValid));
        assert_eq!(with("sub", json!(7)), Err(TokenRefusal::Malformed));
        assert_eq!(
            verdict(&json!({"iss": "https://i", "aud": "casemate"})),
            Err(TokenRefusal::Expired)
        );
        assert_eq!(verdict(&json!([])), Err(TokenRefusal::Malformed));
    }
}
