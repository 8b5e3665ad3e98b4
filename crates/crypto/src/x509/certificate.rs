//! Certificates (RFC 5280 §4.1).

use std::{fmt, hash::Hash, ops::Range, sync::Arc};

use super::{
    Extension, MAX_CERTIFICATE, MAX_CHAIN, Name, X509Error, algorithm, dates,
    extension::{self, ExtensionSpan},
    oid,
    tlv::{ObjectIdentifier, Reader, tag},
};
use crate::{
    Time, hash, pem,
    sign::{PublicKey, SignatureAlgorithm, SignatureEncoding},
};

/// Critical extensions whose meaning this type exposes; a verifier must still act on it.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
];

/// An X.509 certificate: the bytes received and what they say. Cheap to clone; equal when the DER is.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Range<usize>,
    signature: Range<usize>,
    serial: Range<usize>,
    algorithm: SignatureAlgorithm,
    issuer: Name,
    subject: Name,
    not_before: Time,
    not_after: Time,
    public_key: PublicKey,
    extensions: Vec<ExtensionSpan>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<u32>,
}

#[derive(Clone, Copy)]
struct BasicConstraints {
    ca: bool,
    path_len: Option<u32>,
}

/// The fields of TBSCertificate that are kept.
struct Tbs<'a> {
    serial: Range<usize>,
    algorithm: &'a [u8],
    issuer: Name,
    not_before: Time,
    not_after: Time,
    subject: Name,
    public_key: PublicKey,
    extensions: Vec<ExtensionSpan>,
}

impl Certificate {
    /// Reads one DER certificate; all of `der` must be consumed.
    ///
    /// # Errors
    /// [`X509Error`]; nothing is verified yet.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        if der.len() > MAX_CERTIFICATE {
            return Err(X509Error::TooLarge {
                len: der.len(),
                limit: MAX_CERTIFICATE,
            });
        }
        let signed = Signed::read(der)?;
        let tbs = Tbs::read(der)?;
        if tbs.algorithm != signed.algorithm_der {
            return Err(X509Error::AlgorithmMismatch);
        }
        let find = |id: ObjectIdentifier| {
            tbs.extensions
                .iter()
                .find(|one| one.oid == id)
                .map(|one| one.value(der))
        };
        let basic_constraints = find(oid::BASIC_CONSTRAINTS).map(BasicConstraints::parse).transpose()?;
        let key_usage = find(oid::KEY_USAGE).map(key_usage).transpose()?;
        Ok(Self(Arc::new(Inner {
            tbs: signed.tbs.clone(),
            signature: signed.signature.clone(),
            algorithm: signed.algorithm,
            der: der.into(),
            serial: tbs.serial,
            issuer: tbs.issuer,
            subject: tbs.subject,
            not_before: tbs.not_before,
            not_after: tbs.not_after,
            public_key: tbs.public_key,
            extensions: tbs.extensions,
            basic_constraints,
            key_usage,
        })))
    }

    /// Reads every `CERTIFICATE` block of a PEM text, in order.
    ///
    /// # Errors
    /// [`X509Error`]; more than [`MAX_CHAIN`] certificates are [`X509Error::TooLarge`].
    pub fn parse_pem_chain(text: &[u8]) -> Result<Vec<Self>, X509Error> {
        let blocks = pem::decode("CERTIFICATE", text)?;
        if blocks.len() > MAX_CHAIN {
            return Err(X509Error::TooLarge {
                len: blocks.len(),
                limit: MAX_CHAIN,
            });
        }
        blocks.iter().map(|der| Self::parse(der)).collect()
    }

    /// The bytes received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The signed span of the bytes received.
    #[must_use]
    pub fn tbs_der(&self) -> &[u8] {
        self.0.der.get(self.0.tbs.clone()).unwrap_or_default()
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.der())
    }

    /// SHA-256 of the DER.
    #[must_use]
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        hash::sha256(self.der())
    }

    /// Whose key this is.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who signed it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whether subject and issuer are the same name. Says nothing about the signature.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.0.subject == self.0.issuer
    }

    /// The serial number, big-endian without leading zeros; zero is `[0]`.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.0.der.get(self.0.serial.clone()).unwrap_or_default()
    }

    /// The first second at which it is valid.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.0.not_before
    }

    /// The last second at which it is valid.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.0.not_after
    }

    /// The subject's key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// The algorithm that it is signed with.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    /// The signature's octets.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.0.der.get(self.0.signature.clone()).unwrap_or_default()
    }

    /// Checks the signature, over the bytes received, with the issuer's key.
    ///
    /// # Errors
    /// [`X509Error::Signature`].
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), X509Error> {
        Ok(issuer.verify(
            self.0.algorithm,
            SignatureEncoding::Der,
            self.tbs_der(),
            self.signature(),
        )?)
    }

    /// basicConstraints says that it is a CA.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    /// pathLenConstraint, if any.
    #[must_use]
    pub fn path_len(&self) -> Option<u32> {
        self.0.basic_constraints.and_then(|constraints| constraints.path_len)
    }

    /// Whether keyUsage allows signing certificates (an absent keyUsage allows everything).
    #[must_use]
    pub fn key_usage_cert_sign(&self) -> bool {
        self.0.key_usage.is_none_or(|bits| bits & (1 << 5) != 0)
    }

    /// Whether keyUsage allows signing CRLs (an absent keyUsage allows everything).
    #[must_use]
    pub fn key_usage_crl_sign(&self) -> bool {
        self.0.key_usage.is_none_or(|bits| bits & (1 << 6) != 0)
    }

    /// Whether keyUsage allows digital signatures (an absent keyUsage allows everything).
    #[must_use]
    pub fn key_usage_digital_signature(&self) -> bool {
        self.0.key_usage.is_none_or(|bits| bits & 1 != 0)
    }

    /// The value of the extension with this dotted identifier.
    #[must_use]
    pub fn extension(&self, dotted: &str) -> Option<&[u8]> {
        self.extension_by_oid(&ObjectIdentifier::new(dotted).ok()?)
    }

    /// The value of the extension with this identifier.
    #[must_use]
    pub fn extension_by_oid(&self, id: &ObjectIdentifier) -> Option<&[u8]> {
        self.0
            .extensions
            .iter()
            .find(|one| one.oid == *id)
            .map(|one| one.value(&self.0.der))
    }

    /// All extensions, in the order of the certificate.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        let view = |one: &ExtensionSpan| Extension {
            oid: one.oid,
            critical: one.critical,
            value: one.value(&self.0.der),
        };
        self.0.extensions.iter().map(view)
    }

    /// Critical extensions other than basicConstraints, keyUsage, extKeyUsage and subjectAltName. A verifier that
    /// does not handle one of them itself must refuse.
    pub fn unknown_critical_extensions(&self) -> impl Iterator<Item = ObjectIdentifier> {
        self.0
            .extensions
            .iter()
            .filter(|one| one.critical && !UNDERSTOOD.contains(&one.oid))
            .map(|one| one.oid)
    }
}

/// `SEQUENCE { tbs, signatureAlgorithm, signature }`, common to certificates and CRLs.
pub(super) struct Signed<'a> {
    pub(super) tbs: Range<usize>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) algorithm_der: &'a [u8],
    pub(super) signature: Range<usize>,
}

impl<'a> Signed<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        let mut outer = Reader::new(der);
        let mut signed = outer.read_sequence()?;
        outer.finish()?;
        let tbs = signed.read(tag::SEQUENCE)?.span();
        let algorithm_tlv = signed.read(tag::SEQUENCE)?;
        let algorithm = algorithm::parse(algorithm_tlv.reader())?;
        let octets = signed.read_bit_string()?;
        signed.finish()?;
        // The signature is the last thing in the input.
        Ok(Self {
            tbs,
            algorithm,
            algorithm_der: algorithm_tlv.raw,
            signature: der.len() - octets.len()..der.len(),
        })
    }

    /// A reader over the inside of the signed SEQUENCE whose offsets are those of the whole input.
    pub(super) fn inside(der: &'a [u8]) -> Result<Reader<'a>, X509Error> {
        Ok(Reader::new(der).read_sequence()?.read_sequence()?)
    }
}

impl<'a> Tbs<'a> {
    fn read(der: &'a [u8]) -> Result<Self, X509Error> {
        let mut tbs = Signed::inside(der)?;
        let version = version(&mut tbs)?;
        let serial_tlv = tbs.read(tag::INTEGER)?;
        let serial_octets = Reader::new(serial_tlv.raw).read_unsigned()?;
        // RFC 5280 §4.1.2.2: at most 20 octets of value.
        if serial_octets.len() > 20 {
            return Err(X509Error::field("serialNumber"));
        }
        let serial_end = serial_tlv.span().end;
        let algorithm = tbs.read(tag::SEQUENCE)?.raw;
        let issuer = Name::read(&mut tbs)?;
        let mut validity = tbs.read_sequence()?;
        let (not_before, not_after) = (dates::read(&mut validity)?, dates::read(&mut validity)?);
        validity.finish()?;
        let subject = Name::read(&mut tbs)?;
        let public_key = PublicKey::from_spki_der(tbs.read(tag::SEQUENCE)?.raw)?;
        // issuerUniqueID and subjectUniqueID: obsolete, but well-formed ones change nothing.
        let _ = (
            tbs.read_optional(tag::primitive(1))?,
            tbs.read_optional(tag::primitive(2))?,
        );
        let extensions = match tbs.read_optional_explicit(3)? {
            None => Vec::new(),
            Some(_) if version != 2 => return Err(X509Error::field("version")),
            Some(mut explicit) => {
                let spans = extension::read_all(&mut explicit)?;
                explicit.finish()?;
                spans
            }
        };
        tbs.finish()?;
        let serial = serial_end - serial_octets.len()..serial_end;
        Ok(Self {
            serial,
            algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
        })
    }
}

/// Version DEFAULT v1; v1 is 0 and must then be absent, v2 is 1, v3 is 2.
fn version(tbs: &mut Reader<'_>) -> Result<u64, X509Error> {
    let Some(mut explicit) = tbs.read_optional_explicit(0)? else {
        return Ok(0);
    };
    let version = explicit.read_u64()?;
    explicit.finish()?;
    if matches!(version, 1 | 2) {
        Ok(version)
    } else {
        Err(X509Error::field("version"))
    }
}

impl BasicConstraints {
    fn parse(value: &[u8]) -> Result<Self, X509Error> {
        let mut outer = Reader::new(value);
        let mut inside = outer.read_sequence()?;
        outer.finish()?;
        let ca = inside.peek() == Some(tag::BOOLEAN) && inside.read_boolean()?;
        let path_len = match inside.peek() {
            None => None,
            Some(_) => Some(u32::try_from(inside.read_u64()?).map_err(|_| X509Error::field("pathLenConstraint"))?),
        };
        inside.finish()?;
        Ok(Self { ca, path_len })
    }
}

fn key_usage(value: &[u8]) -> Result<u32, X509Error> {
    let mut reader = Reader::new(value);
    let bits = reader.read_named_bits()?;
    reader.finish()?;
    Ok(bits)
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.der().hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, serial {}, issued by {})",
            self.subject(),
            hex::encode(self.serial()),
            self.issuer()
        )
    }
}
