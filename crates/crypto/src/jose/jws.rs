//! Compact JSON Web Signatures.

use serde_json::{Map, Value};

use super::{JoseError, JwsAlgorithm, MAX_HEADER, MAX_JWS, json};
use crate::{
    b64,
    sign::{PublicKey, SignatureEncoding, SigningKey},
};

/// A JWS as received: nothing in it may be believed yet.
#[derive(Clone, Debug, PartialEq)]
pub struct UnverifiedJws {
    header: Map<String, Value>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signing_input: Vec<u8>,
}

/// A JWS whose signature verified. There is no other way to get one than [`UnverifiedJws::verify`].
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedJws {
    header: Map<String, Value>,
    payload: Vec<u8>,
    algorithm: JwsAlgorithm,
}

/// A JWS with `alg: none`: framing without any protection (RFC 7519 §6).
#[derive(Clone, Debug, PartialEq)]
pub struct UnsecuredJws {
    header: Map<String, Value>,
    payload: Vec<u8>,
}

/// The compact serialisation (RFC 7515 §3.1).
#[derive(Debug)]
pub struct Jws;

impl Jws {
    /// Reads a compact JWS. Base64url must be canonical and the header's members unique.
    ///
    /// # Errors
    /// [`JoseError`]; `crit` is refused, and so is `alg: none`.
    pub fn parse(text: &str) -> Result<UnverifiedJws, JoseError> {
        let parts = Parts::split(text)?;
        let header = read_header(parts.header)?;
        if parts.signature.is_empty()
            || header
                .get("alg")
                .and_then(Value::as_str)
                .is_none_or(|name| name == "none")
        {
            return Err(JoseError::Algorithm);
        }
        let signing_input = text.as_bytes().get(..parts.header.len() + 1 + parts.payload.len());
        Ok(UnverifiedJws {
            header,
            payload: b64::decode_url_strict(parts.payload)?,
            signature: b64::decode_url_strict(parts.signature)?,
            signing_input: signing_input.unwrap_or_default().to_vec(),
        })
    }
}

/// Reads a compact JWS with `alg: none` and an empty signature, and nothing else.
///
/// # Errors
/// [`JoseError`]; a signed JWS is [`JoseError::Algorithm`].
pub fn parse_unsecured(text: &str) -> Result<UnsecuredJws, JoseError> {
    let parts = Parts::split(text)?;
    let header = read_header(parts.header)?;
    if !parts.signature.is_empty() || header.get("alg").and_then(Value::as_str) != Some("none") {
        return Err(JoseError::Algorithm);
    }
    Ok(UnsecuredJws {
        header,
        payload: b64::decode_url_strict(parts.payload)?,
    })
}

/// Signs `payload`. `header` gets `alg` set; its other members are kept.
///
/// # Errors
/// [`JoseError::Key`] when key and algorithm do not fit, [`JoseError::Critical`] for a `crit` member.
pub fn sign(
    mut header: Map<String, Value>,
    payload: &[u8],
    key: &SigningKey,
    algorithm: JwsAlgorithm,
) -> Result<String, JoseError> {
    if header.contains_key("crit") {
        return Err(JoseError::Critical);
    }
    header.insert("alg".to_owned(), algorithm.name().into());
    let mut text = frame(header, payload);
    let signature = key.sign(
        algorithm.signature_algorithm(),
        SignatureEncoding::Fixed,
        text.as_bytes(),
    )?;
    text.push('.');
    text.push_str(&b64::url(&signature));
    Ok(text)
}

/// A JWS with `alg: none` around `payload`.
#[must_use]
pub fn unsecured(payload: &[u8]) -> String {
    let mut header = Map::new();
    header.insert("alg".to_owned(), "none".into());
    let mut text = frame(header, payload);
    text.push('.');
    text
}

impl UnverifiedJws {
    /// The header, unverified: good for choosing a key by `kid`, for nothing else.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// `kid`, unverified.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The algorithm that the header names, if it is known.
    #[must_use]
    pub fn algorithm(&self) -> Option<JwsAlgorithm> {
        self.header
            .get("alg")
            .and_then(Value::as_str)
            .and_then(JwsAlgorithm::from_name)
    }

    /// The payload, unverified. The name shouts because the type does not protect its reader any more.
    #[must_use]
    pub fn payload_unchecked(&self) -> &[u8] {
        &self.payload
    }

    /// The octets that the signature covers.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// Checks the signature with `key`, by the header's algorithm if that is among `allowed`.
    ///
    /// # Errors
    /// [`JoseError::Algorithm`], [`JoseError::Signature`].
    pub fn verify(self, key: &PublicKey, allowed: &[JwsAlgorithm]) -> Result<VerifiedJws, JoseError> {
        let algorithm = self
            .algorithm()
            .filter(|one| allowed.contains(one))
            .ok_or(JoseError::Algorithm)?;
        let (signature, input) = (&self.signature, &self.signing_input);
        key.verify(
            algorithm.signature_algorithm(),
            SignatureEncoding::Fixed,
            input,
            signature,
        )?;
        Ok(VerifiedJws {
            header: self.header,
            payload: self.payload,
            algorithm,
        })
    }
}

impl VerifiedJws {
    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The algorithm that verified.
    #[must_use]
    pub const fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// Header and payload, by value.
    #[must_use]
    pub fn into_parts(self) -> (Map<String, Value>, Vec<u8>) {
        (self.header, self.payload)
    }
}

impl UnsecuredJws {
    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The payload: anyone may have written it.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, JoseError> {
        if text.len() > MAX_JWS {
            return Err(JoseError::TooLarge);
        }
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(signature), None) => Ok(Self {
                header,
                payload,
                signature,
            }),
            _ => Err(JoseError::Structure),
        }
    }
}

fn read_header(text: &str) -> Result<Map<String, Value>, JoseError> {
    let octets = b64::decode_url_strict(text)?;
    if octets.len() > MAX_HEADER {
        return Err(JoseError::TooLarge);
    }
    let header = json::unique_object(&octets).ok_or(JoseError::Header)?;
    // RFC 7515 §4.1.11: what crit lists must be understood. `b64` (RFC 7797) has no effect without crit.
    if header.contains_key("crit") {
        Err(JoseError::Critical)
    } else {
        Ok(header)
    }
}

fn frame(header: Map<String, Value>, payload: &[u8]) -> String {
    let header = b64::url(Value::Object(header).to_string().as_bytes());
    format!("{header}.{}", b64::url(payload))
}
