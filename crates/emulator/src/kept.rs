//! The emulator as one PEM file: keys and certificates, each in a fixed place.

use casemate_crypto::{pem, secret::SecretBytes, sign::SigningKey, x509::Certificate};

use crate::{
    Emulator, EmulatorFault,
    amd::{AmdPki, Line, PRODUCTS},
    certified::Certified,
    intel::IntelPki,
};

const KEY: &str = "PRIVATE KEY";
const CERTIFICATE: &str = "CERTIFICATE";
const LACKS: EmulatorFault = EmulatorFault::Kept {
    detail: "a key or certificate is missing",
};

impl Emulator {
    /// Everything that has to be kept to be the same vendors and platforms again. Holds private keys.
    ///
    /// # Errors
    /// [`EmulatorFault::Key`] if a key cannot be encoded.
    pub fn to_pem(&self) -> Result<SecretBytes, EmulatorFault> {
        let Self { intel, amd } = self;
        let mut text = String::new();
        for key in [
            &intel.root.key,
            &intel.pck_ca.key,
            &intel.tcb_signing.key,
            &intel.pck.key,
            &intel.attestation_key,
            &amd.ark_key,
            &amd.ask_key,
            &amd.vcek_key,
        ] {
            text += &pem::encode(KEY, key.to_pkcs8_der()?.expose_secret());
        }
        for certified in [&intel.root, &intel.pck_ca, &intel.tcb_signing, &intel.pck] {
            text += &certified.certificate.to_pem();
        }
        for line in &amd.lines {
            for certificate in [&line.ark, &line.ask, &line.vcek] {
                text += &certificate.to_pem();
            }
        }
        Ok(SecretBytes::new(text.into_bytes()))
    }

    /// Reads what [`Emulator::to_pem`] wrote.
    ///
    /// # Errors
    /// [`EmulatorFault`] if something is missing, malformed, or does not belong to the rest.
    pub fn from_pem(kept: &SecretBytes) -> Result<Self, EmulatorFault> {
        let mut parts = Parts {
            keys: pem::decode(KEY, kept.expose_secret())?.into_iter(),
            certificates: pem::decode(CERTIFICATE, kept.expose_secret())?.into_iter(),
        };
        let [
            root,
            pck_ca,
            tcb_signing,
            pck,
            attestation_key,
            ark_key,
            ask_key,
            vcek_key,
        ] = [
            parts.key()?,
            parts.key()?,
            parts.key()?,
            parts.key()?,
            parts.key()?,
            parts.key()?,
            parts.key()?,
            parts.key()?,
        ];
        let intel = IntelPki {
            root: parts.certified(root)?,
            pck_ca: parts.certified(pck_ca)?,
            tcb_signing: parts.certified(tcb_signing)?,
            pck: parts.certified(pck)?,
            attestation_key,
        };
        let lines = PRODUCTS
            .iter()
            .map(|_| {
                Ok(Line {
                    ark: parts.certificate_over(&ark_key)?,
                    ask: parts.certificate_over(&ask_key)?,
                    vcek: parts.certificate_over(&vcek_key)?,
                })
            })
            .collect::<Result<_, EmulatorFault>>()?;
        Ok(Self {
            intel,
            amd: AmdPki {
                ark_key,
                ask_key,
                vcek_key,
                lines,
            },
        })
    }
}

/// The parts not taken yet.
struct Parts {
    keys: std::vec::IntoIter<Vec<u8>>,
    certificates: std::vec::IntoIter<Vec<u8>>,
}

impl Parts {
    fn key(&mut self) -> Result<SigningKey, EmulatorFault> {
        let der = SecretBytes::new(self.keys.next().ok_or(LACKS)?);
        Ok(SigningKey::from_pkcs8_der(der.expose_secret())?)
    }

    fn certificate_over(&mut self, key: &SigningKey) -> Result<Certificate, EmulatorFault> {
        let certificate = Certificate::parse(&self.certificates.next().ok_or(LACKS)?)?;
        if certificate.public_key() == key.public_key() {
            Ok(certificate)
        } else {
            Err(EmulatorFault::Kept {
                detail: "a certificate is not over its key",
            })
        }
    }

    fn certified(&mut self, key: SigningKey) -> Result<Certified, EmulatorFault> {
        let certificate = self.certificate_over(&key)?;
        Ok(Certified { key, certificate })
    }
}
