//! Making certificates.

use std::net::IpAddr;

use super::{
    Certificate, Criticality, Name, X509Error, algorithm, dates, extension, oid,
    tlv::{ObjectIdentifier, Reader, Writer, tag},
};
use crate::{
    Time, hash,
    sign::{PublicKey, SignatureAlgorithm, SignatureEncoding, SigningKey},
};

/// Bits of keyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// nonRepudiation.
    NonRepudiation,
    /// keyEncipherment.
    KeyEncipherment,
    /// keyCertSign.
    CertSign,
    /// cRLSign.
    CrlSign,
}

impl KeyUsage {
    const fn bit(self) -> u32 {
        match self {
            Self::DigitalSignature => 1,
            Self::NonRepudiation => 1 << 1,
            Self::KeyEncipherment => 1 << 2,
            Self::CertSign => 1 << 5,
            Self::CrlSign => 1 << 6,
        }
    }
}

/// Whether the two key identifier extensions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum KeyIdentifiers {
    Written,
    Omitted,
}

/// Everything about a certificate to be issued except the two keys. Extensions are written in the order in
/// which they are added, the key identifiers last.
#[derive(Clone, Debug)]
pub struct CertificateTemplate {
    subject: Name,
    serial: Vec<u8>,
    not_before: Time,
    not_after: Time,
    extensions: Vec<(ObjectIdentifier, Criticality, Vec<u8>)>,
    alternative_names: Writer,
    key_identifiers: KeyIdentifiers,
}

impl CertificateTemplate {
    /// A version 3 certificate for `subject`, valid from `not_before` to `not_after`, both included. `serial` is
    /// big-endian, at most 20 octets.
    #[must_use]
    pub fn new(subject: Name, serial: &[u8], not_before: Time, not_after: Time) -> Self {
        Self {
            subject,
            serial: serial.to_vec(),
            not_before,
            not_after,
            extensions: Vec::new(),
            alternative_names: Writer::new(),
            key_identifiers: KeyIdentifiers::Omitted,
        }
    }

    /// A random serial number of 16 octets whose first bit is clear and that is not zero.
    #[must_use]
    pub fn random_serial() -> Vec<u8> {
        let mut serial = crate::rand::bytes::<16>();
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x7f) | 0x40;
        }
        serial.to_vec()
    }

    /// basicConstraints (critical): a CA.
    #[must_use]
    pub fn ca(self, path_len: Option<u8>) -> Self {
        let inside = Writer::new().boolean(true);
        let inside = match path_len {
            Some(len) => inside.u64(len.into()),
            None => inside,
        };
        let value = Writer::new().sequence(inside).into_der();
        self.extension(oid::BASIC_CONSTRAINTS, Criticality::Critical, &value)
    }

    /// basicConstraints (critical): not a CA.
    #[must_use]
    pub fn end_entity(self) -> Self {
        let value = Writer::new().sequence(Writer::new()).into_der();
        self.extension(oid::BASIC_CONSTRAINTS, Criticality::Critical, &value)
    }

    /// keyUsage (critical).
    #[must_use]
    pub fn key_usage(self, usages: &[KeyUsage]) -> Self {
        let bits = usages.iter().fold(0, |bits, usage| bits | usage.bit());
        let value = Writer::new().named_bits(bits).into_der();
        self.extension(oid::KEY_USAGE, Criticality::Critical, &value)
    }

    /// extKeyUsage.
    #[must_use]
    pub fn extended_key_usage(self, purposes: &[ObjectIdentifier]) -> Self {
        let inside = purposes.iter().fold(Writer::new(), Writer::oid);
        let value = Writer::new().sequence(inside).into_der();
        self.extension(oid::EXTENDED_KEY_USAGE, Criticality::NonCritical, &value)
    }

    /// A DNS name in subjectAltName; ASCII.
    #[must_use]
    pub fn dns_name(mut self, name: &str) -> Self {
        self.alternative_names = self.alternative_names.element(tag::primitive(2), name.as_bytes());
        self
    }

    /// An IP address in subjectAltName.
    #[must_use]
    pub fn ip_address(mut self, address: IpAddr) -> Self {
        self.alternative_names = match address {
            IpAddr::V4(address) => self.alternative_names.element(tag::primitive(7), &address.octets()),
            IpAddr::V6(address) => self.alternative_names.element(tag::primitive(7), &address.octets()),
        };
        self
    }

    /// subjectKeyIdentifier and authorityKeyIdentifier (RFC 5280 §4.2.1.2, method 1).
    #[must_use]
    pub const fn key_identifiers(mut self) -> Self {
        self.key_identifiers = KeyIdentifiers::Written;
        self
    }

    /// Any extension: `value` is the DER that goes inside extnValue.
    #[must_use]
    pub fn extension(mut self, id: ObjectIdentifier, criticality: Criticality, value: &[u8]) -> Self {
        self.extensions.push((id, criticality, value.to_vec()));
        self
    }

    /// Signs a certificate over `subject_key` in the name of `issuer`.
    ///
    /// # Errors
    /// [`X509Error`]: key and algorithm do not fit, or what was built is not a certificate that
    /// [`Certificate::parse`] accepts (an over-long serial number, an extension twice).
    pub fn issue(
        &self,
        subject_key: &PublicKey,
        issuer: &Name,
        issuer_key: &SigningKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Certificate, X509Error> {
        let extensions = self.write_extensions(subject_key, issuer_key.public_key())?;
        let validity = dates::write(dates::write(Writer::new(), self.not_before), self.not_after);
        let mut tbs = Writer::new()
            .nested(tag::constructed(0), Writer::new().u64(2))
            .unsigned(&self.serial)
            .raw(&algorithm::encode(algorithm))
            .raw(issuer.der())
            .sequence(validity)
            .raw(self.subject.der())
            .raw(subject_key.spki_der());
        if extensions != Writer::new() {
            tbs = tbs.nested(tag::constructed(3), Writer::new().sequence(extensions));
        }
        Certificate::parse(&sign(tbs, issuer_key, algorithm)?)
    }

    /// Signs a certificate over `key`'s own public half in the subject's own name.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub fn self_signed(&self, key: &SigningKey, algorithm: SignatureAlgorithm) -> Result<Certificate, X509Error> {
        self.issue(key.public_key(), &self.subject, key, algorithm)
    }

    fn write_extensions(&self, subject: &PublicKey, issuer: &PublicKey) -> Result<Writer, X509Error> {
        let mut out = Writer::new();
        for (id, criticality, value) in &self.extensions {
            out = extension::write(out, id, *criticality, value);
        }
        if self.alternative_names != Writer::new() {
            let value = Writer::new().sequence(self.alternative_names.clone()).into_der();
            out = extension::write(out, &oid::SUBJECT_ALT_NAME, Criticality::NonCritical, &value);
        }
        if self.key_identifiers == KeyIdentifiers::Written {
            let value = Writer::new().octet_string(&key_identifier(subject)?).into_der();
            out = extension::write(out, &oid::SUBJECT_KEY_IDENTIFIER, Criticality::NonCritical, &value);
            out = write_authority(out, issuer)?;
        }
        Ok(out)
    }
}

/// Appends authorityKeyIdentifier of `issuer`.
pub(super) fn write_authority(out: Writer, issuer: &PublicKey) -> Result<Writer, X509Error> {
    let inside = Writer::new().element(tag::primitive(0), &key_identifier(issuer)?);
    let value = Writer::new().sequence(inside).into_der();
    Ok(extension::write(
        out,
        &oid::AUTHORITY_KEY_IDENTIFIER,
        Criticality::NonCritical,
        &value,
    ))
}

/// Signs `tbs` (the inside of its SEQUENCE) into a certificate or CRL.
pub(super) fn sign(tbs: Writer, key: &SigningKey, algorithm: SignatureAlgorithm) -> Result<Vec<u8>, X509Error> {
    let tbs = Writer::new().sequence(tbs).into_der();
    let signature = key.sign(algorithm, SignatureEncoding::Der, &tbs)?;
    let signed = Writer::new()
        .raw(&tbs)
        .raw(&algorithm::encode(algorithm))
        .bit_string(&signature);
    Ok(Writer::new().sequence(signed).into_der())
}

/// SHA-1 of the subjectPublicKey's octets: an identifier, not a protection.
fn key_identifier(key: &PublicKey) -> Result<[u8; 20], X509Error> {
    let mut spki = Reader::new(key.spki_der()).read_sequence()?;
    spki.read_sequence()?;
    Ok(hash::sha1(spki.read_bit_string()?))
}
