//! The relying party's side: is this token by that issuer, unaltered, and valid now?

use casemate_crypto::Time;
use casemate_crypto::jose::{self, JoseError, Jwk, JwkSet, Jws, JwsAlgorithm};
use serde_json::{Map, Value as Json};

use crate::TokenRefusal;

/// A token that its issuer signed and that is valid. Made by [`validate`] only.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedToken {
    header: Map<String, Json>,
    claims: Map<String, Json>,
    expires: Time,
}

impl ValidatedToken {
    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Json> {
        &self.header
    }

    /// Every claim.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Json> {
        &self.claims
    }

    /// One claim.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Json> {
        self.claims.get(name)
    }

    /// The word for the trust class of the attested platform, if the token says (`x-casemate-trust-class`).
    #[must_use]
    pub fn trust_class(&self) -> Option<&str> {
        self.claims.get("x-casemate-trust-class").and_then(Json::as_str)
    }

    /// The end of the token's validity.
    #[must_use]
    pub const fn expires(&self) -> Time {
        self.expires
    }
}

/// Checks a token against the keys of the issuer that is expected.
///
/// The key is the one whose `kid` the header names; without a `kid` there is none. Signature algorithms are those of
/// [`JwsAlgorithm`] that fit the key; `none` is never accepted. `iss` must equal `issuer`, a slash at the end aside;
/// `exp` must be there and after `now`; `nbf`, if there, must not be after `now`. There is no leeway: issuers date
/// `nbf` back.
///
/// # Errors
/// [`TokenRefusal`] with the first check that failed.
pub fn validate(token: &str, keys: &JwkSet, issuer: &str, now: Time) -> Result<ValidatedToken, TokenRefusal> {
    if jose::parse_unsecured(token).is_ok() {
        return Err(TokenRefusal::Unsecured);
    }
    let unverified = Jws::parse(token).map_err(|error| match error {
        JoseError::Algorithm => TokenRefusal::Algorithm,
        error => TokenRefusal::Malformed(error),
    })?;
    let kid = unverified.kid().unwrap_or_default().to_owned();
    let algorithm = unverified.algorithm().ok_or(TokenRefusal::Algorithm)?;
    let jwk = keys
        .find(&kid)
        .filter(|_| !kid.is_empty())
        .ok_or(TokenRefusal::UnknownKey { kid: kid.clone() })?;
    check_use(jwk, algorithm, &kid)?;
    let key = jwk.to_public_key().map_err(|_| TokenRefusal::UnusableKey { kid })?;
    let (header, payload) = unverified
        .verify(&key, &[algorithm])
        .map_err(|error| match error {
            JoseError::Signature(_) => TokenRefusal::SignatureInvalid,
            _ => TokenRefusal::Algorithm,
        })?
        .into_parts();
    let claims: Map<String, Json> =
        serde_json::from_slice(&payload).map_err(|_| TokenRefusal::Claim { claim: "(payload)" })?;
    check_issuer(&claims, issuer)?;
    let expires = check_validity(&claims, now)?;
    Ok(ValidatedToken {
        header,
        claims,
        expires,
    })
}

/// A key is used for what it is marked for, where it is marked.
fn check_use(jwk: &Jwk, algorithm: JwsAlgorithm, kid: &str) -> Result<(), TokenRefusal> {
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(TokenRefusal::UnusableKey { kid: kid.to_owned() });
    }
    match jwk.alg.as_deref() {
        Some(name) if name != algorithm.name() => Err(TokenRefusal::Algorithm),
        _ => Ok(()),
    }
}

fn check_issuer(claims: &Map<String, Json>, expected: &str) -> Result<(), TokenRefusal> {
    let found = claims
        .get("iss")
        .and_then(Json::as_str)
        .ok_or(TokenRefusal::Claim { claim: "iss" })?;
    if found.trim_end_matches('/') == expected.trim_end_matches('/') {
        return Ok(());
    }
    Err(TokenRefusal::Issuer {
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}

fn check_validity(claims: &Map<String, Json>, now: Time) -> Result<Time, TokenRefusal> {
    let at = numeric_date(claims, "exp")?.ok_or(TokenRefusal::Claim { claim: "exp" })?;
    if at <= now {
        return Err(TokenRefusal::Expired { at });
    }
    match numeric_date(claims, "nbf")? {
        Some(from) if from > now => Err(TokenRefusal::NotYetValid { from }),
        _ => Ok(at),
    }
}

/// A NumericDate (RFC 7519 §2), whole seconds.
fn numeric_date(claims: &Map<String, Json>, claim: &'static str) -> Result<Option<Time>, TokenRefusal> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value
            .as_i64()
            .map(|seconds| Some(Time::from_unix(seconds)))
            .ok_or(TokenRefusal::Claim { claim }),
    }
}
