//! A key and the certificate over it.

use casemate_crypto::{
    Time,
    sign::{KeyType, SignatureAlgorithm, SignatureEncoding, SigningKey},
    x509::{Certificate, CertificateTemplate, Crl, CrlTemplate, KeyUsage, Name, oid},
};

use crate::EmulatorFault;

const DAY: i64 = 24 * 3600;
/// Emulated certificates outlive every data directory.
const CERTIFICATE_SECONDS: i64 = 30 * 365 * DAY;
pub(crate) const CRL_SECONDS: i64 = 30 * DAY;

/// A key and its certificate.
pub(crate) struct Certified {
    pub(crate) key: SigningKey,
    pub(crate) certificate: Certificate,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Issues certificates and CRLs, with at most this many CAs below.
    Authority(u8),
    /// Signs documents.
    Signer,
}

impl Certified {
    /// A new P-256 key certified by `issuer`, or by itself.
    pub(crate) fn p256(name: Name, role: Role, issuer: Option<&Self>, now: Time) -> Result<Self, EmulatorFault> {
        let key = SigningKey::generate(KeyType::P256)?;
        let template = intel_template(name, role, now);
        let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
        let certificate = match issuer {
            None => template.self_signed(&key, algorithm)?,
            Some(issuer) => issuer.certify(&template, &key, algorithm)?,
        };
        Ok(Self { key, certificate })
    }

    /// Issues a certificate over `key`.
    pub(crate) fn certify(
        &self,
        template: &CertificateTemplate,
        key: &SigningKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Certificate, EmulatorFault> {
        Ok(template.issue(key.public_key(), self.certificate.subject(), &self.key, algorithm)?)
    }

    /// A revocation list of what this authority issued, fresh at `now`.
    pub(crate) fn crl(
        &self,
        revoked: Option<&Certificate>,
        algorithm: SignatureAlgorithm,
        now: Time,
    ) -> Result<Crl, EmulatorFault> {
        let mut template = CrlTemplate::new(1, now, now.plus_seconds(CRL_SECONDS));
        if let Some(certificate) = revoked {
            template = template.revoke(certificate.serial(), now);
        }
        Ok(template.issue(self.certificate.subject(), &self.key, algorithm)?)
    }

    /// The bytes `r ‖ s` of a P-256 signature.
    pub(crate) fn sign_p256(&self, message: &[u8]) -> Result<[u8; 64], EmulatorFault> {
        sign_p256(&self.key, message)
    }
}

/// The bytes `r ‖ s` of a P-256 signature by `key`.
pub(crate) fn sign_p256(key: &SigningKey, message: &[u8]) -> Result<[u8; 64], EmulatorFault> {
    key.sign(SignatureAlgorithm::EcdsaP256Sha256, SignatureEncoding::Fixed, message)?
        .try_into()
        .map_err(|_| EmulatorFault::Kept {
            detail: "a key that signs quotes is not on P-256",
        })
}

/// The form of Intel's certificates (Intel SGX PCK Certificate and CRL Profile Specification).
pub(crate) fn intel_template(name: Name, role: Role, now: Time) -> CertificateTemplate {
    let template = template(name, now).key_identifiers();
    match role {
        Role::Authority(below) => template
            .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
            .ca(Some(below)),
        Role::Signer => template
            .key_usage(&[KeyUsage::DigitalSignature, KeyUsage::NonRepudiation])
            .end_entity(),
    }
}

/// A certificate for `name`, valid at `now` and a day before, for clocks that are behind.
pub(crate) fn template(name: Name, now: Time) -> CertificateTemplate {
    CertificateTemplate::new(
        name,
        &CertificateTemplate::random_serial(),
        now.plus_seconds(-DAY),
        now.plus_seconds(CERTIFICATE_SECONDS),
    )
}

/// The name of an emulated vendor's certificate. The common name says what it is on every screen.
pub(crate) fn name(common_name: &str) -> Name {
    Name::from_attributes(&[
        (oid::COMMON_NAME, common_name),
        (oid::ORGANIZATION, "Casemate Emulator"),
    ])
}
