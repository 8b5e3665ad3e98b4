//! Making CRLs.

use super::{
    Criticality, Crl, Name, X509Error, algorithm, certificate_template, dates, extension, oid,
    tlv::{Writer, tag},
};
use crate::{
    Time,
    sign::{SignatureAlgorithm, SigningKey},
};

/// Everything about a version 2 CRL to be issued except the key. It carries the CRL number and the authority key
/// identifier, as RFC 5280 §5.2 wants.
#[derive(Clone, Debug)]
pub struct CrlTemplate {
    this_update: Time,
    next_update: Time,
    number: u64,
    revoked: Vec<(Vec<u8>, Time)>,
}

impl CrlTemplate {
    /// An empty CRL, issued at `this_update` and due again at `next_update`.
    #[must_use]
    pub const fn new(number: u64, this_update: Time, next_update: Time) -> Self {
        Self {
            this_update,
            next_update,
            number,
            revoked: Vec::new(),
        }
    }

    /// Revokes the certificate with this serial number (big-endian, at most 20 octets).
    #[must_use]
    pub fn revoke(mut self, serial: &[u8], at: Time) -> Self {
        self.revoked.push((serial.to_vec(), at));
        self
    }

    /// Signs the CRL in the name of `issuer`.
    ///
    /// # Errors
    /// [`X509Error`]: key and algorithm do not fit, or what was built is not a CRL that [`Crl::parse`] accepts.
    pub fn issue(&self, issuer: &Name, key: &SigningKey, algorithm: SignatureAlgorithm) -> Result<Crl, X509Error> {
        let mut tbs = Writer::new()
            .u64(1)
            .raw(&algorithm::encode(algorithm))
            .raw(issuer.der());
        tbs = dates::write(dates::write(tbs, self.this_update), self.next_update);
        if !self.revoked.is_empty() {
            let entry = |(serial, at): &(Vec<u8>, Time)| dates::write(Writer::new().unsigned(serial), *at);
            tbs = tbs.sequence(
                self.revoked
                    .iter()
                    .fold(Writer::new(), |list, one| list.sequence(entry(one))),
            );
        }
        let number = Writer::new().u64(self.number).into_der();
        let extensions = certificate_template::write_authority(Writer::new(), key.public_key())?;
        let extensions = extension::write(extensions, &oid::CRL_NUMBER, Criticality::NonCritical, &number);
        tbs = tbs.nested(tag::constructed(0), Writer::new().sequence(extensions));
        Crl::parse(&certificate_template::sign(tbs, key, algorithm)?)
    }
}
