//! JSON Web Keys: public ones only.

use serde::{Deserialize, Serialize};

use super::{JoseError, JwsAlgorithm};
use crate::{
    b64, hash,
    sign::{KeyKind, PublicKey},
    x509::Certificate,
};

/// A public JWK. Members that are not listed are ignored when read, private ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Key type: `RSA` or `EC`.
    pub kty: String,
    /// Key identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Intended use, like `sig`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Intended algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// RSA modulus, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// RSA exponent, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Curve: `P-256` or `P-384`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// x coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// y coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Certificate chain, leaf first, each standard base64 of DER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5c: Option<Vec<String>>,
    /// SHA-256 thumbprint of the leaf, base64url.
    #[serde(default, rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    pub x5t_s256: Option<String>,
}

/// A JWK set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// The first key with this identifier.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }
}

impl Jwk {
    /// The bare key: type and numbers.
    #[must_use]
    pub fn from_public_key(key: &PublicKey) -> Self {
        let mut jwk = Self::default();
        if let Some((n, e)) = key.rsa_components() {
            jwk.kty = "RSA".to_owned();
            (jwk.n, jwk.e) = (Some(b64::url(n)), Some(b64::url(e)));
        } else if let Some((x, y)) = coordinates(key) {
            jwk.kty = "EC".to_owned();
            jwk.crv = Some(key.kind().to_string());
            (jwk.x, jwk.y) = (Some(b64::url(x)), Some(b64::url(y)));
        }
        jwk
    }

    /// The key of `chain`'s first certificate with the chain as `x5c` and the matching `x5t#S256`; `None` for an
    /// empty chain.
    #[must_use]
    pub fn from_certificates(chain: &[Certificate]) -> Option<Self> {
        let leaf = chain.first()?;
        let mut jwk = Self::from_public_key(leaf.public_key());
        jwk.x5c = Some(chain.iter().map(|certificate| b64::std(certificate.der())).collect());
        jwk.x5t_s256 = Some(b64::url(&leaf.fingerprint_sha256()));
        Some(jwk)
    }

    /// This key with a `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        self.kid = Some(kid.to_owned());
        self
    }

    /// This key marked for signatures by `algorithm`.
    #[must_use]
    pub fn for_signing(mut self, algorithm: JwsAlgorithm) -> Self {
        self.usage = Some("sig".to_owned());
        self.alg = Some(algorithm.name().to_owned());
        self
    }

    /// The key: from its numbers, or from the first certificate of `x5c` where there are none (Azure's older
    /// key sets). When both are there they must agree.
    ///
    /// # Errors
    /// [`JoseError::Jwk`], [`JoseError::Key`], [`JoseError::Base64`].
    pub fn to_public_key(&self) -> Result<PublicKey, JoseError> {
        let numbers = self.numbers()?;
        let certified = match self.x5c.as_deref() {
            None => None,
            Some([leaf, ..]) => Some(certified_key(leaf)?),
            Some([]) => return Err(JoseError::Jwk),
        };
        match (numbers, certified) {
            (Some(key), Some(other)) if key != other => Err(JoseError::Jwk),
            (Some(key), _) | (None, Some(key)) => Ok(key),
            (None, None) => Err(JoseError::Jwk),
        }
    }

    /// The certificates of `x5c`, leaf first; empty when there are none.
    ///
    /// # Errors
    /// [`JoseError::Jwk`].
    pub fn certificates(&self) -> Result<Vec<Certificate>, JoseError> {
        self.x5c.iter().flatten().map(|text| certificate(text)).collect()
    }

    /// The thumbprint of RFC 7638 with SHA-256, base64url.
    ///
    /// # Errors
    /// [`JoseError`] when this is not a usable key.
    pub fn thumbprint_sha256(&self) -> Result<String, JoseError> {
        let bare = Self::from_public_key(&self.to_public_key()?);
        let member = |value: &Option<String>| value.clone().ok_or(JoseError::Jwk);
        // Members in lexicographic order, no blanks; base64url needs no escapes.
        let text = match bare.kty.as_str() {
            "RSA" => format!(
                r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
                member(&bare.e)?,
                member(&bare.n)?
            ),
            _ => {
                let (crv, x, y) = (member(&bare.crv)?, member(&bare.x)?, member(&bare.y)?);
                format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
        };
        Ok(b64::url(&hash::sha256(text.as_bytes())))
    }

    fn numbers(&self) -> Result<Option<PublicKey>, JoseError> {
        match (self.kty.as_str(), &self.n, &self.e, &self.x, &self.y) {
            ("RSA", Some(n), Some(e), ..) => {
                let (n, e) = (b64::decode_url_strict(n)?, b64::decode_url_strict(e)?);
                Ok(Some(PublicKey::from_rsa(&n, &e)?))
            }
            ("EC", _, _, Some(x), Some(y)) => Ok(Some(self.ec_key(x, y)?)),
            ("RSA", None, None, ..) | ("EC", _, _, None, None) => Ok(None),
            _ => Err(JoseError::Jwk),
        }
    }

    fn ec_key(&self, x: &str, y: &str) -> Result<PublicKey, JoseError> {
        let kind = match self.crv.as_deref() {
            Some("P-256") => KeyKind::P256,
            Some("P-384") => KeyKind::P384,
            _ => return Err(JoseError::Jwk),
        };
        let (x, y) = (b64::decode_url_strict(x)?, b64::decode_url_strict(y)?);
        // RFC 7518 §6.2.1.2: full length, leading zeros included.
        if x.len() != kind.octets() || y.len() != kind.octets() {
            return Err(JoseError::Jwk);
        }
        Ok(PublicKey::from_ec_point(
            kind,
            &[&[4], x.as_slice(), y.as_slice()].concat(),
        )?)
    }
}

fn coordinates(key: &PublicKey) -> Option<(&[u8], &[u8])> {
    key.ec_point()?.get(1..)?.split_at_checked(key.kind().octets())
}

fn certificate(text: &str) -> Result<Certificate, JoseError> {
    let der = b64::decode_any(text)?;
    Certificate::parse(&der).map_err(|_| JoseError::Jwk)
}

fn certified_key(text: &str) -> Result<PublicKey, JoseError> {
    Ok(certificate(text)?.public_key().clone())
}
