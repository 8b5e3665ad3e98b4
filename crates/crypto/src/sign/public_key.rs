//! Public keys, parsed once.

use std::{fmt, ops::Range, sync::Arc};

use super::{BadSignature, KeyError, KeyKind, SignatureAlgorithm, SignatureEncoding, ecdsa_der};
use crate::{
    backend::active,
    hash, pem,
    x509::{
        oid,
        tlv::{Reader, Writer, tag},
    },
};

/// A P-256, P-384 or RSA (2048 to 8192 bits) public key. Cheap to clone; equal when the SubjectPublicKeyInfo is.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    kind: KeyKind,
    spki: Box<[u8]>,
    /// Where in `spki` the point (`04 || x || y`) or the modulus stands.
    main: Range<usize>,
    /// Where in `spki` the RSA exponent stands; empty for EC.
    exponent: Range<usize>,
    backend: active::sign::VerifyingKey,
}

/// What a backend needs to build its key: validated for form, not yet for being on the curve.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RawPublicKey<'a> {
    /// `04 || x || y`, 65 octets.
    P256(&'a [u8]),
    /// `04 || x || y`, 97 octets.
    P384(&'a [u8]),
    /// Modulus and exponent without leading zeros.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7); EC points must be uncompressed and on named curves.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let mut outer = Reader::new(der);
        let mut spki = outer.read_sequence()?;
        outer.finish()?;
        let mut algorithm = spki.read_sequence()?;
        let subject_key = spki.read(tag::BIT_STRING)?;
        spki.finish()?;
        let [0, octets @ ..] = subject_key.content else {
            return Err(KeyError::Invalid);
        };
        let octets_at = subject_key.content_span().start + 1;
        let id = algorithm.read_oid()?;
        if id == oid::EC_PUBLIC_KEY {
            let curve = algorithm.read_oid()?;
            algorithm.finish()?;
            return Self::from_ec_spki(der, curve, octets_at..octets_at + octets.len());
        }
        if id != oid::RSA_ENCRYPTION {
            return Err(KeyError::Unsupported);
        }
        algorithm.read_null()?;
        algorithm.finish()?;
        Self::from_rsa_spki(der, octets_at..octets_at + octets.len())
    }

    /// From the coordinates `x || y` of a P-256 point, as SGX and TDX quotes carry it.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] for a point off the curve.
    pub fn from_p256_uncompressed(x_y: &[u8; 64]) -> Result<Self, KeyError> {
        let mut point = [4; 65];
        if let Some(coordinates) = point.get_mut(1..) {
            coordinates.copy_from_slice(x_y);
        }
        Self::from_ec_point(KeyKind::P256, &point)
    }

    /// From an uncompressed SEC 1 point (`04 || x || y`) of P-256 or P-384.
    ///
    /// # Errors
    /// [`KeyError`]; compressed points are [`KeyError::Unsupported`].
    pub fn from_ec_point(kind: KeyKind, sec1: &[u8]) -> Result<Self, KeyError> {
        let curve = match kind {
            KeyKind::P256 => oid::P256,
            KeyKind::P384 => oid::P384,
            KeyKind::Rsa { .. } => return Err(KeyError::Mismatch),
        };
        let algorithm = Writer::new().oid(&oid::EC_PUBLIC_KEY).oid(&curve);
        Self::from_spki_der(
            &Writer::new()
                .sequence(Writer::new().sequence(algorithm).bit_string(sec1))
                .into_der(),
        )
    }

    /// From an RSA modulus and public exponent, big-endian; leading zeros are allowed.
    ///
    /// # Errors
    /// [`KeyError::Size`] outside the accepted sizes.
    pub fn from_rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        if n.len() > 2048 || e.len() > 2048 {
            return Err(KeyError::Size);
        }
        let key = Writer::new().sequence(Writer::new().unsigned(n).unsigned(e)).into_der();
        let algorithm = Writer::new().oid(&oid::RSA_ENCRYPTION).null();
        Self::from_spki_der(
            &Writer::new()
                .sequence(Writer::new().sequence(algorithm).bit_string(&key))
                .into_der(),
        )
    }

    /// The DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// The SubjectPublicKeyInfo as PEM (`PUBLIC KEY`).
    #[must_use]
    pub fn spki_pem(&self) -> String {
        pem::encode("PUBLIC KEY", self.spki_der())
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        hash::sha256(self.spki_der())
    }

    /// Kind and size.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.0.kind
    }

    /// `04 || x || y` of an EC key.
    #[must_use]
    pub fn ec_point(&self) -> Option<&[u8]> {
        match self.0.kind {
            KeyKind::Rsa { .. } => None,
            KeyKind::P256 | KeyKind::P384 => self.0.spki.get(self.0.main.clone()),
        }
    }

    /// Modulus and exponent of an RSA key, big-endian without leading zeros.
    #[must_use]
    pub fn rsa_components(&self) -> Option<(&[u8], &[u8])> {
        match self.0.kind {
            KeyKind::Rsa { .. } => self
                .0
                .spki
                .get(self.0.main.clone())
                .zip(self.0.spki.get(self.0.exponent.clone())),
            KeyKind::P256 | KeyKind::P384 => None,
        }
    }

    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`BadSignature`], also when algorithm and key do not fit or the signature is malformed.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        encoding: SignatureEncoding,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        if !algorithm.fits(self.0.kind) {
            return Err(BadSignature);
        }
        match (self.0.kind, encoding) {
            (KeyKind::Rsa { .. }, _) if signature.len() != self.0.kind.octets() => Err(BadSignature),
            (KeyKind::P256 | KeyKind::P384, SignatureEncoding::Fixed) => {
                let der = ecdsa_der::from_fixed(signature, self.0.kind.octets())?;
                self.0.backend.verify(algorithm, message, &der)
            }
            _ => self.0.backend.verify(algorithm, message, signature),
        }
    }

    /// The parts that a backend builds its key from, for comparing backends.
    #[cfg(test)]
    pub(crate) fn raw(&self) -> Option<RawPublicKey<'_>> {
        match self.0.kind {
            KeyKind::P256 => self.ec_point().map(RawPublicKey::P256),
            KeyKind::P384 => self.ec_point().map(RawPublicKey::P384),
            KeyKind::Rsa { .. } => self
                .rsa_components()
                .map(|(modulus, exponent)| RawPublicKey::Rsa { modulus, exponent }),
        }
    }

    fn from_ec_spki(der: &[u8], curve: oid::ObjectIdentifier, point: Range<usize>) -> Result<Self, KeyError> {
        let octets = der.get(point.clone()).ok_or(KeyError::Invalid)?;
        let (kind, raw) = match curve {
            oid::P256 => (KeyKind::P256, RawPublicKey::P256(octets)),
            oid::P384 => (KeyKind::P384, RawPublicKey::P384(octets)),
            _ => return Err(KeyError::Unsupported),
        };
        match octets.first() {
            Some(4) if octets.len() == 1 + 2 * kind.octets() => {}
            Some(2 | 3) => return Err(KeyError::Unsupported),
            _ => return Err(KeyError::Invalid),
        }
        let backend = active::sign::VerifyingKey::new(raw)?;
        Ok(Self(Arc::new(Inner {
            kind,
            spki: der.into(),
            main: point,
            exponent: 0..0,
            backend,
        })))
    }

    fn from_rsa_spki(der: &[u8], key: Range<usize>) -> Result<Self, KeyError> {
        let octets = der.get(key.clone()).ok_or(KeyError::Invalid)?;
        let mut outer = Reader::new(octets);
        let mut inner = outer.read_sequence()?;
        outer.finish()?;
        let modulus = inner.read_unsigned()?;
        let modulus_end = key.start + inner.offset();
        let exponent = inner.read_unsigned()?;
        inner.finish()?;
        let bits = check_rsa_size(modulus, exponent)?;
        let backend = active::sign::VerifyingKey::new(RawPublicKey::Rsa { modulus, exponent })?;
        Ok(Self(Arc::new(Inner {
            kind: KeyKind::Rsa { bits },
            spki: der.into(),
            main: modulus_end - modulus.len()..modulus_end,
            exponent: key.end - exponent.len()..key.end,
            backend,
        })))
    }
}

/// Bits of the modulus, if both numbers are acceptable.
fn check_rsa_size(modulus: &[u8], exponent: &[u8]) -> Result<u32, KeyError> {
    let leading = modulus.first().map_or(8, |first| first.leading_zeros());
    let bits = u32::try_from(modulus.len() * 8)
        .map_err(|_| KeyError::Size)?
        .saturating_sub(leading);
    if !(2048..=8192).contains(&bits) || exponent.len() > 5 {
        return Err(KeyError::Size);
    }
    let value = exponent
        .iter()
        .fold(0_u64, |value, octet| (value << 8) | u64::from(*octet));
    if value < 3 || value & 1 == 0 || value >= 1 << 33 {
        return Err(KeyError::Size);
    }
    if modulus.last().is_none_or(|last| last & 1 == 0) {
        return Err(KeyError::Invalid);
    }
    Ok(bits)
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki_der() == other.spki_der()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({}, spki sha256 {})",
            self.0.kind,
            hex::encode(self.fingerprint_sha256())
        )
    }
}
