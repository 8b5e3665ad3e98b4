//! The emulated AMD's keys and certificates (AMD 57230, VCEK Certificate and KDS Interface Specification).

use casemate_crypto::{
    Time, hash,
    sign::{KeyType, SignatureAlgorithm, SigningKey},
    x509::{Certificate, CertificateTemplate, Criticality, CrlTemplate, KeyUsage, oid::ObjectIdentifier, tlv::Writer},
};
use casemate_evidence::snp::Product;

use super::{PRODUCTS, firmware};
use crate::{
    EmulatorFault, NamedFile,
    certified::{CRL_SECONDS, name, template},
    platform::{Platform, Standing},
};

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::RsaPssSha384;
const ARC: &str = "1.3.6.1.4.1.3704.1";

/// Keys and certificates of the emulated AMD and of the processors it made.
///
/// Every line of processors has certificates of its own, as AMD's have; the keys under them are the same three, because
/// RSA keys of 4,096 bits take seconds to make.
pub(crate) struct AmdPki {
    pub(crate) ark_key: SigningKey,
    pub(crate) ask_key: SigningKey,
    pub(crate) vcek_key: SigningKey,
    /// In the order of [`PRODUCTS`].
    pub(crate) lines: Vec<Line>,
}

/// The certificates of one line of processors.
pub(crate) struct Line {
    pub(crate) ark: Certificate,
    pub(crate) ask: Certificate,
    pub(crate) vcek: Certificate,
}

impl AmdPki {
    pub(crate) fn generate(now: Time) -> Result<Self, EmulatorFault> {
        let mut pki = Self {
            ark_key: SigningKey::generate(KeyType::Rsa4096)?,
            ask_key: SigningKey::generate(KeyType::Rsa4096)?,
            vcek_key: SigningKey::generate(KeyType::P384)?,
            lines: Vec::new(),
        };
        for product in PRODUCTS {
            pki.lines.push(pki.certify(product, now)?);
        }
        Ok(pki)
    }

    fn certify(&self, product: Product, now: Time) -> Result<Line, EmulatorFault> {
        let authority = |kind: &str| {
            template(name(&format!("Casemate Emulated {kind}-{product}")), now)
                .key_identifiers()
                .key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
        };
        let ark = authority("ARK").ca(None).self_signed(&self.ark_key, ALGORITHM)?;
        let ask =
            authority("SEV")
                .ca(Some(0))
                .issue(self.ask_key.public_key(), ark.subject(), &self.ark_key, ALGORITHM)?;
        let vcek = self.vcek_template(product, now).issue(
            self.vcek_key.public_key(),
            ask.subject(),
            &self.ask_key,
            ALGORITHM,
        )?;
        Ok(Line { ark, ask, vcek })
    }

    fn vcek_template(&self, product: Product, now: Time) -> CertificateTemplate {
        let number = |value: u8| Writer::new().u64(u64::from(value)).into_der();
        let (structure, product_name) = match product {
            Product::Milan => (0, "Milan-B0"),
            Product::Turin => (1, "Turin"),
            other => (0, other.as_str()),
        };
        let firmware = firmware(product);
        let level_of_fourth = match firmware.fmc {
            Some(level) => ("3.9", number(level)),
            None => ("3.4", number(0)),
        };
        let values = [
            ("1", number(structure)),
            ("2", Writer::new().ia5(product_name).into_der()),
            ("3.1", number(firmware.boot_loader)),
            ("3.2", number(firmware.tee)),
            ("3.3", number(firmware.snp)),
            level_of_fourth,
            ("3.5", number(0)),
            ("3.6", number(0)),
            ("3.7", number(0)),
            ("3.8", number(firmware.microcode)),
            // The hardware id stands there bare, without a DER type.
            ("4", self.chip_id(product)),
        ];
        values.into_iter().fold(
            template(name("Casemate Emulated SEV-VCEK"), now),
            |template, (arc, value)| match ObjectIdentifier::new(&format!("{ARC}.{arc}")) {
                Ok(id) => template.extension(id, Criticality::NonCritical, &value),
                Err(_) => template,
            },
        )
    }

    /// The processor's id, as much of it as the line has. It follows from the key, so that nothing but keys and
    /// certificates has to be kept.
    pub(super) fn chip_id(&self, product: Product) -> Vec<u8> {
        let id = hash::sha512(self.vcek_key.public_key().spki_der());
        let length = match product {
            Product::Turin => 8,
            _ => id.len(),
        };
        id.into_iter().take(length).collect()
    }

    /// What the key distribution service hands out for the processor: its certificate, its issuers', their CRL.
    pub(crate) fn endorsements(
        &self,
        product: Product,
        platform: Platform,
        now: Time,
    ) -> Result<Vec<NamedFile>, EmulatorFault> {
        let line = self.line(product)?;
        let mut crl = CrlTemplate::new(1, now, now.plus_seconds(CRL_SECONDS));
        if platform.standing == Standing::Revoked {
            crl = crl.revoke(line.vcek.serial(), now);
        }
        // The root signs the line's only list (57230 §4.2).
        let crl = crl.issue(line.ark.subject(), &self.ark_key, ALGORITHM)?;
        Ok(vec![
            NamedFile::text("vcek.pem", line.vcek.to_pem()),
            NamedFile::text("ask.pem", line.ask.to_pem()),
            NamedFile::text("ark.pem", line.ark.to_pem()),
            NamedFile::new("crl.der", crl.der()),
        ])
    }

    fn line(&self, product: Product) -> Result<&Line, EmulatorFault> {
        PRODUCTS
            .into_iter()
            .zip(&self.lines)
            .find_map(|(own, line)| (own == product).then_some(line))
            .ok_or(EmulatorFault::Kept {
                detail: "no such line of processors",
            })
    }
}
