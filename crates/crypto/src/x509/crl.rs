//! Certificate revocation lists (RFC 5280 §5.1).

use std::{fmt, ops::Range, sync::Arc};

use super::{
    MAX_CRL, Name, X509Error,
    certificate::Signed,
    dates,
    extension::{self, ExtensionSpan},
    oid,
    tlv::{Reader, tag},
};
use crate::{
    Time,
    sign::{PublicKey, SignatureAlgorithm, SignatureEncoding},
};

/// Critical CRL extensions that need no action here: the number is exposed, the key identifier is a hint.
const UNDERSTOOD: [oid::ObjectIdentifier; 2] = [oid::CRL_NUMBER, oid::AUTHORITY_KEY_IDENTIFIER];

/// A serial number, left-padded: ordered as numbers are.
type Serial = [u8; 20];

/// A full, direct CRL: the bytes received and what they say. Cheap to clone; equal when the DER is.
///
/// Delta CRLs, partitioned and indirect ones carry critical extensions and are refused.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    tbs: Range<usize>,
    signature: Range<usize>,
    algorithm: SignatureAlgorithm,
    issuer: Name,
    this_update: Time,
    next_update: Option<Time>,
    /// Sorted by serial number.
    revoked: Vec<(Serial, Time)>,
    extensions: Vec<ExtensionSpan>,
    number: Option<Range<usize>>,
}

impl Crl {
    /// Reads one DER CRL; all of `der` must be consumed.
    ///
    /// # Errors
    /// [`X509Error`]; nothing is verified yet.
    pub fn parse(der: &[u8]) -> Result<Self, X509Error> {
        if der.len() > MAX_CRL {
            return Err(X509Error::TooLarge {
                len: der.len(),
                limit: MAX_CRL,
            });
        }
        let signed = Signed::read(der)?;
        let mut tbs = Signed::inside(der)?;
        let version = version(&mut tbs)?;
        if tbs.read(tag::SEQUENCE)?.raw != signed.algorithm_der {
            return Err(X509Error::AlgorithmMismatch);
        }
        let issuer = Name::read(&mut tbs)?;
        let this_update = dates::read(&mut tbs)?;
        let next_update = if dates::is_next(&tbs) {
            Some(dates::read(&mut tbs)?)
        } else {
            None
        };
        let revoked = match tbs.read_optional(tag::SEQUENCE)? {
            Some(list) => entries(list.reader())?,
            None => Vec::new(),
        };
        let extensions = crl_extensions(&mut tbs, version)?;
        tbs.finish()?;
        let number = extensions.iter().find(|one| one.oid == oid::CRL_NUMBER);
        let number = number.map(|one| number_span(der, one)).transpose()?;
        Ok(Self(Arc::new(Inner {
            tbs: signed.tbs,
            signature: signed.signature,
            algorithm: signed.algorithm,
            der: der.into(),
            issuer,
            this_update,
            next_update,
            revoked,
            extensions,
            number,
        })))
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

    /// Who signed it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// When it was issued.
    #[must_use]
    pub fn this_update(&self) -> Time {
        self.0.this_update
    }

    /// When the next one is due at the latest, if it says so.
    #[must_use]
    pub fn next_update(&self) -> Option<Time> {
        self.0.next_update
    }

    /// The CRL number, big-endian without leading zeros, if it has one.
    #[must_use]
    pub fn number(&self) -> Option<&[u8]> {
        self.0.number.clone().and_then(|span| self.0.der.get(span))
    }

    /// How many certificates it revokes.
    #[must_use]
    pub fn revoked_count(&self) -> usize {
        self.0.revoked.len()
    }

    /// When the certificate with this serial number (big-endian; leading zeros do not count) was revoked.
    #[must_use]
    pub fn revoked(&self, serial: &[u8]) -> Option<Time> {
        let serial = normalised(serial)?;
        let at = self
            .0
            .revoked
            .binary_search_by(|(listed, _)| listed.cmp(&serial))
            .ok()?;
        self.0.revoked.get(at).map(|(_, time)| *time)
    }

    /// The value of the extension with this identifier.
    #[must_use]
    pub fn extension_by_oid(&self, id: &oid::ObjectIdentifier) -> Option<&[u8]> {
        self.0
            .extensions
            .iter()
            .find(|one| one.oid == *id)
            .map(|one| one.value(&self.0.der))
    }

    /// The algorithm that it is signed with.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm
    }

    /// Checks the signature, over the bytes received, with the issuer's key.
    ///
    /// # Errors
    /// [`X509Error::Signature`].
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), X509Error> {
        let signature = self.0.der.get(self.0.signature.clone()).unwrap_or_default();
        Ok(issuer.verify(self.0.algorithm, SignatureEncoding::Der, self.tbs_der(), signature)?)
    }
}

/// Version OPTIONAL: absent is v1 (0), present must be v2 (1).
fn version(tbs: &mut Reader<'_>) -> Result<u64, X509Error> {
    if tbs.peek() != Some(tag::INTEGER) {
        return Ok(0);
    }
    match tbs.read_u64()? {
        1 => Ok(1),
        _ => Err(X509Error::field("version")),
    }
}

/// The extensions of the list itself; an unknown critical one refuses.
fn crl_extensions(tbs: &mut Reader<'_>, version: u64) -> Result<Vec<ExtensionSpan>, X509Error> {
    let Some(mut explicit) = tbs.read_optional_explicit(0)? else {
        return Ok(Vec::new());
    };
    if version != 1 {
        return Err(X509Error::field("version"));
    }
    let extensions = extension::read_all(&mut explicit)?;
    explicit.finish()?;
    match extensions
        .iter()
        .find(|one| one.critical && !UNDERSTOOD.contains(&one.oid))
    {
        Some(unknown) => Err(X509Error::CriticalExtension(unknown.oid)),
        None => Ok(extensions),
    }
}

/// The revoked certificates, sorted; of two entries for one serial number the earlier date counts.
fn entries(mut list: Reader<'_>) -> Result<Vec<(Serial, Time)>, X509Error> {
    let mut revoked = Vec::new();
    while !list.is_empty() {
        let mut entry = list.read_sequence()?;
        let serial = normalised(entry.read_unsigned()?).ok_or(X509Error::field("userCertificate"))?;
        let date = dates::read(&mut entry)?;
        if !entry.is_empty() {
            let extensions = extension::read_all(&mut entry)?;
            if let Some(unknown) = extensions.iter().find(|one| one.critical && one.oid != oid::CRL_REASON) {
                return Err(X509Error::CriticalExtension(unknown.oid));
            }
        }
        entry.finish()?;
        revoked.push((serial, date));
    }
    revoked.sort_unstable();
    revoked.dedup_by_key(|(serial, _)| *serial);
    Ok(revoked)
}

fn normalised(serial: &[u8]) -> Option<Serial> {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    let significant = serial.get(zeros..)?;
    let mut out = Serial::default();
    let start = out.len().checked_sub(significant.len())?;
    out.get_mut(start..)?.copy_from_slice(significant);
    Some(out)
}

/// Where the octets of the CRL number stand in the DER.
fn number_span(der: &[u8], extension: &ExtensionSpan) -> Result<Range<usize>, X509Error> {
    let mut reader = Reader::new(extension.value(der));
    let octets = reader.read_unsigned()?;
    reader.finish()?;
    Ok(extension.value.end - octets.len()..extension.value.end)
}

impl PartialEq for Crl {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Crl {}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Crl({}, {} revoked, of {})",
            self.issuer(),
            self.revoked_count(),
            self.this_update()
        )
    }
}
